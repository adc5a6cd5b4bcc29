// SPDX-License-Identifier: MIT
//
// A full collection in slices: how much one slice does, however large an object is or a set of
// garbage.
#include "heap_fixture.h"

#include <tenure/containers.h>
#include <time.h>

enum { MANY = 1000000, BUDGET_NS = 1000000, GENEROUS = 50 };

static tn_type *
node_type(tn_heap *heap)
{
    return heap_type(heap, "Node", (const char *const[]){"next", NULL}, 0);
}

static tn_object *
ring_new(tn_heap *heap, size_t len)
{
    tn_type *type = node_type(heap);
    tn_object *first = tn_new(heap, type), *last = first;
    for (size_t i = 1; i < len; i++) {
        tn_object *next = tn_new(heap, type);
        tn_slot_set_steal(last, 0, tn_ref(next));
        last = next;
    }
    tn_slot_set(last, 0, tn_ref(first));
    return first;
}

// Time of the processor, so that other programs do not count.
static uint64_t
worked_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// Generous, for sanitizers: a pass over everything in one slice takes longer.
static void
expect_bounded(uint64_t longest, uint64_t all)
{
    bool full = support_scaled(MANY) == MANY;
    if (full && all > 2 * (uint64_t)GENEROUS * BUDGET_NS)
        assert_true(longest < (uint64_t)GENEROUS * BUDGET_NS);
}

static tn_gc_result
run_with_budget(tn_heap *heap, const char *what)
{
    tn_gc_result result = {.complete = false};
    uint64_t longest = 0, began = worked_ns(), last = began;
    while (!result.complete) {
        assert_int_equal(tn_gc_step(heap, BUDGET_NS, &result), TN_OK);
        uint64_t now = worked_ns();
        longest = now - last > longest ? now - last : longest;
        last = now;
    }
    print_message("%s: %zu slices of %d us, the longest %llu us, in all %llu us\n", what,
                  result.slices, BUDGET_NS / 1000, (unsigned long long)longest / 1000,
                  (unsigned long long)(last - began) / 1000);
    expect_bounded(longest, last - began);
    return result;
}

static void
a_huge_list_is_searched_in_short_slices(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    tn_type *type = node_type(heap);
    for (size_t i = support_scaled(MANY); i > 0; i--)
        assert_int_equal(tn_list_append_steal(list, tn_ref(tn_new(heap, type))), TN_OK);
    tn_decref(tn_incref(list));
    tn_gc_result result = run_with_budget(heap, "a huge list that lives");
    assert_int_equal(result.collected, 0);
    tn_decref(list);
}

static void
huge_garbage_dies_in_short_slices(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_decref(ring_new(heap, support_scaled(MANY)));
    tn_gc_result result = run_with_budget(heap, "a huge ring of garbage");
    assert_int_equal(result.collected, support_scaled(MANY));
}

static void
a_huge_list_of_garbage_dies_in_short_slices(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    tn_type *type = node_type(heap);
    for (size_t i = support_scaled(MANY); i > 0; i--) {
        tn_object *o = tn_new(heap, type);
        tn_slot_set(o, 0, tn_ref(list));
        assert_int_equal(tn_list_append_steal(list, tn_ref(o)), TN_OK);
    }
    tn_decref(list);
    tn_gc_result result = run_with_budget(heap, "a huge list of garbage");
    assert_int_equal(result.collected, support_scaled(MANY) + 1);
}

// One piece of work a slice.
static void
expect_at_most_256_die_a_slice(tn_heap *heap, const char *leaf)
{
    tn_gc_result result = {.complete = false};
    size_t before = heap_instances(heap, leaf);
    while (!result.complete) {
        assert_int_equal(tn_gc_step(heap, 0, &result), TN_OK);
        size_t after = heap_instances(heap, leaf);
        assert_true(before - after <= 256);
        if (before != after)
            assert_true(tn_heap_check(heap));
        before = after;
    }
    assert_int_equal(before, 0);
}

enum { WIDE = 10000 };

static void
a_wide_container_is_emptied_in_parts(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap), *dict = tn_dict_new(heap);
    assert_int_equal(tn_list_append_steal(list, tn_ref(dict)), TN_OK);
    for (int64_t i = 0; i < WIDE; i++) {
        tn_object *o = tn_float_new(heap, (double)i);
        assert_int_equal(tn_list_append(list, tn_ref(o)), TN_OK);
        assert_int_equal(tn_dict_set(dict, tn_int(i), tn_ref(list)), TN_OK);
        tn_decref(o);
    }
    tn_decref(list);
    expect_at_most_256_die_a_slice(heap, "float");
}

// The chain's objects are destroyed by the run, a few a slice, and then the ring is garbage.
static void
what_waits_to_be_destroyed_holds_no_garbage_back(void **state)
{
    enum { LONG = 3000, RING = 5, BUDGET = 10 };
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *link = heap_type(heap, "Link", (const char *const[]){"next", NULL}, 0);
    tn_object *first = ring_new(heap, RING);
    for (int i = 0; i < LONG; i++) {
        tn_object *o = tn_new(heap, link);
        tn_slot_set_steal(o, 0, tn_ref(first));
        first = o;
    }
    tn_set_drop_budget(heap, BUDGET);
    tn_decref(first);
    assert_int_equal(heap_instances(heap, "Link"), LONG - BUDGET);
    expect_at_most_256_die_a_slice(heap, "Link");
    assert_int_equal(heap_instances(heap, "Node"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_huge_list_is_searched_in_short_slices),
        HEAP_TEST(huge_garbage_dies_in_short_slices),
        HEAP_TEST(a_huge_list_of_garbage_dies_in_short_slices),
        HEAP_TEST(a_wide_container_is_emptied_in_parts),
        HEAP_TEST(what_waits_to_be_destroyed_holds_no_garbage_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
