// SPDX-License-Identifier: MIT
//
// Finalizers: tni_finalize in lib/src/object/reap.c, lib/src/gc/finish.c. How they stand among the
// other steps: order.c. What lives on after them: resurrection.c.
#include "recorder.h"

#include <tenure/containers.h>

// --- Once, and before anything else --------------------------------------------------------------

static void
it_runs_when_the_last_reference_goes(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = tn_incref(recorder_new(&log, 1));
    tn_decref(o);
    recorder_expect(&log, "");
    tn_decref(o);
    recorder_expect(&log, "F1 D1");
}

static void
look_at_child(tn_object *o, void *arg)
{
    tn_object *child = tn_as_object(tn_slot_borrow(o, 0));
    assert_non_null(child);
    assert_int_equal(tn_refcount(child), 1);
    assert_int_equal(tn_refcount(o), 1);
}

static void
it_runs_before_any_child_is_dropped_4(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *parent = recorder_new(&log, 1);
    tn_slot_set_steal(parent, 0, tn_ref(recorder_new(&log, 2)));
    tn_slot_set_steal(parent, 1, tn_ref(recorder_new(&log, 3)));
    recorder_at_end(parent, look_at_child, NULL);
    tn_decref(parent);
    recorder_expect(&log, "F1 D1 F2 D2 F3 D3");
}

static void
in_a_set_all_run_before_any_member_is_cleared_87(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    recorder_ring(&log, 1, 3);
    assert_int_equal(heap_collect(log.heap, 2), 3);
    recorder_expect(&log, "F1 F2 F3 D1 D2 D3");
}

static void
resolve(tn_object *o, void *weak)
{
    tn_object *got = tn_weak_get(weak);
    assert_ptr_equal(got, o);
    tn_decref(got);
}

static void
a_plain_weak_reference_resolves_inside_7_105(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (int round = 0; round < 2; round++) {
        tn_object *o = round == 0 ? recorder_new(&log, 1) : recorder_ring(&log, 1, 2);
        tn_object *weak = heap_weak_to(o);
        recorder_at_end(o, resolve, weak);
        if (round == 0)
            tn_decref(o);
        assert_int_equal(heap_collect(log.heap, 2), round == 0 ? 0 : 2);
        recorder_expect(&log, round == 0 ? "F1 D1" : "F1 F2 D1 D2");
        assert_null(tn_weak_get(weak));
        tn_decref(weak);
    }
}

// A leaf without slots; its finalizer puts it into the list that it knows, if it knows one.
typedef struct leaf {
    tn_object *list; // borrowed from the test
    int *runs;
} leaf;

static void
finalize_leaf(tn_object *o)
{
    leaf *l = tn_payload(o);
    ++*l->runs;
    if (l->list != NULL)
        recorder_keep(o, l->list);
}

static void
an_acyclic_type_may_have_one_and_it_runs_once_as_well(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type_spec spec = {.name = "Leaf", .native = sizeof(leaf), .flags = TN_ACYCLIC};
    spec.finalize = finalize_leaf;
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    int runs = 0;
    tn_object *list = tn_list_new(heap), *o = tn_new(heap, type);
    *(leaf *)tn_payload(o) = (leaf){list, &runs};
    tn_decref(o);
    assert_int_equal(tn_list_len(list), 1);
    assert_false(tn_gc_is_tracked(o));
    tn_list_clear(list); // CPython would run it again here (9); heap.md: once in a lifetime
    assert_int_equal(runs, 1);
    assert_int_equal(heap_instances(heap, "Leaf"), 0);
    tn_decref(list);
}

// --- Chains --------------------------------------------------------------------------------------

typedef struct link {
    tn_value next;
    size_t *expected; // the number of the next link to be finalized
    size_t number;
} link;

static void
finalize_in_order(tn_object *o)
{
    link *l = tn_payload(o);
    assert_int_equal(l->number, *l->expected);
    ++*l->expected;
}

static void
finalize_and_cut(tn_object *o)
{
    finalize_in_order(o);
    tn_slot_set(o, 0, TN_ABSENT);
}

static void
drop_chain(tn_heap *heap, tn_finalizer *finalize, size_t length)
{
    static const char *const slots[] = {"next", NULL};
    tn_type_spec spec = {.name = "Link", .slots = slots, .finalize = finalize};
    spec.native = sizeof(link) - sizeof(tn_value);
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    tn_object *head = NULL;
    size_t expected = 0;
    for (size_t i = length; i-- > 0;) {
        tn_object *o = tn_new(heap, type);
        *(link *)tn_payload(o) = (link){tn_ref(head), &expected, i};
        head = o;
    }
    tn_decref(head);
    assert_int_equal(expected, length);
    assert_int_equal(heap_current(heap), 0);
}

static void
a_chain_of_200_is_finalized_from_root_to_leaf_18(void **state)
{
    drop_chain(heap_fixture_heap(state), finalize_in_order, 200);
}

static void
a_chain_of_a_million_is_finalized_from_root_to_leaf(void **state)
{
    drop_chain(heap_fixture_heap(state), finalize_in_order, support_scaled(1000000));
}

static void
finalizers_that_drop_each_other_do_not_recurse_at_depth_200(void **state)
{
    drop_chain(heap_fixture_heap(state), finalize_and_cut, 200);
}

static void
finalizers_that_drop_each_other_do_not_recurse_at_depth_a_million(void **state)
{
    drop_chain(heap_fixture_heap(state), finalize_and_cut, support_scaled(1000000));
}

// --- What finalizers do --------------------------------------------------------------------------

static void
finalizers_that_break_the_set_apart_free_nothing_twice_90(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_ring(&log, 1, 3);
    for (int i = 0; i < 3; i++, o = tn_as_object(tn_slot_borrow(o, 0)))
        recorder_at_end(o, recorder_cut, NULL);
    assert_int_equal(heap_collect(log.heap, 2), 3);
    recorder_expect(&log, "F1 F2 F3 D1 D2 D3");
}

// The list is a member of the set as well, without a finalizer.
static void
cut_first_of_list(tn_object *o, void *list)
{
    tn_object *first = tn_as_object(tn_list_borrow(list, 0));
    tn_slot_set(first, 0, TN_ABSENT);
    tn_list_clear(list);
}

static void
finalizers_may_drop_the_references_of_other_members_90(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *list = tn_list_new(log.heap), *o = recorder_ring(&log, 1, 2);
    tn_object *second = tn_as_object(tn_slot_borrow(o, 0));
    assert_int_equal(tn_list_append(list, tn_ref(o)), TN_OK);
    assert_int_equal(tn_list_append(list, tn_ref(second)), TN_OK);
    tn_slot_set_steal(o, 1, tn_ref(list));
    recorder_at_end(second, cut_first_of_list, list);
    assert_int_equal(heap_collect(log.heap, 2), 3);
    recorder_expect(&log, "F1 F2 D1 D2");
}

static void
make_things(tn_object *o, void *list)
{
    recorder_log *log = recorder_log_of(o);
    recorder_keep(recorder_ring(log, 10, 2), list);
    recorder_ring(log, 20, 2);
}

static void
what_finalizers_make_is_young_and_not_part_of_the_collection_48_93(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *list = tn_list_new(log.heap);
    recorder_at_end(recorder_ring(&log, 1, 2), make_things, list);
    assert_int_equal(heap_collect(log.heap, 2), 2);
    assert_int_equal(recorder_alive(&log), 4);
    assert_int_equal(tn_gc_generation(tn_as_object(tn_list_borrow(list, 0))), 0);
    assert_int_equal(heap_collect(log.heap, 0), 2);
    recorder_expect(&log, "F1 F2 D1 D2 F20 F21 D20 D21");
    tn_decref(list);
    assert_int_equal(heap_collect(log.heap, 2), 2);
}

static void
collect_inside(tn_object *o, void *expected)
{
    recorder_ring(recorder_log_of(o), 10, 2);
    assert_int_equal(tn_gc_collect(tn_heap_of(o), 2, NULL), *(tn_err *)expected);
}

static void
a_collection_inside_a_collection_is_refused_54(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_err busy = TN_EBUSY;
    recorder_at_end(recorder_ring(&log, 1, 2), collect_inside, &busy);
    assert_int_equal(heap_collect(log.heap, 2), 2);
    recorder_expect(&log, "F1 F2 D1 D2");
    assert_int_equal(heap_collect(log.heap, 2), 2);
}

static void
a_collection_inside_a_destruction_by_count_runs(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_err ok = TN_OK;
    tn_object *o = recorder_new(&log, 1);
    tn_slot_set_steal(o, 0, tn_ref(recorder_new(&log, 2)));
    recorder_at_end(o, collect_inside, &ok);
    tn_decref(o);
    recorder_expect(&log, "F1 F10 F11 D10 D11 D1 F2 D2");
}

static void
collect_often(tn_object *o, void *arg)
{
    for (int i = 0; i < 600; i++) // the collector's marks are numbered up to 255
        assert_int_equal(heap_collect(tn_heap_of(o), 0), 0);
}

static void
many_collections_leave_the_siblings_that_wait_alone(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 1);
    for (int i = 0; i < RECORDER_SLOTS; i++) {
        tn_object *child = recorder_new(&log, 2 + i);
        recorder_at_end(child, collect_often, NULL);
        tn_slot_set_steal(o, (size_t)i, tn_ref(child));
    }
    tn_decref(o);
    recorder_expect(&log, "F1 D1 F2 D2 F3 D3 F4 D4");
}

static void
every_17th_of_a_nested_chain_may_collect_19(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *head = recorder_new(&log, 299);
    for (int i = 298; i >= 0; i--) {
        tn_object *o = recorder_new(&log, i);
        tn_slot_set_steal(o, 0, tn_ref(head));
        if (i % 17 == 0)
            recorder_at_end(o, collect_often, NULL);
        head = o;
    }
    tn_decref(head);
    assert_int_equal(recorder_alive(&log), 0);
}

static void
the_heap_is_consistent_inside(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 1), *weaks[RECORDER_SLOTS];
    recorder_at_end(o, recorder_check_heap, NULL);
    for (int i = 0; i < RECORDER_SLOTS; i++) {
        tn_object *child = recorder_new(&log, 2 + i);
        weaks[i] = heap_weak_to(child);
        recorder_at_end(child, recorder_check_heap, NULL);
        tn_slot_set_steal(o, (size_t)i, tn_ref(child));
    }
    tn_decref(o);
    recorder_expect(&log, "F1 D1 F2 D2 F3 D3 F4 D4");
    for (int i = 0; i < RECORDER_SLOTS; i++)
        tn_decref(weaks[i]);
    recorder_at_end(recorder_ring(&log, 1, 2), recorder_check_heap, NULL);
    assert_int_equal(heap_collect(log.heap, 2), 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(it_runs_when_the_last_reference_goes),
        HEAP_TEST(it_runs_before_any_child_is_dropped_4),
        HEAP_TEST(in_a_set_all_run_before_any_member_is_cleared_87),
        HEAP_TEST(a_plain_weak_reference_resolves_inside_7_105),
        HEAP_TEST(an_acyclic_type_may_have_one_and_it_runs_once_as_well),
        HEAP_TEST(a_chain_of_200_is_finalized_from_root_to_leaf_18),
        HEAP_TEST(a_chain_of_a_million_is_finalized_from_root_to_leaf),
        HEAP_TEST(finalizers_that_drop_each_other_do_not_recurse_at_depth_200),
        HEAP_TEST(finalizers_that_drop_each_other_do_not_recurse_at_depth_a_million),
        HEAP_TEST(finalizers_that_break_the_set_apart_free_nothing_twice_90),
        HEAP_TEST(finalizers_may_drop_the_references_of_other_members_90),
        HEAP_TEST(what_finalizers_make_is_young_and_not_part_of_the_collection_48_93),
        HEAP_TEST(a_collection_inside_a_collection_is_refused_54),
        HEAP_TEST(a_collection_inside_a_destruction_by_count_runs),
        HEAP_TEST(many_collections_leave_the_siblings_that_wait_alone),
        HEAP_TEST(every_17th_of_a_nested_chain_may_collect_19),
        HEAP_TEST(the_heap_is_consistent_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
