// SPDX-License-Identifier: MIT
//
// As out_of_memory.c, for weak containers, finalizers that can be detached, and questions about a
// heap: each allocation of each call fails once, and the heap holds and is what it was.
#include "failing.h"
#include "heap_fixture.h"

#include <tenure/containers.h>

enum { MEMBERS = 30, ROWS = 32 };

typedef struct world {
    tn_heap *heap;
    tn_object *objects[MEMBERS];
    tn_object *map, *keys, *set;                   // of the first half
    tn_object *other_map, *other_keys, *other_set; // of two thirds, from a third on
    long n;                                        // allocations that succeed before one fails
} world;

// --- The map of weak values ----------------------------------------------------------------------

static bool
set_default_entry(world *w)
{
    tn_object *map = tn_weakmap_new(w->heap), *o = w->objects[0], *got = NULL;
    bool ok = succeeded(FAILING(w, tn_weakmap_set_default(map, tn_int(1), o, &got)));
    assert_ptr_equal(got, ok ? o : NULL);
    tn_decref(got);
    tn_decref(map);
    return ok;
}

static bool
update_map(world *w)
{
    bool ok = succeeded(FAILING(w, tn_weakmap_update(w->map, w->other_map)));
    assert_int_equal(tn_weakmap_len(w->map), ok ? MEMBERS : MEMBERS / 2);
    return ok;
}

static bool
copy_map(world *w)
{
    return was_made(FAILING(w, tn_weakmap_copy(w->map)));
}

// --- The map of weak keys ------------------------------------------------------------------------

static bool
make_keys(world *w)
{
    return was_made(FAILING(w, tn_weakkeymap_new(w->heap)));
}

// The last ones find no room. What needs none changes no figure.
static bool
set_keys(world *w)
{
    for (size_t i = MEMBERS / 2; i < MEMBERS; i++) {
        tn_object *key = w->objects[i];
        bool ok = succeeded(FAILING(w, tn_weakkeymap_set(w->keys, key, tn_ref(w->map))));
        assert_true(ok != tn_is_absent(tn_weakkeymap_borrow(w->keys, key)));
        if (!ok)
            return false;
    }
    return true;
}

static bool
set_default_key(world *w)
{
    tn_value got = TN_ABSENT;
    tn_object *map = tn_weakkeymap_new(w->heap);
    bool ok =
        succeeded(FAILING(w, tn_weakkeymap_set_default(map, w->objects[0], tn_ref(w->set), &got)));
    assert_int_equal(tn_weakkeymap_len(map), ok);
    tn_decref_value(got);
    tn_decref(map);
    return ok;
}

static bool
update_keys(world *w)
{
    bool ok = succeeded(FAILING(w, tn_weakkeymap_update(w->keys, w->other_keys)));
    assert_int_equal(tn_weakkeymap_len(w->keys), ok ? MEMBERS : MEMBERS / 2);
    return ok;
}

static bool
copy_keys(world *w)
{
    return was_made(FAILING(w, tn_weakkeymap_copy(w->keys)));
}

static bool
stop_at_key(tn_object *key, tn_value v, void *arg)
{
    return false;
}

static bool
walk_keys(world *w)
{
    return succeeded(FAILING(w, tn_weakkeymap_each(w->keys, stop_at_key, NULL)));
}

// --- The weak set --------------------------------------------------------------------------------

static bool
make_set(world *w)
{
    return was_made(FAILING(w, tn_weakset_new(w->heap)));
}

static bool
add_member(world *w)
{
    tn_object *set = tn_weakset_new(w->heap);
    bool ok = succeeded(FAILING(w, tn_weakset_add(set, w->objects[0])));
    assert_int_equal(tn_weakset_len(set), ok);
    tn_decref(set);
    return ok;
}

static bool
add_all_members(world *w)
{
    bool ok = succeeded(FAILING(w, tn_weakset_add_all(w->set, w->other_set)));
    assert_int_equal(tn_weakset_len(w->set), ok ? MEMBERS : MEMBERS / 2);
    return ok;
}

static bool
flip_all_members(world *w)
{
    bool ok = succeeded(FAILING(w, tn_weakset_flip_all(w->set, w->other_set)));
    assert_int_equal(tn_weakset_len(w->set), ok ? MEMBERS * 5 / 6 : MEMBERS / 2);
    return ok;
}

static bool
copy_set(world *w)
{
    return was_made(FAILING(w, tn_weakset_copy(w->set)));
}

static bool
stop_at_member(tn_object *o, void *arg)
{
    return false;
}

static bool
walk_set(world *w)
{
    return succeeded(FAILING(w, tn_weakset_each(w->set, stop_at_member, NULL)));
}

// --- Finalizers, and questions -------------------------------------------------------------------

static void
ignore_call(void *arg)
{
}

static bool
make_finalizer(world *w)
{
    tn_object *f = NULL;
    bool ok = succeeded(FAILING(w, tn_finalizer_new(w->objects[0], ignore_call, NULL, &f)));
    assert_true(!ok || tn_finalizer_detach(f));
    tn_decref(f);
    return ok;
}

static bool
list_objects(world *w)
{
    tn_object *list = NULL;
    bool ok = succeeded(FAILING(w, tn_objects_get(w->heap, TN_ALL_GENERATIONS, &list)));
    assert_true(ok == (list != NULL));
    tn_decref(list);
    return ok;
}

static bool
take_census(world *w)
{
    tn_census *census = FAILING(w, tn_census_new(w->heap));
    bool ok = census != NULL;
    if (ok)
        tn_census_free(census);
    return ok;
}

static bool
find_path(world *w)
{
    tn_reference rows[4];
    size_t length;
    bool ok = succeeded(FAILING(w, tn_path_get(w->objects[0], 0, rows, 4, &length)));
    assert_true(!ok || length == 1);
    return ok;
}

static bool
make_walk(world *w)
{
    tn_walk *walk;
    bool ok = succeeded(FAILING(w, tn_walk_new(w->heap, &walk)));
    tn_walk_free(walk);
    return ok;
}

static bool
find_holders(world *w)
{
    tn_holders *holders;
    tn_holder rows[4];
    bool ok = succeeded(FAILING(w, tn_holders_new(w->objects[0], 3, 4, &holders)));
    while (ok && tn_holders_step(holders, 0))
        continue;
    assert_true(!ok || tn_holders_path(holders, rows, 4) == 1);
    tn_holders_free(holders);
    return ok;
}

// --- The run -------------------------------------------------------------------------------------

static const struct attempt {
    const char *name;
    bool (*run)(world *w); // whether the call succeeded
} attempts[] = {
    {"set a default entry", set_default_entry},
    {"update a map", update_map},
    {"copy a map", copy_map},
    {"make a map of weak keys", make_keys},
    {"set weak keys", set_keys},
    {"set a default for a weak key", set_default_key},
    {"update weak keys", update_keys},
    {"copy weak keys", copy_keys},
    {"walk over weak keys", walk_keys},
    {"make a weak set", make_set},
    {"add a member", add_member},
    {"add all members", add_all_members},
    {"flip all members", flip_all_members},
    {"copy a weak set", copy_set},
    {"walk over a weak set", walk_set},
    {"make a finalizer", make_finalizer},
    {"list the objects", list_objects},
    {"take a census", take_census},
    {"find a path", find_path},
    {"walk in slices", make_walk},
    {"find holders", find_holders},
};

static void
fill(tn_object *map, tn_object *keys, tn_object *set, tn_object *const *objects, size_t from,
     size_t to)
{
    for (size_t i = from; i < to; i++) {
        assert_int_equal(tn_weakmap_set(map, tn_int((int64_t)i), objects[i]), TN_OK);
        assert_int_equal(tn_weakkeymap_set(keys, objects[i], tn_int((int64_t)i)), TN_OK);
        assert_int_equal(tn_weakset_add(set, objects[i]), TN_OK);
    }
}

static void
world_init(world *w, tn_heap *heap)
{
    tn_type *type = heap_type(heap, "Weak", NULL, TN_WEAK);
    *w = (world){.heap = heap};
    for (size_t i = 0; i < MEMBERS; i++)
        w->objects[i] = tn_new(heap, type);
    w->map = tn_weakmap_new(heap);
    w->keys = tn_weakkeymap_new(heap);
    w->set = tn_weakset_new(heap);
    w->other_map = tn_weakmap_new(heap);
    w->other_keys = tn_weakkeymap_new(heap);
    w->other_set = tn_weakset_new(heap);
    fill(w->map, w->keys, w->set, w->objects, 0, MEMBERS / 2);
    fill(w->other_map, w->other_keys, w->other_set, w->objects, MEMBERS / 3, MEMBERS);
}

static void
world_fini(world *w)
{
    tn_object *all[] = {w->map, w->keys, w->set, w->other_map, w->other_keys, w->other_set};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        tn_decref(all[i]);
    for (size_t i = 0; i < MEMBERS; i++)
        tn_decref(w->objects[i]);
}

static void
expect_same_usage(const world *w, const tn_usage *before, size_t count, const char *name)
{
    tn_usage after[ROWS];
    bool same = tn_usage_get(w->heap, after, ROWS) == count;
    for (size_t i = 0; same && i < count; i++)
        same = after[i].objects == before[i].objects && after[i].bytes == before[i].bytes;
    if (!same)
        fail_msg("%s: not what it was after allocation %ld failed", name, w->n);
}

static void
run_attempt(tn_heap *heap, const struct attempt *a)
{
    for (long n = 0;; n++) {
        world w;
        tn_usage before[ROWS];
        world_init(&w, heap);
        w.n = n;
        size_t count = tn_usage_get(heap, before, ROWS);
        bool done = a->run(&w);
        assert_true(tn_heap_check(heap));
        if (!done)
            expect_same_usage(&w, before, count, a->name);
        world_fini(&w);
        if (done && n == 0)
            fail_msg("%s: no allocation failed", a->name);
        if (done)
            return;
        assert_true(n < 1000);
    }
}

static void
every_allocation_of_every_operation_may_fail(void **state)
{
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        heap_fixture_setup(state);
        run_attempt(heap_fixture_heap(state), &attempts[i]);
        assert_int_equal(heap_fixture_teardown(state), 0);
    }
}

// What holds the dead lets go of them without memory.
static void
nothing_is_needed_to_forget_the_dead(void **state)
{
    world w;
    world_init(&w, heap_fixture_heap(state));
    for (size_t i = 0; i < MEMBERS; i++) {
        tni_fail_after((struct tni_memory *)w.heap, 0);
        TN_CLEAR(w.objects[i]);
        tni_fail_after((struct tni_memory *)w.heap, -1);
    }
    assert_int_equal(tn_weakmap_len(w.map) + tn_weakmap_len(w.other_map), 0);
    assert_int_equal(tn_weakkeymap_len(w.keys) + tn_weakkeymap_len(w.other_keys), 0);
    assert_int_equal(tn_weakset_len(w.set) + tn_weakset_len(w.other_set), 0);
    world_fini(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_of_every_operation_may_fail),
        HEAP_TEST(nothing_is_needed_to_forget_the_dead),
    };
    return TN_CHECKS > 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
