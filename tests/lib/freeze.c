// SPDX-License-Identifier: MIT
//
// The frozen generation: lib/src/gc/freeze.c.
#include "heap_fixture.h"

#include <tenure/containers.h>

// Two nodes that refer to each other, which nothing else holds.
static void
drop_pair(tn_heap *heap, tn_type *type)
{
    tn_object *a = tn_new(heap, type), *b = tn_new(heap, type);
    tn_slot_set(a, 0, tn_ref(b));
    tn_slot_set(b, 0, tn_ref(a));
    tn_decref(a);
    tn_decref(b);
}

static tn_type *
node_type(tn_heap *heap)
{
    static const char *const slots[] = {"other", "more", NULL};
    return heap_type(heap, "Node", slots, TN_WEAK);
}

static tn_gc_population
population_of(tn_heap *heap)
{
    tn_gc_population population;
    tn_gc_get_population(heap, &population);
    return population;
}

static void
expect_counts(tn_heap *heap, size_t first, size_t second, size_t third)
{
    size_t count[TN_GENERATIONS];
    tn_gc_get_count(heap, count);
    assert_int_equal(count[0], first);
    assert_int_equal(count[1], second);
    assert_int_equal(count[2], third);
}

static void
frozen_objects_are_neither_visited_nor_freed(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    drop_pair(heap, node_type(heap));
    assert_int_equal(tn_gc_freeze(heap, false), TN_OK);
    assert_int_equal(population_of(heap).frozen, 2);
    tn_gc_result result;
    assert_int_equal(tn_gc_collect(heap, 2, &result), TN_OK);
    assert_int_equal(result.candidates, 0);
    assert_int_equal(result.collected, 0);
    tn_gc_unfreeze(heap);
    assert_int_equal(heap_collect(heap, 2), 2);
}

static void
freezing_after_a_collection_freezes_no_garbage(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    drop_pair(heap, node_type(heap));
    assert_int_equal(tn_gc_freeze(heap, true), TN_OK);
    assert_int_equal(population_of(heap).frozen, 0);
    assert_int_equal(heap_instances(heap, "Node"), 0);
}

static void
frozen_objects_still_die_by_their_count(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    assert_int_equal(tn_gc_freeze(heap, false), TN_OK);
    assert_int_equal(population_of(heap).frozen_bytes, tn_sizeof(list));
    tn_decref(list);
    assert_int_equal(population_of(heap).frozen, 0);
    assert_int_equal(population_of(heap).frozen_bytes, 0);
}

static void
a_frozen_object_is_tracked_and_of_generation_2(void **state)
{
    tn_object *list = tn_list_new(heap_fixture_heap(state));
    assert_false(tn_gc_is_frozen(list));
    assert_int_equal(tn_gc_freeze(tn_heap_of(list), false), TN_OK);
    assert_true(tn_gc_is_frozen(list));
    assert_true(tn_gc_is_tracked(list));
    assert_int_equal(tn_gc_generation(list), 2);
    tn_decref(list);
}

static void
unfreezing_puts_everything_into_generation_2(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    assert_int_equal(tn_gc_freeze(heap, false), TN_OK);
    tn_gc_unfreeze(heap);
    assert_false(tn_gc_is_frozen(list));
    assert_int_equal(tn_gc_generation(list), 2);
    assert_int_equal(population_of(heap).generation[2], 1);
    assert_int_equal(population_of(heap).frozen, 0);
    tn_decref(list);
}

static void
freezing_twice_adds_what_is_new(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *a = tn_list_new(heap);
    assert_int_equal(tn_gc_freeze(heap, false), TN_OK);
    tn_object *b = tn_list_new(heap);
    assert_int_equal(tn_gc_generation(b), 0);
    assert_int_equal(population_of(heap).frozen, 1);
    assert_int_equal(tn_gc_freeze(heap, false), TN_OK);
    assert_int_equal(population_of(heap).frozen, 2);
    tn_decref(a);
    tn_decref(b);
}

static void
freezing_resets_the_counters(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    heap_collect(heap, 0);
    heap_collect(heap, 1);
    heap_collect(heap, 0);
    tn_object *list = tn_list_new(heap);
    expect_counts(heap, 1, 1, 1);
    assert_int_equal(tn_gc_freeze(heap, false), TN_OK);
    expect_counts(heap, 0, 0, 0);
    tn_decref(list);
}

static void
a_young_cycle_that_a_frozen_object_holds_stays_until_it_lets_go(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *frozen = tn_list_new(heap);
    assert_int_equal(tn_gc_freeze(heap, false), TN_OK);
    tn_object *young = tn_list_new(heap);
    assert_int_equal(tn_list_append(young, tn_ref(young)), TN_OK);
    assert_int_equal(tn_list_append_steal(frozen, tn_ref(young)), TN_OK);
    assert_int_equal(heap_collect(heap, 2), 0);
    tn_list_clear(frozen);
    assert_int_equal(heap_collect(heap, 2), 1);
    tn_decref(frozen);
}

static void
a_thawed_object_returns_to_generation_2_alone(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *a = tn_list_new(heap), *b = tn_list_new(heap);
    assert_int_equal(tn_gc_freeze(heap, false), TN_OK);
    tn_gc_thaw(a);
    assert_false(tn_gc_is_frozen(a));
    assert_true(tn_gc_is_frozen(b));
    assert_int_equal(tn_gc_generation(a), 2);
    assert_int_equal(population_of(heap).generation[2], 1);
    assert_int_equal(population_of(heap).frozen, 1);
    tn_gc_thaw(a); // nothing for one that is not frozen
    assert_int_equal(population_of(heap).generation[2], 1);
    tn_decref(a);
    tn_decref(b);
}

static void
a_dead_cycle_is_collected_once_all_of_it_is_thawed(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = node_type(heap);
    tn_object *a = tn_new(heap, type), *b = tn_new(heap, type);
    tn_slot_set(a, 0, tn_ref(b));
    tn_slot_set(b, 0, tn_ref(a));
    assert_int_equal(tn_gc_freeze(heap, false), TN_OK);
    tn_decref(a);
    tn_gc_thaw(a);
    assert_int_equal(heap_collect(heap, 2), 0);
    tn_gc_thaw(b);
    assert_int_equal(heap_collect(heap, 2), 0); // the test still holds b
    tn_decref(b);
    assert_int_equal(heap_collect(heap, 2), 2);
}

static void
thawing_a_str_or_a_young_list_does_nothing(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *str = heap_str(heap, "leaf"), *list = tn_list_new(heap);
    tn_gc_thaw(str);
    tn_gc_thaw(list);
    assert_false(tn_gc_is_tracked(str));
    assert_int_equal(tn_gc_generation(list), 0);
    tn_decref(str);
    tn_decref(list);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(frozen_objects_are_neither_visited_nor_freed),
        HEAP_TEST(freezing_after_a_collection_freezes_no_garbage),
        HEAP_TEST(frozen_objects_still_die_by_their_count),
        HEAP_TEST(a_frozen_object_is_tracked_and_of_generation_2),
        HEAP_TEST(unfreezing_puts_everything_into_generation_2),
        HEAP_TEST(freezing_twice_adds_what_is_new),
        HEAP_TEST(freezing_resets_the_counters),
        HEAP_TEST(a_young_cycle_that_a_frozen_object_holds_stays_until_it_lets_go),
        HEAP_TEST(a_thawed_object_returns_to_generation_2_alone),
        HEAP_TEST(a_dead_cycle_is_collected_once_all_of_it_is_thawed),
        HEAP_TEST(thawing_a_str_or_a_young_list_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
