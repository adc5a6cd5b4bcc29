// SPDX-License-Identifier: MIT
//
// The map of weak values: lib/src/containers/weakmap.c, alone and beside a plain array as its
// model.
#include "heap_fixture.h"

#include <tenure/containers.h>

static tn_type *
weak_type(tn_heap *heap)
{
    static const char *const slots[] = {"other", NULL};
    return heap_type(heap, "Weak", slots, TN_WEAK);
}

static void
an_entry_goes_in_the_instant_in_which_its_object_dies(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *map = tn_weakmap_new(heap), *o = tn_new(heap, weak_type(heap));
    assert_int_equal(tn_weakmap_set(map, tn_int(1), o), TN_OK);
    assert_int_equal(tn_refcount(o), 1);
    assert_int_equal(tn_weakmap_len(map), 1);
    assert_ptr_equal(tn_weakmap_borrow(map, tn_int(1)), o);
    tn_decref(o);
    assert_int_equal(tn_weakmap_len(map), 0);
    assert_null(tn_weakmap_borrow(map, tn_int(1)));
    tn_decref(map);
}

static void
get_gives_a_reference_that_keeps_the_object(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *map = tn_weakmap_new(heap), *o = tn_new(heap, weak_type(heap));
    assert_int_equal(tn_weakmap_set(map, tn_int(1), o), TN_OK);
    tn_object *got = tn_weakmap_get(map, tn_int(1));
    tn_decref(o);
    assert_int_equal(tn_weakmap_len(map), 1);
    tn_decref(got);
    assert_int_equal(tn_weakmap_len(map), 0);
    assert_null(tn_weakmap_get(map, tn_int(1)));
    tn_decref(map);
}

static void
strings_and_integers_are_keys(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *map = tn_weakmap_new(heap), *o = tn_new(heap, weak_type(heap));
    tn_object *key = heap_str(heap, "user-1");
    assert_int_equal(tn_weakmap_set(map, tn_ref(key), o), TN_OK);
    assert_int_equal(tn_refcount(key), 2);
    assert_int_equal(tn_weakmap_set(map, tn_int(TN_INT_MIN), o), TN_OK);
    assert_int_equal(tn_weakmap_len(map), 2);
    assert_ptr_equal(tn_weakmap_borrow_str(map, "user-1", 6), o);
    assert_null(tn_weakmap_borrow_str(map, "user-", 5));
    assert_ptr_equal(tn_weakmap_borrow(map, tn_int(TN_INT_MIN)), o);
    tn_decref(o); // both entries go, and the key with them
    assert_int_equal(tn_weakmap_len(map), 0);
    assert_int_equal(tn_refcount(key), 1);
    tn_decref(key);
    tn_decref(map);
}

static void
other_keys_are_refused(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *map = tn_weakmap_new(heap), *o = tn_new(heap, weak_type(heap));
    assert_int_equal(tn_weakmap_set(map, TN_NONE, o), TN_ETYPE);
    assert_int_equal(tn_weakmap_set(map, TN_TRUE, o), TN_ETYPE);
    assert_int_equal(tn_weakmap_set(map, tn_ref(o), o), TN_ETYPE);
    assert_int_equal(tn_weakmap_set(map, TN_ABSENT, o), TN_ETYPE);
    assert_int_equal(tn_weakmap_len(map), 0);
    tn_decref(o);
    tn_decref(map);
}

static void
an_object_without_the_weak_flag_is_refused(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *map = tn_weakmap_new(heap), *list = tn_list_new(heap);
    assert_int_equal(tn_weakmap_set(map, tn_int(1), list), TN_ETYPE);
    assert_int_equal(tn_weakmap_len(map), 0);
    tn_decref(list);
    tn_decref(map);
}

static void
a_replaced_value_survives_the_death_of_the_former(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = weak_type(heap);
    tn_object *map = tn_weakmap_new(heap), *former = tn_new(heap, type), *now = tn_new(heap, type);
    assert_int_equal(tn_weakmap_set(map, tn_int(1), former), TN_OK);
    assert_int_equal(tn_weakmap_set(map, tn_int(1), now), TN_OK);
    tn_decref(former);
    assert_int_equal(tn_weakmap_len(map), 1);
    assert_ptr_equal(tn_weakmap_borrow(map, tn_int(1)), now);
    tn_decref(now);
    tn_decref(map);
}

static void
a_deleted_entry_is_gone_and_its_object_stays(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *map = tn_weakmap_new(heap), *o = tn_new(heap, weak_type(heap));
    assert_int_equal(tn_weakmap_set(map, tn_int(1), o), TN_OK);
    assert_int_equal(tn_weakmap_delete(map, tn_int(1)), TN_OK);
    assert_int_equal(tn_weakmap_delete(map, tn_int(1)), TN_EKEY);
    assert_int_equal(tn_weakmap_len(map), 0);
    tn_decref(o);
    tn_decref(map);
}

static void
the_map_may_die_before_its_objects(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *map = tn_weakmap_new(heap), *o = tn_new(heap, weak_type(heap));
    tn_object *weak = NULL;
    assert_int_equal(tn_weakmap_set(map, tn_int(1), o), TN_OK);
    assert_int_equal(tn_weak_new(o, &weak), TN_OK);
    tn_decref(map);
    tn_object *got = tn_weak_get(weak);
    assert_ptr_equal(got, o);
    tn_decref(got);
    tn_decref(o);
    assert_null(tn_weak_get(weak));
    tn_decref(weak);
}

static void
one_object_may_stand_in_several_maps(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *maps[3], *o = tn_new(heap, weak_type(heap));
    for (int i = 0; i < 3; i++) {
        maps[i] = tn_weakmap_new(heap);
        assert_int_equal(tn_weakmap_set(maps[i], tn_int(i), o), TN_OK);
    }
    tn_decref(maps[1]);
    tn_decref(o);
    assert_int_equal(tn_weakmap_len(maps[0]), 0);
    assert_int_equal(tn_weakmap_len(maps[2]), 0);
    tn_decref(maps[0]);
    tn_decref(maps[2]);
}

static void
an_entry_costs_at_most_32_bytes(void **state)
{
    enum { ENTRIES = 10000 };
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = weak_type(heap);
    tn_object *map = tn_weakmap_new(heap), *keep = tn_list_new(heap);
    size_t empty = tn_sizeof(map);
    for (int i = 0; i < ENTRIES; i++) {
        tn_object *o = tn_new(heap, type);
        assert_int_equal(tn_weakmap_set(map, tn_int(i), o), TN_OK);
        assert_int_equal(tn_list_append_steal(keep, tn_ref(o)), TN_OK);
    }
    assert_true(tn_sizeof(map) - empty <= 32 * 16384); // the next power of two
    assert_false(tn_gc_is_tracked(map));
    tn_decref(keep);
    assert_int_equal(tn_weakmap_len(map), 0);
    tn_decref(map);
}

// --- each ----------------------------------------------------------------------------------------

typedef struct walk {
    tn_object *objects[8]; // the test's references
    int seen;
    int stop_after;
    bool kill_others;
} walk;

static bool
step(tn_value key, tn_object *o, void *arg)
{
    walk *w = arg;
    int number = (int)tn_as_int(key);
    assert_ptr_equal(w->objects[number], o);
    w->seen++;
    for (int i = 0; w->kill_others && i < 8; i++) {
        if (i != number)
            TN_CLEAR(w->objects[i]);
    }
    return w->seen < w->stop_after;
}

static int
walk_eight(void **state, int stop_after, bool kill_others)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = weak_type(heap);
    tn_object *map = tn_weakmap_new(heap);
    walk w = {.stop_after = stop_after, .kill_others = kill_others};
    for (int i = 0; i < 8; i++) {
        w.objects[i] = tn_new(heap, type);
        assert_int_equal(tn_weakmap_set(map, tn_int(i), w.objects[i]), TN_OK);
    }
    assert_int_equal(tn_weakmap_each(map, step, &w), TN_OK);
    assert_int_equal(tn_weakmap_len(map), kill_others ? 1 : 8);
    for (int i = 0; i < 8; i++)
        tn_decref(w.objects[i]);
    assert_int_equal(tn_weakmap_len(map), 0);
    tn_decref(map);
    return w.seen;
}

static void
each_visits_every_entry_once(void **state)
{
    assert_int_equal(walk_eight(state, 100, false), 8);
}

static void
each_stops_when_told(void **state)
{
    assert_int_equal(walk_eight(state, 3, false), 3);
}

static void
each_leaves_out_what_died_meanwhile(void **state)
{
    assert_int_equal(walk_eight(state, 100, true), 1);
}

static bool
add_another(tn_value key, tn_object *o, void *arg)
{
    tn_object *map = arg;
    assert_int_equal(tn_weakmap_set(map, tn_int(tn_as_int(key) + 1000), o), TN_OK);
    return true;
}

static void
each_leaves_out_what_was_added_meanwhile(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *map = tn_weakmap_new(heap), *o = tn_new(heap, weak_type(heap));
    for (int i = 0; i < 100; i++)
        assert_int_equal(tn_weakmap_set(map, tn_int(i), o), TN_OK);
    assert_int_equal(tn_weakmap_each(map, add_another, map), TN_OK);
    assert_int_equal(tn_weakmap_len(map), 200);
    tn_decref(o);
    tn_decref(map);
}

// --- Beside a model ------------------------------------------------------------------------------

enum { OBJECTS = 40, KEYS = 100 };

typedef struct model {
    tn_object *objects[OBJECTS]; // the test's one reference each; NULL: dead
    int held[KEYS];              // the object under each key, or -1
} model;

static tn_value
key_new(tn_heap *heap, int key)
{
    char text[16];
    if (key % 2 == 0)
        return tn_int(key);
    snprintf(text, sizeof text, "%d", key);
    return tn_ref(heap_str(heap, text));
}

static void
kill(model *m, int object)
{
    TN_CLEAR(m->objects[object]);
    for (int k = 0; k < KEYS; k++)
        m->held[k] = m->held[k] == object ? -1 : m->held[k];
}

static void
change_key(dice *d, tn_object *map, tn_value key, int *held, model *m, int object)
{
    if (dice_chance(d, 30)) {
        DICE_ASSERT(d, tn_weakmap_delete(map, key) == (*held >= 0 ? TN_OK : TN_EKEY));
        *held = -1;
    } else {
        DICE_ASSERT(d, tn_weakmap_set(map, key, m->objects[object]) == TN_OK);
        *held = object;
    }
}

static void
compare(dice *d, tn_heap *heap, const tn_object *map, const model *m)
{
    size_t length = 0;
    for (int k = 0; k < KEYS; k++) {
        tn_value key = key_new(heap, k);
        tn_object *expected = m->held[k] >= 0 ? m->objects[m->held[k]] : NULL;
        DICE_ASSERT(d, tn_weakmap_borrow(map, key) == expected);
        tn_decref_value(key);
        length += expected != NULL;
    }
    DICE_ASSERT(d, tn_weakmap_len(map) == length);
}

static void
any_sequence_of_changes_and_deaths_leaves_what_the_model_holds(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = weak_type(heap);
    tn_object *map = tn_weakmap_new(heap);
    model m = {.objects = {NULL}};
    dice d;
    dice_init(&d, "weakmap");
    memset(m.held, -1, sizeof m.held);
    for (size_t i = support_scaled(100000); i > 0; i--) {
        int object = (int)dice_below(&d, OBJECTS), k = (int)dice_below(&d, KEYS);
        tn_value key = key_new(heap, k);
        if (m.objects[object] == NULL)
            m.objects[object] = tn_new(heap, type);
        else if (dice_chance(&d, 10))
            kill(&m, object);
        else
            change_key(&d, map, key, &m.held[k], &m, object);
        tn_decref_value(key);
        if (i % 50 == 0)
            compare(&d, heap, map, &m);
    }
    for (int i = 0; i < OBJECTS; i++)
        tn_decref(m.objects[i]);
    assert_int_equal(tn_weakmap_len(map), 0);
    tn_decref(map);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(an_entry_goes_in_the_instant_in_which_its_object_dies),
        HEAP_TEST(get_gives_a_reference_that_keeps_the_object),
        HEAP_TEST(strings_and_integers_are_keys),
        HEAP_TEST(other_keys_are_refused),
        HEAP_TEST(an_object_without_the_weak_flag_is_refused),
        HEAP_TEST(a_replaced_value_survives_the_death_of_the_former),
        HEAP_TEST(a_deleted_entry_is_gone_and_its_object_stays),
        HEAP_TEST(the_map_may_die_before_its_objects),
        HEAP_TEST(one_object_may_stand_in_several_maps),
        HEAP_TEST(an_entry_costs_at_most_32_bytes),
        HEAP_TEST(each_visits_every_entry_once),
        HEAP_TEST(each_stops_when_told),
        HEAP_TEST(each_leaves_out_what_died_meanwhile),
        HEAP_TEST(each_leaves_out_what_was_added_meanwhile),
        HEAP_TEST(any_sequence_of_changes_and_deaths_leaves_what_the_model_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
