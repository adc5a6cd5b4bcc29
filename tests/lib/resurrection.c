// SPDX-License-Identifier: MIT
//
// What lives on because its finalizer, or another one, made it referred to again: is_resurrected in
// lib/src/object/reap.c, lib/src/gc/finish.c, tni_gc_recheck in exhaustive.c.
#include "recorder.h"

#include <tenure/containers.h>

static void
what_is_referred_to_again_lives_on_and_is_not_finalized_again_8(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *list = tn_list_new(log.heap), *o = recorder_new(&log, 1), *weak = heap_weak_to(o);
    recorder_at_end(o, recorder_keep, list);
    assert_false(tn_gc_is_finalized(o));
    tn_decref(o);
    recorder_expect(&log, "F1");
    assert_true(tn_gc_is_tracked(o) && tn_gc_is_finalized(o));
    assert_int_equal(tn_gc_generation(o), 0);
    assert_int_equal(tn_refcount(o), 1);
    assert_true(tn_heap_check(log.heap));
    tn_object *got = tn_weak_get(weak);
    assert_ptr_equal(got, o);
    tn_decref(got);
    tn_list_clear(list);
    recorder_expect(&log, "D1");
    assert_null(tn_weak_get(weak));
    tn_decref(weak);
    tn_decref(list);
}

static void
resurrection_in_a_set_is_transitive_91(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *list = tn_list_new(log.heap), *o = recorder_ring(&log, 1, 3);
    tn_slot_set_steal(o, 1, tn_ref(heap_str(log.heap, "mine")));
    recorder_at_end(o, recorder_keep, list);
    assert_int_equal(heap_collect(log.heap, 0), 0);
    recorder_expect(&log, "F1 F2 F3");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(recorder_number(o), i + 1);
        assert_int_equal(tn_gc_generation(o), 1);
        o = tn_as_object(tn_slot_borrow(o, 0));
    }
    assert_string_equal(tn_str_data(tn_as_object(tn_slot_borrow(o, 1))), "mine");
    assert_int_equal(tn_refcount(o), 2);
    assert_true(tn_heap_check(log.heap));
    tn_decref(list);
    assert_int_equal(heap_collect(log.heap, 2), 3);
    recorder_expect(&log, "D1 D2 D3");
}

static void
resurrection_of_a_part_does_not_keep_the_rest_53_92(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *list = tn_list_new(log.heap), *o = recorder_ring(&log, 1, 2);
    recorder_ring(&log, 3, 3);
    recorder_at_end(o, recorder_keep, list);
    assert_int_equal(heap_collect(log.heap, 2), 3);
    recorder_expect(&log, "F1 F2 F3 F4 F5 D3 D4 D5");
    assert_int_equal(recorder_alive(&log), 2);
    tn_decref(list);
    assert_int_equal(heap_collect(log.heap, 2), 2);
    recorder_expect(&log, "D1 D2");
}

// The tail hangs off the ring; the ring is not reachable from the tail.
static void
what_only_leads_to_the_resurrected_is_collected(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *list = tn_list_new(log.heap), *tail = recorder_new(&log, 9);
    tn_slot_set_steal(recorder_ring(&log, 1, 2), 1, tn_ref(tail));
    recorder_at_end(tail, recorder_keep, list);
    assert_int_equal(heap_collect(log.heap, 2), 2);
    recorder_expect(&log, "F9 F1 F2 D1 D2");
    assert_int_equal(tn_refcount(tail), 1);
    tn_decref(list);
    recorder_expect(&log, "D9");
}

static void
the_resurrected_enter_the_next_older_generation(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (int generation = 0; generation < TN_GENERATIONS; generation++) {
        tn_object *list = tn_list_new(log.heap), *o = recorder_ring(&log, 1, 2);
        recorder_at_end(o, recorder_keep, list);
        assert_int_equal(heap_collect(log.heap, generation), 0);
        assert_int_equal(tn_gc_generation(o), generation < 2 ? generation + 1 : 2);
        assert_true(tn_heap_check(log.heap));
        tn_decref(list);
        assert_int_equal(heap_collect(log.heap, 2), 2);
    }
    log.len = 0;
}

static void
a_frozen_object_that_is_resurrected_is_young_and_not_frozen(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *list = tn_list_new(log.heap), *o = recorder_new(&log, 1);
    recorder_at_end(o, recorder_keep, list);
    assert_int_equal(tn_gc_freeze(log.heap, false), TN_OK);
    tn_decref(o);
    assert_false(tn_gc_is_frozen(o));
    assert_int_equal(tn_gc_generation(o), 0);
    assert_true(tn_heap_check(log.heap));
    tn_decref(list);
    recorder_expect(&log, "F1 D1");
}

static void
keep_in_tuple(tn_object *o, void *list)
{
    tn_value self = tn_ref(o);
    tn_object *tuple = tn_tuple_new(tn_heap_of(o), &self, 1);
    tn_slot_set_steal(o, 0, tn_ref(tuple));
    recorder_keep(o, list);
}

// It is not tracked while it dies, but the tuple has to be.
static void
a_tuple_made_of_the_dying_object_is_found_later(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *list = tn_list_new(log.heap), *o = recorder_new(&log, 1);
    recorder_at_end(o, keep_in_tuple, list);
    tn_decref(o);
    assert_true(tn_gc_is_tracked(tn_as_object(tn_slot_borrow(o, 0))));
    tn_list_clear(list);
    assert_int_equal(heap_collect(log.heap, 2), 2);
    recorder_expect(&log, "F1 D1");
    tn_decref(list);
}

// Each finalizer stores itself in the next member's slot 1; nobody outside is involved.
static void
hang_on_next(tn_object *o, void *arg)
{
    tn_slot_set(tn_as_object(tn_slot_borrow(o, 0)), 1, tn_ref(o));
}

static void
new_references_within_the_set_resurrect_nobody(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_ring(&log, 1, 3);
    for (int i = 0; i < 3; i++, o = tn_as_object(tn_slot_borrow(o, 0)))
        recorder_at_end(o, hang_on_next, NULL);
    assert_int_equal(heap_collect(log.heap, 2), 3);
    recorder_expect(&log, "F1 F2 F3 D1 D2 D3");
}

static void
keep_next(tn_object *o, void *list)
{
    recorder_keep(tn_as_object(tn_slot_borrow(o, 0)), list);
    recorder_cut(o, NULL);
}

static void
a_finalizer_may_save_another_member_and_not_its_own(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *list = tn_list_new(log.heap), *o = recorder_ring(&log, 1, 2);
    tn_object *second = tn_as_object(tn_slot_borrow(o, 0));
    tn_slot_set(o, 1, tn_ref(o));
    recorder_cut(second, NULL); // 1 holds itself and 2; nothing leads back from 2
    recorder_at_end(o, keep_next, list);
    assert_int_equal(heap_collect(log.heap, 2), 1);
    recorder_expect(&log, "F1 F2 D1");
    tn_decref(list);
    recorder_expect(&log, "D2");
}

// The example of lib/docs/objects.md.
static void
a_chain_is_saved_link_by_link(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *saved = tn_list_new(log.heap), *a = recorder_new(&log, 1),
              *b = recorder_new(&log, 2);
    recorder_at_end(a, recorder_keep, saved);
    recorder_at_end(b, recorder_keep, saved);
    tn_slot_set_steal(a, 0, tn_ref(b));
    tn_decref(a);
    recorder_expect(&log, "F1");
    tn_list_clear(saved);
    recorder_expect(&log, "D1 F2");
    assert_int_equal(tn_list_len(saved), 1);
    tn_list_clear(saved);
    recorder_expect(&log, "D2");
    tn_decref(saved);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(what_is_referred_to_again_lives_on_and_is_not_finalized_again_8),
        HEAP_TEST(resurrection_in_a_set_is_transitive_91),
        HEAP_TEST(resurrection_of_a_part_does_not_keep_the_rest_53_92),
        HEAP_TEST(what_only_leads_to_the_resurrected_is_collected),
        HEAP_TEST(the_resurrected_enter_the_next_older_generation),
        HEAP_TEST(a_frozen_object_that_is_resurrected_is_young_and_not_frozen),
        HEAP_TEST(a_tuple_made_of_the_dying_object_is_found_later),
        HEAP_TEST(new_references_within_the_set_resurrect_nobody),
        HEAP_TEST(a_finalizer_may_save_another_member_and_not_its_own),
        HEAP_TEST(a_chain_is_saved_link_by_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
