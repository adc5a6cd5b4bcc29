// SPDX-License-Identifier: MIT
//
// Every allocation of every operation fails once; the heap holds, and is what it was before.
//
// An attempt makes its arguments, then calls under FAILING with the n-th allocation failing, for n
// = 0, 1, 2... until the call succeeds. The hook is lib/src/memory/alloc.h's, in checked builds
// only.
#include "failing.h"
#include "heap_fixture.h"

#include <tenure/containers.h>

enum { ROWS = 32, LARGE = 100000, LARGE_TUPLE = 1000 };

typedef struct world {
    tn_heap *heap;
    tn_type *node;  // two slots, weakly referable
    tn_type *index; // a domain
    tn_object *list, *dict, *map, *target;
    long n; // allocations that succeed before one fails
} world;

// --- Attempts: constructors ----------------------------------------------------------------------

static bool
make_instance(world *w)
{
    return was_made(FAILING(w, tn_new(w->heap, w->node)));
}

static bool
make_str(world *w)
{
    return was_made(FAILING(w, tn_str_new(w->heap, "short", 5)));
}

static bool
make_large_str(world *w)
{
    static const char text[LARGE];
    return was_made(FAILING(w, tn_str_new(w->heap, text, LARGE)));
}

static bool
make_list(world *w)
{
    return was_made(FAILING(w, tn_list_new(w->heap)));
}

static bool
make_dict(world *w)
{
    return was_made(FAILING(w, tn_dict_new(w->heap)));
}

static bool
make_map(world *w)
{
    return was_made(FAILING(w, tn_weakmap_new(w->heap)));
}

static bool
make_weak_reference(world *w)
{
    tn_object *weak = NULL;
    tn_err err = FAILING(w, tn_weak_new(w->target, &weak));
    tn_decref(weak);
    return succeeded(err);
}

static void
ignore_call(tn_object *weak, void *arg)
{
}

static bool
make_watch(world *w)
{
    tn_object *weak = NULL;
    tn_err err = FAILING(w, tn_weak_new_with(w->target, ignore_call, NULL, &weak));
    tn_decref(weak);
    return succeeded(err);
}

static bool
make_large_integer(world *w)
{
    tn_value v = TN_ABSENT;
    tn_err err = FAILING(w, tn_int_new(w->heap, INT64_MAX, &v));
    tn_decref_value(v);
    return succeeded(err);
}

static bool
make_float(world *w)
{
    return was_made(FAILING(w, tn_float_new(w->heap, 1.5)));
}

static bool
make_tuple_of(world *w, size_t count)
{
    tn_value values[LARGE_TUPLE];
    for (size_t i = 0; i < count; i++)
        values[i] = tn_ref(w->target);
    bool made = was_made(FAILING(w, tn_tuple_new(w->heap, values, count)));
    assert_int_equal(tn_refcount(w->target), 1);
    return made;
}

static bool
make_tuple(world *w)
{
    return make_tuple_of(w, 3);
}

static bool
make_large_tuple(world *w)
{
    return make_tuple_of(w, LARGE_TUPLE);
}

static bool
register_derived_type(world *w)
{
    static const char *const slots[] = {"third", NULL};
    tn_type *type = NULL;
    tn_type_spec spec = {.name = "Derived", .base = w->node, .slots = slots};
    return succeeded(FAILING(w, tn_type_register(w->heap, &spec, &type)));
}

static bool
register_type(world *w)
{
    static const char *const slots[] = {"first", "second", NULL};
    tn_type *type = NULL;
    tn_type_spec spec = {.name = "Late", .slots = slots};
    return succeeded(FAILING(w, tn_type_register(w->heap, &spec, &type)));
}

// --- Attempts: containers ------------------------------------------------------------------------

static bool
append_item(world *w)
{
    size_t before = tn_list_len(w->list);
    bool ok = succeeded(FAILING(w, tn_list_append(w->list, tn_ref(w->target))));
    assert_int_equal(tn_list_len(w->list), before + ok);
    return ok;
}

// The string is gone when the call fails, and in the list when it does not.
static bool
append_stolen_item(world *w)
{
    tn_object *str = heap_str(w->heap, "stolen");
    return succeeded(FAILING(w, tn_list_append_steal(w->list, tn_ref(str))));
}

static bool
set_integer_key(world *w)
{
    tn_value key = tn_int((int64_t)tn_dict_len(w->dict));
    bool ok = succeeded(FAILING(w, tn_dict_set(w->dict, key, tn_ref(w->target))));
    assert_int_equal(tn_is_absent(tn_dict_borrow(w->dict, key)), !ok);
    return ok;
}

static bool
set_string_key(world *w)
{
    char text[16];
    snprintf(text, sizeof text, "key %zu", tn_dict_len(w->dict));
    tn_object *key = heap_str(w->heap, text);
    bool ok = succeeded(FAILING(w, tn_dict_set(w->dict, tn_ref(key), tn_int(1))));
    assert_int_equal(tn_refcount(key), ok ? 2 : 1);
    tn_decref(key);
    return ok;
}

static bool
set_map_entry(world *w)
{
    tn_value key = tn_int((int64_t)tn_weakmap_len(w->map));
    bool ok = succeeded(FAILING(w, tn_weakmap_set(w->map, key, w->target)));
    assert_ptr_equal(tn_weakmap_borrow(w->map, key), ok ? w->target : NULL);
    return ok;
}

static bool
stop_at_once(tn_value key, tn_object *o, void *arg)
{
    return false;
}

static bool
walk_map(world *w)
{
    assert_int_equal(tn_weakmap_set(w->map, tn_int(1), w->target), TN_OK);
    bool ok = succeeded(FAILING(w, tn_weakmap_each(w->map, stop_at_once, NULL)));
    assert_int_equal(tn_weakmap_delete(w->map, tn_int(1)), TN_OK);
    return ok;
}

// --- Attempts: buffers ---------------------------------------------------------------------------

static bool
allocate_buffer(world *w, size_t size)
{
    void *buffer = FAILING(w, tn_buffer_alloc(w->heap, w->index, size));
    if (buffer != NULL)
        tn_buffer_free(w->heap, w->index, buffer, size);
    return buffer != NULL;
}

static bool
allocate_small_buffer(world *w)
{
    return allocate_buffer(w, 100);
}

static bool
allocate_large_buffer(world *w)
{
    return allocate_buffer(w, LARGE);
}

static bool
resize_buffer(world *w, size_t size, size_t new_size)
{
    char *buffer = tn_buffer_alloc(w->heap, w->index, size);
    memset(buffer, 'a', size);
    char *resized = FAILING(w, tn_buffer_resize(w->heap, w->index, buffer, size, new_size));
    char *now = resized != NULL ? resized : buffer;
    for (size_t i = 0; i < size && i < new_size; i++)
        assert_int_equal(now[i], 'a');
    tn_buffer_free(w->heap, w->index, now, resized != NULL ? new_size : size);
    return resized != NULL;
}

static bool
grow_small_buffer(world *w)
{
    return resize_buffer(w, 100, 1000);
}

static bool
grow_into_large_buffer(world *w)
{
    return resize_buffer(w, 1000, LARGE);
}

static bool
grow_large_buffer(world *w)
{
    return resize_buffer(w, LARGE, 2 * LARGE);
}

// --- Attempts: the collector ---------------------------------------------------------------------

// Live and dead objects, more of each than the collector's first scratch memory has room for.
static void
hang_work(world *w)
{
    enum { OBJECTS = 2000 };
    for (int i = 0; i < OBJECTS; i++) {
        tn_object *o = tn_new(w->heap, w->node);
        tn_slot_set(o, 0, tn_ref(o));
        if (i % 2 == 0)
            assert_int_equal(tn_list_append(w->list, tn_ref(o)), TN_OK);
        tn_decref(o);
    }
}

static bool
collect_everything(world *w)
{
    bool ok = succeeded(FAILING(w, tn_gc_collect(w->heap, 2, NULL)));
    assert_true(ok == (heap_instances(w->heap, "Node") == 1001));
    return ok;
}

static bool
preview_everything(world *w)
{
    tn_gc_result result;
    bool ok = succeeded(FAILING(w, tn_gc_preview(w->heap, 2, &result)));
    assert_true(!ok || result.collected == 1000);
    assert_int_equal(heap_instances(w->heap, "Node"), 2001);
    assert_true(!ok || heap_collect(w->heap, 2) == 1000);
    return ok;
}

// Each puts itself in front of a chain that the target holds, without an allocation.
static void
join_chain(tn_object *o)
{
    tn_value target = tn_slot_get(o, 1);
    tn_slot_set(o, 1, tn_slot_borrow(tn_as_object(target), 0));
    tn_slot_set(tn_as_object(target), 0, tn_ref(o));
    tn_decref_value(target);
}

static void
hang_finalized_work(world *w)
{
    static const char *const slots[] = {"self", "next", NULL};
    tn_type_spec spec = {.name = "Saved", .slots = slots, .finalize = join_chain};
    tn_type *type = NULL;
    assert_int_equal(tn_type_register(w->heap, &spec, &type), TN_OK);
    for (int i = 0; i < 1000; i++) {
        tn_object *o = tn_new(w->heap, type);
        tn_slot_set(o, 0, tn_ref(o));
        tn_slot_set(o, 1, tn_ref(w->target));
        tn_decref(o);
    }
}

// The recheck has its memory before the first finalizer runs.
static bool
collect_what_resurrects(world *w)
{
    bool ok = succeeded(FAILING(w, tn_gc_collect(w->heap, 2, NULL)));
    assert_int_equal(heap_instances(w->heap, "Saved"), 1000);
    assert_true(ok == !tn_is_absent(tn_slot_borrow(w->target, 0)));
    return ok;
}

static void
ignore_collection(tn_gc_phase phase, const tn_gc_info *info, void *arg)
{
}

static bool
add_observer(world *w)
{
    return succeeded(FAILING(w, tn_gc_add_callback(w->heap, ignore_collection, NULL)));
}

static bool
freeze_everything(world *w)
{
    tn_gc_population population;
    bool ok = succeeded(FAILING(w, tn_gc_freeze(w->heap, true)));
    tn_gc_get_population(w->heap, &population);
    assert_int_equal(population.frozen > 0, ok);
    return ok;
}

// --- The tests -----------------------------------------------------------------------------------

typedef struct attempt {
    const char *name;
    bool (*run)(world *w);     // whether the call succeeded
    int times;                 // in succession, so that what grows by steps grows
    void (*prepare)(world *w); // or NULL
} attempt;

static const attempt attempts[] = {
    {"make_instance", make_instance, 1, NULL},
    {"make_str", make_str, 1, NULL},
    {"make_large_str", make_large_str, 1, NULL},
    {"make_list", make_list, 1, NULL},
    {"make_dict", make_dict, 1, NULL},
    {"make_map", make_map, 1, NULL},
    {"make_weak_reference", make_weak_reference, 1, NULL},
    {"make_watch", make_watch, 1, NULL},
    {"make_large_integer", make_large_integer, 1, NULL},
    {"make_float", make_float, 1, NULL},
    {"make_tuple", make_tuple, 1, NULL},
    {"make_large_tuple", make_large_tuple, 1, NULL},
    {"register_type", register_type, 100, NULL},
    {"register_derived_type", register_derived_type, 100, NULL},
    {"append_item", append_item, 100, NULL},
    {"append_stolen_item", append_stolen_item, 100, NULL},
    {"set_integer_key", set_integer_key, 100, NULL},
    {"set_string_key", set_string_key, 100, NULL},
    {"set_map_entry", set_map_entry, 100, NULL},
    {"walk_map", walk_map, 1, NULL},
    {"allocate_small_buffer", allocate_small_buffer, 1, NULL},
    {"allocate_large_buffer", allocate_large_buffer, 1, NULL},
    {"grow_small_buffer", grow_small_buffer, 1, NULL},
    {"grow_into_large_buffer", grow_into_large_buffer, 1, NULL},
    {"grow_large_buffer", grow_large_buffer, 1, NULL},
    {"collect_everything", collect_everything, 1, hang_work},
    {"preview_everything", preview_everything, 1, hang_work},
    {"collect_what_resurrects", collect_what_resurrects, 1, hang_finalized_work},
    {"add_observer", add_observer, 100, NULL},
    {"freeze_everything", freeze_everything, 1, hang_work},
};

static void
world_init(world *w, tn_heap *heap)
{
    static const char *const slots[] = {"first", "second", NULL};
    *w = (world){.heap = heap, .list = tn_list_new(heap), .dict = tn_dict_new(heap)};
    w->map = tn_weakmap_new(heap);
    w->node = heap_type(heap, "Node", slots, TN_WEAK);
    w->index = heap_type(heap, "index", NULL, TN_DOMAIN);
    w->target = tn_new(heap, w->node);
}

static void
world_fini(world *w)
{
    tn_gc_unfreeze(w->heap);
    tn_decref(w->list);
    tn_decref(w->dict);
    tn_decref(w->map);
    tn_decref(w->target);
    heap_collect(w->heap, 2);
}

static bool
is_same_usage(const tn_usage *before, const tn_usage *after)
{
    return after->objects == before->objects && after->bytes == before->bytes;
}

static void
expect_nothing_changed(const world *w, const tn_usage *before, size_t count, const attempt *a)
{
    tn_usage after[ROWS];
    assert_true(tn_heap_check(w->heap));
    bool same = tn_usage_get(w->heap, after, ROWS) == count;
    for (size_t i = 0; same && i < count; i++)
        same = is_same_usage(&before[i], &after[i]);
    if (!same)
        fail_msg("%s: not what it was after allocation %ld failed", a->name, w->n);
}

// Returns how many allocations failed before the call succeeded.
static long
fail_each(world *w, const attempt *a)
{
    tn_usage before[ROWS];
    for (w->n = 0;; w->n++) {
        size_t count = tn_usage_get(w->heap, before, ROWS);
        if (a->run(w))
            return w->n;
        expect_nothing_changed(w, before, count, a);
        assert_true(w->n < 10000);
    }
}

static void
run_attempt(tn_heap *heap, const attempt *a)
{
    world w;
    long failures = 0;
    world_init(&w, heap);
    if (a->prepare != NULL)
        a->prepare(&w);
    for (int time = 0; time < a->times; time++)
        failures += fail_each(&w, a);
    if (failures == 0)
        fail_msg("%s: no allocation failed", a->name);
    world_fini(&w);
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

// The object that asked is made, and the heap does not ask again with each one that follows.
static void
an_automatic_collection_without_memory_does_not_stop_the_program(void **state)
{
    world w;
    world_init(&w, heap_fixture_heap(state));
    hang_work(&w);
    tn_gc_settings settings = {true, {100, 10, 10}, 0};
    assert_int_equal(tn_gc_set_settings(w.heap, &settings, 0), TN_OK);
    size_t before = heap_instances(w.heap, "Node");
    w.n = 0; // the collector's first scratch memory
    tn_object *o = FAILING(&w, tn_new(w.heap, w.node));
    assert_non_null(o);
    tn_decref(tn_new(w.heap, w.node));
    assert_int_equal(heap_instances(w.heap, "Node"), before + 1);
    tn_decref(o);
    assert_int_equal(tn_gc_disable(w.heap, 0), TN_OK);
    world_fini(&w);
}

// Each of these may allocate to shrink, and must do without.
static void
giving_memory_back_needs_none(void **state)
{
    world w;
    world_init(&w, heap_fixture_heap(state));
    for (int i = 0; i < 100; i++) {
        assert_int_equal(tn_list_append(w.list, tn_int(i)), TN_OK);
        assert_int_equal(tn_dict_set(w.dict, tn_int(i), tn_int(i)), TN_OK);
        assert_int_equal(tn_weakmap_set(w.map, tn_int(i), w.target), TN_OK);
    }
    for (int i = 0; i < 100; i++) {
        assert_int_equal(FAILING(&w, tn_list_delete(w.list, 0)), TN_OK);
        assert_int_equal(FAILING(&w, tn_dict_delete(w.dict, tn_int(i))), TN_OK);
        assert_int_equal(FAILING(&w, tn_weakmap_delete(w.map, tn_int(i))), TN_OK);
    }
    world_fini(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_of_every_operation_may_fail),
        HEAP_TEST(an_automatic_collection_without_memory_does_not_stop_the_program),
        HEAP_TEST(giving_memory_back_needs_none),
    };
    return TN_CHECKS > 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
