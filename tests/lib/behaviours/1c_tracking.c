// SPDX-License-Identifier: MIT
//
// 1C: what is tracked.
#include "mistake.h"
#include "recorder.h"

#include "object/track.h"

#include <tenure/containers.h>

static void
expect_untracked(tn_object *o /* stolen */)
{
    assert_non_null(o);
    assert_false(tn_gc_is_tracked(o));
    tn_decref(o);
}

static void
expect_tracked(tn_object *o /* stolen */)
{
    assert_non_null(o);
    assert_true(tn_gc_is_tracked(o));
    tn_decref(o);
}

// --- By type -------------------------------------------------------------------------------------

// None, booleans and small integers are no objects at all.
static void
what_holds_no_container_is_never_tracked_21(void **state)
{
    static const char *const slots[] = {"name", NULL};
    tn_heap *heap = heap_fixture_heap(state);
    tn_value large;
    assert_int_equal(tn_int_new(heap, INT64_MAX, &large), TN_OK);
    expect_untracked(tn_as_object(large));
    expect_untracked(tn_float_new(heap, 0.5));
    expect_untracked(heap_str(heap, "text"));
    expect_untracked(tn_frozenset_new(heap, (const tn_value[]){TN_TRUE}, 1));
    expect_untracked(tn_weakmap_new(heap));
    expect_untracked(tn_weakset_new(heap));
    expect_untracked(tn_new(heap, heap_type(heap, "Leaf", slots, TN_ACYCLIC)));
    tn_object *target = tn_new(heap, heap_type(heap, "Target", NULL, TN_WEAK)), *weak;
    assert_int_equal(tn_weak_new(target, &weak), TN_OK);
    expect_untracked(weak);
    tn_decref(target);
}

// Types are no objects here.
static void
containers_and_instances_are_tracked_also_without_slots_22(void **state)
{
    static const char *const slots[] = {"name", NULL};
    tn_heap *heap = heap_fixture_heap(state);
    expect_tracked(tn_list_new(heap));
    expect_tracked(tn_dict_new(heap));
    expect_tracked(tn_set_new(heap));
    expect_tracked(tn_weakkeymap_new(heap));
    expect_tracked(tn_new(heap, heap_type(heap, "Empty", NULL, 0)));
    expect_tracked(tn_new(heap, heap_type(heap, "Native", NULL, TN_WEAK)));
    expect_tracked(tn_new(heap, heap_type(heap, "Slotted", slots, 0)));
    tn_type_spec spec = {.name = "Free", .layout = TN_LAYOUT_DICT};
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    expect_tracked(tn_new(heap, type));
}

// --- From when on --------------------------------------------------------------------------------

static bool
expect_whole(tn_object *o, void *arg)
{
    if (!tn_is_tuple(tn_ref(o)))
        return true;
    assert_int_equal(tn_tuple_len(o), 2);
    for (size_t i = 0; i < 2; i++)
        assert_true(tn_is_list(tn_tuple_borrow(o, i)));
    ++*(int *)arg;
    return true;
}

typedef struct viewer {
    tn_heap *heap;
    int seen; // tuples
} viewer;

static void
look_at_all(tn_gc_phase phase, const tn_gc_info *info, void *arg)
{
    viewer *v = arg;
    tn_objects_visit(v->heap, expect_whole, &v->seen);
}

// A collection may run while an object is made, but not after it is there and before it is whole.
static void
nobody_sees_an_object_before_it_is_whole_23(void **state)
{
    viewer v = {.heap = heap_fixture_heap(state)};
    tn_gc_settings settings = {true, {1, 10, 10}, 0};
    assert_int_equal(tn_gc_set_settings(v.heap, &settings, 0), TN_OK);
    assert_int_equal(tn_gc_add_callback(v.heap, look_at_all, &v), TN_OK);
    tn_object *all = tn_list_new(v.heap);
    for (int i = 0; i < 50; i++) {
        tn_value items[2] = {tn_ref(tn_list_new(v.heap)), tn_ref(tn_list_new(v.heap))};
        tn_object *tuple = tn_tuple_new(v.heap, items, 2);
        assert_int_equal(tn_list_append_steal(all, tn_ref(tuple)), TN_OK);
        tn_decref_value(items[0]);
        tn_decref_value(items[1]);
    }
    assert_true(v.seen > 50);
    tn_decref(all);
}

// --- Tuples and dicts ----------------------------------------------------------------------------

static tn_object *
wrap(tn_heap *heap, tn_object *item /* stolen */)
{
    tn_value v = tn_ref(item);
    tn_object *tuple = tn_tuple_new(heap, &v, 1);
    assert_non_null(tuple);
    tn_decref(item);
    return tuple;
}

// CPython finds out in its collections, a level of nesting in each; here it is settled when the
// tuple is made, for nested ones as well, and stays.
static void
a_tuple_is_tracked_if_an_item_is_24(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *plain = wrap(heap, wrap(heap, wrap(heap, heap_str(heap, "text"))));
    tn_object *holder = wrap(heap, wrap(heap, tn_list_new(heap)));
    for (int generation = 0; generation < TN_GENERATIONS; generation++) {
        assert_false(tn_gc_is_tracked(plain));
        assert_true(tn_gc_is_tracked(holder));
        heap_collect(heap, generation);
    }
    tn_decref(plain);
    tn_decref(holder);
}

static void
other_tuples_cost_the_collector_nothing_25(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    size_t count[TN_GENERATIONS];
    for (int64_t i = 0; i < 1000; i++) {
        tn_value items[2] = {tn_int(i), TN_NONE};
        tn_object *tuple = tn_tuple_new(heap, items, 2);
        assert_int_equal(tn_list_append_steal(list, tn_ref(tuple)), TN_OK);
    }
    tn_gc_get_count(heap, count);
    assert_int_equal(count[0], 1);
    tn_gc_result result;
    assert_int_equal(tn_gc_collect(heap, 2, &result), TN_OK);
    assert_int_equal(result.candidates, 1);
    tn_decref(list);
}

// CPython did so up to 3.13: untracked when empty, tracked once something was in it that is. What
// can change is tracked from the start here, as in 3.14.
static void
a_dict_is_tracked_whatever_is_in_it_26(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *dict = tn_dict_new(heap);
    assert_true(tn_gc_is_tracked(dict));
    assert_int_equal(tn_dict_set(dict, tn_int(1), tn_int(2)), TN_OK);
    heap_collect(heap, 2);
    assert_true(tn_gc_is_tracked(dict));
    tn_dict_clear(dict);
    heap_collect(heap, 2);
    assert_true(tn_gc_is_tracked(dict));
    tn_decref(dict);
}

static void
a_cycle_through_a_dict_that_was_old_and_empty_is_found_27(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *dict = tn_dict_new(heap);
    for (int i = 0; i < 3; i++)
        heap_collect(heap, 2);
    assert_int_equal(tn_dict_set(dict, tn_int(1), tn_ref(dict)), TN_OK);
    tn_decref(dict);
    assert_int_equal(heap_collect(heap, 2), 1);
}

// Nothing can be derived from tuple and dict; so what is derived is always an instance.
static void
whatever_is_derived_is_tracked_28(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *dict = tn_dict_new(heap), *tuple = tn_tuple_new(heap, NULL, 0);
    tn_type *type;
    tn_type_spec spec = {.name = "Derived", .base = tn_type_of(dict)};
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_EINVAL);
    spec.base = tn_type_of(tuple);
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_EINVAL);
    spec.base = heap_type(heap, "Base", NULL, 0);
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    expect_tracked(tn_new(heap, type));
    tn_decref(dict);
    tn_decref(tuple);
}

// --- Asking --------------------------------------------------------------------------------------

static void
asking_changes_nothing_and_what_is_frozen_is_tracked_29(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    tn_gc_population before, after;
    tn_gc_get_population(heap, &before);
    assert_true(tn_gc_is_tracked(list));
    tn_gc_get_population(heap, &after);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(tn_gc_suspect_count(heap), 0);
    assert_int_equal(tn_refcount(list), 1);
    assert_int_equal(tn_gc_freeze(heap, false), TN_OK);
    assert_true(tn_gc_is_frozen(list));
    assert_true(tn_gc_is_tracked(list));
    tn_decref(list);
}

static void
who_came_back_from_the_finalizer_says_that_it_ran_30(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *list = tn_list_new(log.heap), *str = heap_str(log.heap, "text");
    tn_object *o = recorder_new(&log, 1);
    recorder_at_end(o, recorder_keep, list);
    assert_false(tn_gc_is_finalized(o));
    assert_false(tn_gc_is_finalized(str));
    tn_decref(o);
    recorder_expect(&log, "F1");
    assert_true(tn_gc_is_finalized(o));
    tn_decref(list);
    tn_decref(str);
}

// --- Twice, and never again ----------------------------------------------------------------------

static void
track_a_list_twice(void)
{
    tn_object *list = tn_list_new(tn_heap_new(NULL));
    tni_track_in(tni_objects_of(list), list, 0);
}

// Seen from inside: no call of the library's users tracks or untracks.
static void
tracking_twice_ends_a_checked_program_and_untracking_twice_does_nothing_31(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    for (int i = 0; i < 2; i++) {
        tni_untrack(tni_objects_of(list), list, tni_place_of(list));
        assert_false(tn_gc_is_tracked(list));
    }
    tni_track_in(tni_objects_of(list), list, 0);
    expect_tracked(list);
    if (TN_CHECKS > 0)
        mistake_expect(track_a_list_twice, "tenure: ");
}

static void
nothing_but_its_death_untracks_an_object_32(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    assert_int_equal(tn_list_append_steal(list, tn_ref(tn_list_new(heap))), TN_OK);
    tn_list_clear(list);
    heap_collect(heap, 2);
    assert_true(tn_gc_is_tracked(list));
    assert_int_equal(tn_pin(list), TN_OK);
    assert_true(tn_gc_is_tracked(list));
    tn_unpin(list);
    assert_int_equal(tn_gc_freeze(heap, true), TN_OK);
    tn_gc_thaw(list);
    expect_tracked(list);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(what_holds_no_container_is_never_tracked_21),
        HEAP_TEST(containers_and_instances_are_tracked_also_without_slots_22),
        HEAP_TEST(nobody_sees_an_object_before_it_is_whole_23),
        HEAP_TEST(a_tuple_is_tracked_if_an_item_is_24),
        HEAP_TEST(other_tuples_cost_the_collector_nothing_25),
        HEAP_TEST(a_dict_is_tracked_whatever_is_in_it_26),
        HEAP_TEST(a_cycle_through_a_dict_that_was_old_and_empty_is_found_27),
        HEAP_TEST(whatever_is_derived_is_tracked_28),
        HEAP_TEST(asking_changes_nothing_and_what_is_frozen_is_tracked_29),
        HEAP_TEST(who_came_back_from_the_finalizer_says_that_it_ran_30),
        HEAP_TEST(tracking_twice_ends_a_checked_program_and_untracking_twice_does_nothing_31),
        HEAP_TEST(nothing_but_its_death_untracks_an_object_32),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
