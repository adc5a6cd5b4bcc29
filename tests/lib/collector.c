// SPDX-License-Identifier: MIT
//
// The collector and its generations: lib/src/gc/collect.c, exhaustive.c, finish.c, generations.c.
// Random graphs: random_graph.c.
#include "witness.h"

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

// --- What is found -------------------------------------------------------------------------------

static void
an_empty_heap_has_nothing_to_collect(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    for (int generation = 0; generation < TN_GENERATIONS; generation++)
        assert_int_equal(heap_collect(heap, generation), 0);
}

static void
a_generation_that_does_not_exist_is_refused(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_gc_result result;
    assert_int_equal(tn_gc_collect(heap, -1, &result), TN_EINVAL);
    assert_int_equal(tn_gc_collect(heap, TN_GENERATIONS, &result), TN_EINVAL);
    assert_int_equal(tn_gc_collect(heap, 2, NULL), TN_OK);
}

static void
two_nodes_that_refer_to_each_other_stay_until_they_are_collected(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    drop_pair(heap, node_type(heap));
    assert_int_equal(heap_instances(heap, "Node"), 2);
    assert_int_equal(heap_collect(heap, 2), 2);
    assert_int_equal(heap_instances(heap, "Node"), 0);
}

static void
a_list_that_holds_itself_is_one_object(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    assert_int_equal(tn_list_append(list, tn_ref(list)), TN_OK);
    assert_int_equal(tn_list_append(list, tn_ref(list)), TN_OK);
    tn_decref(list);
    assert_int_equal(heap_collect(heap, 2), 1);
}

static void
what_hangs_off_a_dead_cycle_counts_as_well(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap), *dict = tn_dict_new(heap), *inner = tn_list_new(heap);
    assert_int_equal(tn_list_append(list, tn_ref(list)), TN_OK);
    assert_int_equal(tn_dict_set(dict, tn_int(1), tn_ref(inner)), TN_OK);
    assert_int_equal(tn_list_append_steal(list, tn_ref(dict)), TN_OK);
    tn_decref(inner);
    tn_decref(list);
    assert_int_equal(heap_collect(heap, 2), 3);
}

static void
strings_that_hang_off_a_dead_cycle_die_but_do_not_count(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    assert_int_equal(tn_list_append(list, tn_ref(list)), TN_OK);
    assert_int_equal(tn_list_append_steal(list, tn_ref(heap_str(heap, "leaf"))), TN_OK);
    tn_decref(list);
    assert_int_equal(heap_collect(heap, 2), 1);
    assert_int_equal(heap_instances(heap, "str"), 0);
}

static void
what_a_reference_from_outside_reaches_stays(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = node_type(heap);
    tn_object *a = tn_new(heap, type), *b = tn_new(heap, type), *c = tn_new(heap, type);
    tn_slot_set(a, 0, tn_ref(b));
    tn_slot_set(b, 0, tn_ref(a));
    tn_slot_set_steal(b, 1, tn_ref(c)); // held by the cycle only
    tn_decref(a);
    assert_int_equal(heap_collect(heap, 2), 0);
    assert_int_equal(tn_refcount(c), 1);
    tn_decref(b);
    assert_int_equal(heap_collect(heap, 2), 3);
}

static void
the_result_says_what_was_done(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = node_type(heap);
    tn_object *alive = tn_new(heap, type);
    size_t before = heap_current(heap);
    drop_pair(heap, type);
    size_t garbage = heap_current(heap) - before;
    tn_gc_result result;
    assert_int_equal(tn_gc_collect(heap, 2, &result), TN_OK);
    assert_int_equal(result.collected, 2);
    assert_int_equal(result.uncollectable, 0);
    assert_int_equal(result.candidates, 3);
    assert_true(result.visited >= 2);
    assert_int_equal(result.bytes_freed, garbage);
    assert_true(result.ns >= result.count_ns + result.rescue_ns + result.finish_ns);
    tn_decref(alive);
}

// --- Deaths in a collection ----------------------------------------------------------------------

static void
weak_references_to_what_was_collected_are_dead(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *a = tn_new(heap, node_type(heap)), *weak = NULL;
    tn_slot_set(a, 0, tn_ref(a));
    assert_int_equal(tn_weak_new(a, &weak), TN_OK);
    tn_decref(a);
    assert_int_equal(heap_collect(heap, 2), 1);
    assert_null(tn_weak_get(weak));
    tn_decref(weak);
}

static void
a_weak_reference_reopens_a_dead_cycle_until_it_is_collected(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *a = tn_new(heap, node_type(heap)), *weak = NULL;
    tn_slot_set(a, 0, tn_ref(a));
    assert_int_equal(tn_weak_new(a, &weak), TN_OK);
    tn_decref(a);
    tn_object *strong = tn_weak_get(weak);
    assert_ptr_equal(strong, a);
    assert_int_equal(heap_collect(heap, 2), 0);
    tn_decref(strong);
    assert_int_equal(heap_collect(heap, 2), 1);
    tn_decref(weak);
}

static void
a_weak_reference_inside_the_garbage_dies_with_it(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *a = tn_new(heap, node_type(heap)), *weak = NULL;
    tn_slot_set(a, 0, tn_ref(a));
    assert_int_equal(tn_weak_new(a, &weak), TN_OK);
    tn_slot_set_steal(a, 1, tn_ref(weak));
    tn_decref(a);
    assert_int_equal(heap_collect(heap, 2), 1);
}

static void
map_entries_of_what_was_collected_are_gone(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = node_type(heap);
    tn_object *map = tn_weakmap_new(heap), *dead = tn_new(heap, type), *live = tn_new(heap, type);
    tn_slot_set(dead, 0, tn_ref(dead));
    assert_int_equal(tn_weakmap_set(map, tn_int(1), dead), TN_OK);
    assert_int_equal(tn_weakmap_set(map, tn_int(2), live), TN_OK);
    tn_decref(dead);
    assert_int_equal(tn_weakmap_len(map), 2);
    assert_int_equal(heap_collect(heap, 2), 1);
    assert_int_equal(tn_weakmap_len(map), 1);
    assert_ptr_equal(tn_weakmap_borrow(map, tn_int(2)), live);
    tn_decref(live);
    tn_decref(map);
}

static void
each_object_of_a_dead_cycle_dies_once(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = witness_type(heap);
    witness_log log = {.count = 0};
    tn_object *first = witness_new(heap, type, &log, 0), *last = first;
    for (int number = 1; number < 10; number++) {
        tn_object *next = witness_new(heap, type, &log, number);
        tn_slot_set_steal(last, 0, tn_ref(next));
        last = next;
    }
    tn_slot_set_steal(last, 0, tn_ref(first)); // the last outside reference goes into the ring
    assert_int_equal(heap_collect(heap, 0), 10);
    assert_int_equal(log.count, 10);
}

static void
a_long_ring_is_collected_without_recursion(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = node_type(heap);
    size_t count = support_scaled(1000000);
    tn_object *first = tn_new(heap, type), *last = first;
    for (size_t i = 1; i < count; i++) {
        tn_object *next = tn_new(heap, type);
        tn_slot_set_steal(last, 0, tn_ref(next));
        last = next;
    }
    assert_int_equal(heap_collect(heap, 2), 0); // reaches a million deep from one
    tn_slot_set_steal(last, 0, tn_ref(first));
    assert_int_equal(heap_collect(heap, 2), count);
}

typedef struct prober {
    tn_err *answer;
} prober;

static void
prober_clear(tn_object *o)
{
    prober *p = tn_payload(o);
    *p->answer = tn_gc_collect(tn_heap_of(o), 2, NULL);
}

static void
prober_traverse(tn_object *o, tn_visit *visit, void *arg)
{
}

static void
a_collection_inside_a_collection_is_refused(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_err answer = TN_OK;
    tn_type_spec spec = {.name = "Prober", .native = sizeof(prober), .clear = prober_clear};
    spec.traverse = prober_traverse;
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    tn_object *ring = tn_list_new(heap), *probe = tn_new(heap, type);
    ((prober *)tn_payload(probe))->answer = &answer;
    assert_int_equal(tn_list_append(ring, tn_ref(ring)), TN_OK);
    assert_int_equal(tn_list_append_steal(ring, tn_ref(probe)), TN_OK);
    tn_decref(ring);
    assert_int_equal(heap_collect(heap, 2), 2);
    assert_int_equal(answer, TN_EBUSY);
}

// --- Generations ---------------------------------------------------------------------------------

static void
survivors_move_up_one_generation_a_collection(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *o = tn_list_new(heap);
    assert_int_equal(tn_gc_generation(o), 0);
    heap_collect(heap, 0);
    assert_int_equal(tn_gc_generation(o), 1);
    heap_collect(heap, 0); // does not look at generation 1
    assert_int_equal(tn_gc_generation(o), 1);
    heap_collect(heap, 1);
    assert_int_equal(tn_gc_generation(o), 2);
    heap_collect(heap, 2);
    assert_int_equal(tn_gc_generation(o), 2);
    tn_decref(o);
}

static void
collecting_an_older_generation_takes_the_younger_ones_along(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    for (int generation = 1; generation < TN_GENERATIONS; generation++) {
        tn_object *o = tn_list_new(heap);
        heap_collect(heap, generation);
        assert_int_equal(tn_gc_generation(o), 2);
        tn_decref(o);
    }
}

static void
garbage_of_an_older_generation_waits_for_its_turn(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    assert_int_equal(tn_list_append(list, tn_ref(list)), TN_OK);
    heap_collect(heap, 1);
    tn_decref(list);
    assert_int_equal(heap_collect(heap, 0), 0);
    assert_int_equal(heap_collect(heap, 1), 0);
    assert_int_equal(heap_collect(heap, 2), 1);
}

static void
a_young_cycle_that_old_garbage_holds_stays_in_a_young_collection(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *old = tn_list_new(heap);
    assert_int_equal(tn_list_append(old, tn_ref(old)), TN_OK);
    heap_collect(heap, 2);
    tn_object *young = tn_list_new(heap);
    assert_int_equal(tn_list_append(young, tn_ref(young)), TN_OK);
    assert_int_equal(tn_list_append_steal(old, tn_ref(young)), TN_OK);
    tn_decref(old);
    assert_int_equal(heap_collect(heap, 0), 0);
    assert_int_equal(tn_gc_generation(young), 1);
    assert_int_equal(heap_collect(heap, 2), 2);
}

static void
the_population_follows_births_promotions_and_deaths(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *a = tn_list_new(heap), *str = heap_str(heap, "untracked");
    heap_collect(heap, 0);
    tn_object *b = tn_list_new(heap), *c = tn_list_new(heap);
    tn_gc_population population = population_of(heap);
    assert_int_equal(population.generation[0], 2);
    assert_int_equal(population.generation[1], 1);
    assert_int_equal(population.generation[2], 0);
    tn_decref(b);
    assert_int_equal(population_of(heap).generation[0], 1);
    heap_collect(heap, 2);
    assert_int_equal(population_of(heap).generation[2], 2);
    tn_decref(a);
    tn_decref(c);
    tn_decref(str);
    assert_int_equal(population_of(heap).generation[2], 0);
}

// --- Counters ------------------------------------------------------------------------------------

static void
the_first_counter_is_births_less_deaths_and_never_negative(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *a = tn_list_new(heap), *b = tn_list_new(heap), *str = heap_str(heap, "leaf");
    expect_counts(heap, 2, 0, 0);
    tn_decref(a);
    expect_counts(heap, 1, 0, 0);
    heap_collect(heap, 0);
    expect_counts(heap, 0, 1, 0);
    tn_decref(b);
    expect_counts(heap, 0, 1, 0);
    tn_decref(str);
}

static void
a_collection_resets_its_counters_and_raises_the_next(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    heap_collect(heap, 0);
    heap_collect(heap, 0);
    expect_counts(heap, 0, 2, 0);
    heap_collect(heap, 1);
    expect_counts(heap, 0, 0, 1);
    heap_collect(heap, 0);
    heap_collect(heap, 2);
    expect_counts(heap, 0, 0, 0);
}

static void
statistics_add_up_under_the_generation_that_was_asked_for(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = node_type(heap);
    tn_gc_stats stats[TN_GENERATIONS];
    drop_pair(heap, type);
    heap_collect(heap, 0);
    drop_pair(heap, type);
    drop_pair(heap, type);
    heap_collect(heap, 2);
    heap_collect(heap, 2);
    tn_gc_get_stats(heap, stats);
    assert_int_equal(stats[0].collections, 1);
    assert_int_equal(stats[0].collected, 2);
    assert_int_equal(stats[1].collections, 0);
    assert_int_equal(stats[2].collections, 2);
    assert_int_equal(stats[2].collected, 4);
    assert_int_equal(stats[2].candidates, 4);
    assert_int_equal(stats[2].uncollectable, 0);
    assert_true(stats[2].ns >= stats[2].longest_ns && stats[2].longest_ns >= stats[2].last_ns);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(an_empty_heap_has_nothing_to_collect),
        HEAP_TEST(a_generation_that_does_not_exist_is_refused),
        HEAP_TEST(two_nodes_that_refer_to_each_other_stay_until_they_are_collected),
        HEAP_TEST(a_list_that_holds_itself_is_one_object),
        HEAP_TEST(what_hangs_off_a_dead_cycle_counts_as_well),
        HEAP_TEST(strings_that_hang_off_a_dead_cycle_die_but_do_not_count),
        HEAP_TEST(what_a_reference_from_outside_reaches_stays),
        HEAP_TEST(the_result_says_what_was_done),
        HEAP_TEST(weak_references_to_what_was_collected_are_dead),
        HEAP_TEST(a_weak_reference_reopens_a_dead_cycle_until_it_is_collected),
        HEAP_TEST(a_weak_reference_inside_the_garbage_dies_with_it),
        HEAP_TEST(map_entries_of_what_was_collected_are_gone),
        HEAP_TEST(each_object_of_a_dead_cycle_dies_once),
        HEAP_TEST(a_long_ring_is_collected_without_recursion),
        HEAP_TEST(a_collection_inside_a_collection_is_refused),
        HEAP_TEST(survivors_move_up_one_generation_a_collection),
        HEAP_TEST(collecting_an_older_generation_takes_the_younger_ones_along),
        HEAP_TEST(garbage_of_an_older_generation_waits_for_its_turn),
        HEAP_TEST(a_young_cycle_that_old_garbage_holds_stays_in_a_young_collection),
        HEAP_TEST(the_population_follows_births_promotions_and_deaths),
        HEAP_TEST(the_first_counter_is_births_less_deaths_and_never_negative),
        HEAP_TEST(a_collection_resets_its_counters_and_raises_the_next),
        HEAP_TEST(statistics_add_up_under_the_generation_that_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
