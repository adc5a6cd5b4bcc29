// SPDX-License-Identifier: MIT
//
// Pins, counted roots: lib/src/gc/pin.c.
#include "recorder.h"

#include <tenure/containers.h>

static void
a_pin_is_one_more_reference_until_the_unpin(void **state)
{
    tn_object *str = heap_str(heap_fixture_heap(state), "x");
    assert_int_equal(tn_pin(str), TN_OK);
    assert_int_equal(tn_refcount(str), 2);
    tn_decref(str);
    assert_string_equal(tn_str_data(str), "x");
    tn_unpin(str);
    assert_int_equal(heap_current(heap_fixture_heap(state)), 0);
}

static void
pins_count(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 1);
    assert_int_equal(tn_pin(o), TN_OK);
    assert_int_equal(tn_pin(o), TN_OK);
    tn_decref(o);
    tn_unpin(o);
    recorder_expect(&log, "");
    tn_unpin(o);
    recorder_expect(&log, "F1 D1");
}

static void
a_cycle_with_a_pinned_member_stays_until_the_unpin(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_ring(&log, 1, 3);
    assert_int_equal(tn_pin(o), TN_OK);
    for (int generation = 0; generation < TN_GENERATIONS; generation++)
        assert_int_equal(heap_collect(log.heap, generation), 0);
    tn_unpin(o);
    assert_int_equal(tn_refcount(o), 1);
    assert_int_equal(heap_collect(log.heap, 2), 3);
}

static void
a_pin_does_not_keep_what_only_leads_to_it(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *ring = recorder_ring(&log, 1, 2), *pinned = recorder_new(&log, 3);
    assert_int_equal(tn_pin(pinned), TN_OK);
    tn_slot_set_steal(ring, 1, tn_ref(pinned));
    assert_int_equal(heap_collect(log.heap, 2), 2);
    recorder_expect(&log, "F1 F2 D1 D2");
    tn_unpin(pinned);
    recorder_expect(&log, "F3 D3");
}

static void
the_65536th_pin_is_refused_and_changes_nothing(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 1);
    for (int i = 0; i < UINT16_MAX; i++)
        assert_int_equal(tn_pin(o), TN_OK);
    assert_int_equal(tn_pin(o), TN_ELIMIT);
    assert_int_equal(tn_refcount(o), 1 + UINT16_MAX);
    assert_int_equal(heap_collect(log.heap, 2), 0);
    assert_true(tn_heap_check(log.heap));
    for (int i = 0; i < UINT16_MAX; i++)
        tn_unpin(o);
    assert_int_equal(tn_refcount(o), 1);
    tn_decref(o);
    recorder_expect(&log, "F1 D1");
}

static void
pin_it(tn_object *o, void *arg)
{
    assert_int_equal(tn_pin(o), TN_OK);
}

static void
a_finalizer_may_pin_its_object(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 1), *ring = recorder_ring(&log, 2, 2);
    recorder_at_end(o, pin_it, NULL);
    recorder_at_end(ring, pin_it, NULL);
    tn_decref(o);
    assert_int_equal(heap_collect(log.heap, 2), 0);
    recorder_expect(&log, "F1 F2 F3");
    assert_true(tn_heap_check(log.heap));
    tn_unpin(o);
    tn_unpin(ring);
    assert_int_equal(heap_collect(log.heap, 2), 2);
    recorder_expect(&log, "D1 D2 D3");
}

static void
a_pinned_object_may_be_frozen_and_thawed(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_ring(&log, 1, 2);
    assert_int_equal(tn_pin(o), TN_OK);
    assert_int_equal(tn_gc_freeze(log.heap, true), TN_OK);
    assert_true(tn_gc_is_frozen(o));
    tn_unpin(o);
    assert_int_equal(heap_collect(log.heap, 2), 0);
    tn_gc_unfreeze(log.heap);
    assert_int_equal(heap_collect(log.heap, 2), 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_pin_is_one_more_reference_until_the_unpin),
        HEAP_TEST(pins_count),
        HEAP_TEST(a_cycle_with_a_pinned_member_stays_until_the_unpin),
        HEAP_TEST(a_pin_does_not_keep_what_only_leads_to_it),
        HEAP_TEST(the_65536th_pin_is_refused_and_changes_nothing),
        HEAP_TEST(a_finalizer_may_pin_its_object),
        HEAP_TEST(a_pinned_object_may_be_frozen_and_thawed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
