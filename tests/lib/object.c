// SPDX-License-Identifier: MIT
//
// Objects, references and immediate destruction: lib/src/object/object.c and reap.c.
#include "witness.h"

#include <tenure/containers.h>

static const char *const one_slot[] = {"next", NULL};

static void
counts_rise_and_fall_with_references(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *o = tn_new(heap, heap_type(heap, "Node", one_slot, 0));
    assert_int_equal(tn_refcount(o), 1);
    assert_ptr_equal(tn_incref(o), o);
    assert_int_equal(tn_refcount(o), 2);
    tn_decref(o);
    assert_int_equal(tn_refcount(o), 1);
    tn_decref(o);
    assert_int_equal(heap_instances(heap, "Node"), 0);
}

static void
the_last_reference_destroys_before_the_call_returns(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    witness_log log = {.count = 0};
    tn_object *o = tn_incref(witness_new(heap, witness_type(heap), &log, 7));
    tn_decref(o);
    assert_int_equal(log.count, 0);
    tn_decref(o);
    WITNESS_EXPECT(&log, 7);
}

static void
dropping_null_does_nothing(void **state)
{
    tn_decref(NULL);
}

static void
an_object_starts_with_absent_slots_and_zeroed_bytes(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type_spec spec = {.name = "Node", .slots = one_slot, .native = 24};
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    for (int round = 0; round < 3; round++) { // the second takes memory that was used before
        tn_object *o = tn_new(heap, type);
        char *bytes = (char *)tn_payload(o) + sizeof(tn_value);
        assert_true(tn_is_absent(tn_slot_borrow(o, 0)));
        for (int i = 0; i < 24; i++)
            assert_int_equal(bytes[i], 0);
        memset(bytes, 0xff, 24);
        tn_decref(o);
    }
}

static void
a_slot_takes_a_reference_and_drops_the_former(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *o = tn_new(heap, heap_type(heap, "Node", one_slot, 0));
    tn_object *a = heap_str(heap, "a"), *b = heap_str(heap, "b");
    tn_slot_set(o, 0, tn_ref(a));
    assert_int_equal(tn_refcount(a), 2);
    tn_slot_set(o, 0, tn_ref(b));
    assert_int_equal(tn_refcount(a), 1);
    assert_int_equal(tn_refcount(b), 2);
    tn_decref(a);
    tn_decref(b);
    tn_decref(o);
}

static void
a_slot_may_be_set_to_what_it_holds(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *o = tn_new(heap, heap_type(heap, "Node", one_slot, 0));
    tn_slot_set_steal(o, 0, tn_ref(heap_str(heap, "only")));
    tn_slot_set(o, 0, tn_slot_borrow(o, 0));
    assert_int_equal(tn_refcount(tn_as_object(tn_slot_borrow(o, 0))), 1);
    tn_decref(o);
}

static void
stealing_takes_over_the_callers_reference(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *o = tn_new(heap, heap_type(heap, "Node", one_slot, 0));
    tn_object *str = heap_str(heap, "x");
    tn_slot_set_steal(o, 0, tn_ref(str));
    assert_int_equal(tn_refcount(str), 1);
    tn_value got = tn_slot_get(o, 0);
    assert_int_equal(tn_refcount(str), 2);
    tn_decref_value(got);
    tn_decref(o);
}

// --- The order of death --------------------------------------------------------------------------

static void
slots_are_dropped_in_their_order_and_the_parent_dies_first(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = witness_type(heap);
    witness_log log = {.count = 0};
    tn_object *parent = witness_new(heap, type, &log, 0);
    tn_slot_set_steal(parent, 1, tn_ref(witness_new(heap, type, &log, 2)));
    tn_slot_set_steal(parent, 0, tn_ref(witness_new(heap, type, &log, 1)));
    tn_decref(parent);
    WITNESS_EXPECT(&log, 0, 1, 2);
}

static void
a_chain_dies_from_root_to_leaf(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = witness_type(heap);
    witness_log log = {.count = 0};
    tn_object *root = witness_new(heap, type, &log, 3);
    for (int number = 2; number >= 0; number--) {
        tn_object *above = witness_new(heap, type, &log, number);
        tn_slot_set_steal(above, 0, tn_ref(root));
        root = above;
    }
    tn_decref(root);
    WITNESS_EXPECT(&log, 0, 1, 2, 3);
}

static void
a_subtree_dies_before_its_next_sibling(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = witness_type(heap);
    witness_log log = {.count = 0};
    tn_object *root = witness_new(heap, type, &log, 0), *left = witness_new(heap, type, &log, 1);
    tn_slot_set_steal(left, 0, tn_ref(witness_new(heap, type, &log, 2)));
    tn_slot_set_steal(root, 0, tn_ref(left));
    tn_slot_set_steal(root, 1, tn_ref(witness_new(heap, type, &log, 3)));
    tn_decref(root);
    WITNESS_EXPECT(&log, 0, 1, 2, 3);
}

typedef struct watcher {
    tn_object **slot; // where the program keeps the object
    bool *was_empty;
} watcher;

static void
watcher_clear(tn_object *o)
{
    watcher *w = tn_payload(o);
    *w->was_empty = *w->slot == NULL;
}

static void
clearing_a_variable_empties_it_before_the_object_dies(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type_spec spec = {.name = "Watcher", .native = sizeof(watcher), .clear = watcher_clear};
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    bool was_empty = false;
    tn_object *slot = tn_new(heap, type);
    *(watcher *)tn_payload(slot) = (watcher){&slot, &was_empty};
    TN_CLEAR(slot);
    assert_null(slot);
    assert_true(was_empty);
    TN_CLEAR(slot);
}

// --- Depth and width -----------------------------------------------------------------------------

static void
a_chain_of_three_million_objects_dies_without_recursion(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = heap_type(heap, "Node", one_slot, 0);
    tn_object *head = NULL;
    for (size_t i = support_scaled(3000000); i > 0; i--) {
        tn_object *o = tn_new(heap, type);
        tn_slot_set_steal(o, 0, tn_ref(head));
        head = o;
    }
    tn_decref(head);
    assert_int_equal(heap_current(heap), 0);
}

static void
a_list_nested_a_million_deep_dies_without_recursion(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *outer = tn_list_new(heap);
    for (size_t i = support_scaled(1000000); i > 1; i--) {
        tn_object *list = tn_list_new(heap);
        assert_int_equal(tn_list_append_steal(list, tn_ref(outer)), TN_OK);
        outer = list;
    }
    tn_decref(outer);
    assert_int_equal(heap_current(heap), 0);
}

static void
a_list_of_a_million_objects_dies_at_once(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = heap_type(heap, "Node", one_slot, 0);
    tn_object *list = tn_list_new(heap);
    for (size_t i = support_scaled(1000000); i > 0; i--)
        assert_int_equal(tn_list_append_steal(list, tn_ref(tn_new(heap, type))), TN_OK);
    tn_decref(list);
    assert_int_equal(heap_current(heap), 0);
}

// --- Immortality ---------------------------------------------------------------------------------

static void
at_two_to_the_thirtieth_reference_an_object_becomes_immortal(void **state)
{
    tn_object *str = heap_str(heap_fixture_heap(state), "popular");
    str->refs = TNI_IMMORTAL - 2; // as if so many references had been taken
    tn_incref(str);
    assert_int_equal(tn_refcount(str), TNI_IMMORTAL - 1);
    tn_decref(str);
    assert_int_equal(tn_refcount(str), TNI_IMMORTAL - 2);
    tn_incref(str);
    tn_incref(str);
    heap_fixture_take_report(state, "str");
    tn_incref(str); // is reported only once
    assert_true(tn_refcount(str) >= TNI_IMMORTAL);
    tn_decref(str);
    tn_decref(str);
    assert_true(tn_refcount(str) >= TNI_IMMORTAL);
    str->refs = 1;
    tn_decref(str);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(counts_rise_and_fall_with_references),
        HEAP_TEST(the_last_reference_destroys_before_the_call_returns),
        HEAP_TEST(dropping_null_does_nothing),
        HEAP_TEST(an_object_starts_with_absent_slots_and_zeroed_bytes),
        HEAP_TEST(a_slot_takes_a_reference_and_drops_the_former),
        HEAP_TEST(a_slot_may_be_set_to_what_it_holds),
        HEAP_TEST(stealing_takes_over_the_callers_reference),
        HEAP_TEST(slots_are_dropped_in_their_order_and_the_parent_dies_first),
        HEAP_TEST(a_chain_dies_from_root_to_leaf),
        HEAP_TEST(a_subtree_dies_before_its_next_sibling),
        HEAP_TEST(clearing_a_variable_empties_it_before_the_object_dies),
        HEAP_TEST(a_chain_of_three_million_objects_dies_without_recursion),
        HEAP_TEST(a_list_nested_a_million_deep_dies_without_recursion),
        HEAP_TEST(a_list_of_a_million_objects_dies_at_once),
        HEAP_TEST(at_two_to_the_thirtieth_reference_an_object_becomes_immortal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
