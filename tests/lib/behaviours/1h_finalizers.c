// SPDX-License-Identifier: MIT
//
// 1H: finalizers.
#include "recorder.h"

#include <tenure/containers.h>

enum { NEXT, SIDE };

static void
expect_next_to_be_whole(tn_object *o, void *arg)
{
    tn_object *next = tn_as_object(tn_slot_borrow(o, NEXT));
    assert_non_null(next);
    assert_true(tn_is_object(tn_slot_borrow(next, NEXT)));
    assert_true(tn_heap_check(tn_heap_of(o)));
}

static void
all_finalizers_of_a_ring_run_before_any_member_is_cleared_87(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_ring(&log, 1, 3);
    for (int i = 0; i < 3; i++) {
        recorder_at_end(o, expect_next_to_be_whole, NULL);
        o = tn_as_object(tn_slot_borrow(o, NEXT));
    }
    assert_int_equal(heap_collect(log.heap, 2), 3);
    recorder_expect(&log, "F1 F2 F3 D1 D2 D3");
}

// By address, which is the order of creation as long as nothing was freed; no promise here either.
static void
they_run_in_the_order_of_creation_88(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o[3];
    for (int i = 0; i < 3; i++)
        o[i] = recorder_new(&log, i);
    for (int i = 0; i < 3; i++) // each refers to the one before it
        tn_slot_set(o[i], NEXT, tn_ref(o[(i + 2) % 3]));
    for (int i = 2; i >= 0; i--)
        tn_decref(o[i]);
    assert_int_equal(heap_collect(log.heap, 2), 3);
    recorder_expect(&log, "F0 F1 F2 D0 D1 D2");
}

static void
expect_to_be_finalized_and_stay(tn_object *o, void *list)
{
    assert_true(tn_gc_is_finalized(o));
    recorder_keep(o, list);
}

static void
a_finalizer_runs_once_in_a_lifetime_89(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *list = tn_list_new(log.heap), *by_count = recorder_new(&log, 1);
    tn_object *in_a_ring = recorder_ring(&log, 2, 1);
    recorder_at_end(by_count, expect_to_be_finalized_and_stay, list);
    recorder_at_end(in_a_ring, expect_to_be_finalized_and_stay, list);
    tn_decref(by_count);
    assert_int_equal(heap_collect(log.heap, 2), 0);
    recorder_expect(&log, "F1 F2");
    tn_list_clear(list);
    assert_int_equal(heap_collect(log.heap, 2), 1);
    recorder_expect(&log, "D1 D2");
    tn_decref(list);
}

static void
finalizers_may_break_the_ring_that_they_die_with_90(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_ring(&log, 1, 3);
    for (int i = 0; i < 3; i++) {
        recorder_at_end(o, recorder_cut, NULL);
        o = tn_as_object(tn_slot_borrow(o, NEXT));
    }
    assert_int_equal(heap_collect(log.heap, 2), 3);
    recorder_expect(&log, "F1 F2 F3 D1 D2 D3");
    assert_int_equal(recorder_alive(&log), 0);
}

// The first of two rings, which has the other one in its other slot.
static tn_object *
two_rings(recorder_log *log)
{
    tn_object *first = recorder_ring(log, 1, 2);
    tn_slot_set(first, SIDE, tn_ref(recorder_ring(log, 3, 2)));
    return first;
}

static void
what_a_saved_object_refers_to_is_saved_into_the_next_generation_91(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *list = tn_list_new(log.heap), *first = two_rings(&log);
    recorder_at_end(first, recorder_keep, list);
    assert_int_equal(heap_collect(log.heap, 0), 0);
    recorder_expect(&log, "F1 F2 F3 F4");
    assert_int_equal(recorder_alive(&log), 4);
    assert_int_equal(tn_gc_generation(first), 1);
    assert_int_equal(tn_gc_generation(tn_as_object(tn_slot_borrow(first, SIDE))), 1);
    tn_decref(list);
    assert_int_equal(heap_collect(log.heap, 1), 4);
    recorder_expect(&log, "D1 D2 D3 D4");
}

static void
what_does_not_hang_on_the_saved_dies_all_the_same_92(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *list = tn_list_new(log.heap), *first = two_rings(&log);
    tn_object *second = tn_as_object(tn_slot_borrow(first, SIDE));
    recorder_ring(&log, 5, 2);
    recorder_at_end(second, recorder_keep, list);
    assert_int_equal(heap_collect(log.heap, 2), 4);
    recorder_expect(&log, "F1 F2 F3 F4 F5 F6 D1 D2 D5 D6");
    tn_decref(list);
    assert_int_equal(heap_collect(log.heap, 2), 2);
}

static void
make_a_ring_and_collect(tn_object *o, void *expected)
{
    recorder_ring(recorder_log_of(o), 10, 2);
    assert_int_equal(tn_gc_collect(tn_heap_of(o), 2, NULL), *(const tn_err *)expected);
}

// One that a collection called is refused another, where CPython does nothing and says 0.
static void
a_finalizer_may_make_objects_and_rings_and_collect_93(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_err expected = TN_OK;
    tn_object *o = recorder_new(&log, 1);
    recorder_at_end(o, make_a_ring_and_collect, &expected);
    tn_decref(o);
    recorder_expect(&log, "F1 F10 F11 D10 D11 D1");
    expected = TN_EBUSY;
    recorder_at_end(recorder_ring(&log, 2, 1), make_a_ring_and_collect, &expected);
    assert_int_equal(heap_collect(log.heap, 2), 1);
    recorder_expect(&log, "F2 D2");
    assert_int_equal(heap_collect(log.heap, 2), 2);
}

static void
a_finalizer_makes_nothing_uncollectable_94(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_gc_result result;
    recorder_ring(&log, 1, 2);
    assert_int_equal(tn_gc_collect(log.heap, 2, &result), TN_OK);
    assert_int_equal(result.collected, 2);
    assert_int_equal(result.uncollectable, 0);
    assert_int_equal(tn_gc_garbage_len(log.heap), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(all_finalizers_of_a_ring_run_before_any_member_is_cleared_87),
        HEAP_TEST(they_run_in_the_order_of_creation_88),
        HEAP_TEST(a_finalizer_runs_once_in_a_lifetime_89),
        HEAP_TEST(finalizers_may_break_the_ring_that_they_die_with_90),
        HEAP_TEST(what_a_saved_object_refers_to_is_saved_into_the_next_generation_91),
        HEAP_TEST(what_does_not_hang_on_the_saved_dies_all_the_same_92),
        HEAP_TEST(a_finalizer_may_make_objects_and_rings_and_collect_93),
        HEAP_TEST(a_finalizer_makes_nothing_uncollectable_94),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
