// SPDX-License-Identifier: MIT
//
// 1F: statistics, introspection, freezing.
#include "recorder.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <tenure/containers.h>
#include <time.h>
#include <unistd.h>

static tn_gc_stats
stats_of(tn_heap *heap, int generation)
{
    tn_gc_stats stats[TN_GENERATIONS];
    tn_gc_get_stats(heap, stats);
    return stats[generation];
}

static tn_gc_population
population_of(tn_heap *heap)
{
    tn_gc_population population;
    tn_gc_get_population(heap, &population);
    return population;
}

static void
freeze(tn_heap *heap, bool collect_first)
{
    assert_int_equal(tn_gc_freeze(heap, collect_first), TN_OK);
}

// --- Statistics ----------------------------------------------------------------------------------

static void
statistics_add_up_in_the_generation_that_was_asked_for_62(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (int generation = 0; generation < TN_GENERATIONS; generation++)
        for (int i = 0; i <= generation; i++) {
            recorder_ring(&log, 1, 2);
            assert_int_equal(heap_collect(log.heap, generation), 2);
        }
    for (int generation = 0; generation < TN_GENERATIONS; generation++) {
        tn_gc_stats stats = stats_of(log.heap, generation);
        assert_int_equal(stats.collections, generation + 1);
        assert_int_equal(stats.collected, 2 * (generation + 1));
        assert_int_equal(stats.uncollectable, 0);
    }
}

static void
collections_by_themselves_count_as_well_62(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_gc_settings settings = {true, {2, 10, 10}, 0};
    assert_int_equal(tn_gc_set_settings(heap, &settings, 0), TN_OK);
    tn_object *list = tn_list_new(heap);
    for (int i = 0; i < 3; i++)
        assert_int_equal(tn_list_append_steal(list, tn_ref(tn_list_new(heap))), TN_OK);
    assert_int_equal(stats_of(heap, 0).collections, 1);
    tn_decref(list);
}

// In nanoseconds, where CPython has seconds.
static void
candidates_and_time_add_up_too_63(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *live = recorder_new(&log, 9);
    uint64_t ns = 0;
    for (int i = 0; i < 2; i++) {
        tn_gc_result result;
        recorder_ring(&log, 1, 2);
        assert_int_equal(tn_gc_collect(log.heap, 2, &result), TN_OK);
        assert_int_equal(result.candidates, 3);
        ns += result.ns;
    }
    assert_int_equal(stats_of(log.heap, 2).candidates, 6);
    assert_true(ns > 0);
    assert_int_equal(stats_of(log.heap, 2).ns, ns);
    tn_decref(live);
}

// What one process shows to others.
typedef struct board {
    size_t count;
    struct board_row {
        uint64_t start_ns, stop_ns;
        tn_gc_info info;
    } rows[8];
} board;

static uint64_t
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void
write_row(tn_gc_phase phase, const tn_gc_info *info, void *arg)
{
    board *b = arg;
    struct board_row *row = &b->rows[b->count];
    if (phase == TN_GC_START) {
        row->start_ns = now_ns();
        return;
    }
    row->stop_ns = now_ns();
    row->info = *info;
    b->count++;
}

static void
collect_garbage(tn_heap *heap)
{
    recorder_log log;
    recorder_init(&log, heap);
    recorder_ring(&log, 1, 3);
    heap_collect(heap, 0);
    heap_collect(heap, 2);
}

// CPython keeps its records where a debugger finds them in the interpreter's memory. A library
// leaves it to the program where they are kept, and how many; the callbacks have all of it.
static void
another_process_can_read_a_record_of_each_collection_64(void **state)
{
    board *b = mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(b, MAP_FAILED);
    tn_heap *heap = heap_fixture_heap(state);
    pid_t child = fork();
    if (child == 0) {
        bool added = tn_gc_add_callback(heap, write_row, b) == TN_OK;
        collect_garbage(heap);
        _exit(added ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(b->count, 2);
    assert_int_equal(b->rows[0].info.collected, 3);
    assert_int_equal(b->rows[1].info.generation, 2);
    assert_true(b->rows[0].start_ns + b->rows[0].info.ns <= b->rows[0].stop_ns);
    assert_true(b->rows[0].stop_ns <= b->rows[1].start_ns);
    munmap(b, sizeof *b);
}

// --- Freezing ------------------------------------------------------------------------------------

// Not in constant time, which is paid for by the planes: O(pages).
static void
what_is_frozen_is_neither_counted_nor_looked_at_65(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *kept[TN_GENERATIONS];
    for (int i = 0; i < TN_GENERATIONS; i++) {
        kept[i] = recorder_new(&log, i);
        heap_collect(log.heap, 1); // the first ends up in generation 2
    }
    size_t count[TN_GENERATIONS];
    freeze(log.heap, false);
    tn_gc_get_count(log.heap, count);
    tn_gc_population p = population_of(log.heap);
    for (int i = 0; i < TN_GENERATIONS; i++) {
        assert_true(tn_gc_is_frozen(kept[i]));
        assert_int_equal(count[i] + p.generation[i], 0);
    }
    tn_gc_result result;
    assert_int_equal(tn_gc_collect_exhaustive(log.heap, 2, &result), TN_OK);
    assert_int_equal(result.candidates + result.visited, 0);
    for (int i = 0; i < TN_GENERATIONS; i++)
        tn_decref(kept[i]);
}

static void
frozen_garbage_stays_until_it_is_unfrozen_66(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    recorder_ring(&log, 1, 2);
    freeze(log.heap, false);
    assert_int_equal(heap_collect(log.heap, 2), 0);
    tn_gc_unfreeze(log.heap);
    assert_int_equal(heap_collect(log.heap, 2), 2);
    recorder_ring(&log, 1, 2);
    freeze(log.heap, true); // this idiom of Python is an argument here
    assert_int_equal(recorder_alive(&log), 0);
}

// Constant time here.
static void
the_count_of_the_frozen_falls_when_one_dies_67(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *a = tn_list_new(heap), *b = tn_list_new(heap);
    freeze(heap, false);
    assert_int_equal(population_of(heap).frozen, 2);
    tn_decref(a);
    assert_int_equal(population_of(heap).frozen, 1);
    tn_decref(b);
    assert_int_equal(population_of(heap).frozen, 0);
}

static void
whatever_was_frozen_comes_back_into_generation_2_68(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *old = tn_list_new(heap);
    heap_collect(heap, 0);
    tn_object *young = tn_list_new(heap);
    assert_int_equal(tn_gc_generation(old), 1);
    assert_int_equal(tn_gc_generation(young), 0);
    freeze(heap, false);
    tn_gc_unfreeze(heap);
    assert_int_equal(population_of(heap).generation[2], 2);
    assert_int_equal(tn_gc_generation(old), 2);
    assert_int_equal(tn_gc_generation(young), 2);
    tn_decref(old);
    tn_decref(young);
}

static void
what_a_frozen_object_refers_to_lives_until_it_lets_go_69(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *frozen = recorder_new(&log, 9);
    freeze(log.heap, false);
    tn_slot_set(frozen, 0, tn_ref(recorder_ring(&log, 1, 2)));
    for (int generation = 0; generation < TN_GENERATIONS; generation++)
        assert_int_equal(heap_collect(log.heap, generation), 0);
    tn_slot_set(frozen, 0, TN_ABSENT);
    assert_int_equal(heap_collect(log.heap, 2), 2);
    tn_decref(frozen);
}

static void
freezing_again_adds_to_what_is_frozen_and_may_still_change_70(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *first = tn_list_new(heap);
    freeze(heap, false);
    tn_object *second = tn_list_new(heap);
    freeze(heap, false);
    assert_int_equal(population_of(heap).frozen, 2);
    assert_int_equal(tn_list_append_steal(first, tn_ref(second)), TN_OK);
    tn_list_clear(first);
    assert_int_equal(population_of(heap).frozen, 1);
    tn_decref(first);
}

// --- Who is there, and who refers to whom --------------------------------------------------------

static size_t
objects_in(tn_heap *heap, int generation)
{
    tn_object *list;
    assert_int_equal(tn_objects_get(heap, generation, &list), TN_OK);
    size_t len = tn_list_len(list);
    for (size_t i = 0; i < len; i++)
        assert_false(tn_is(tn_list_borrow(list, i), tn_ref(list)));
    tn_decref(list);
    return len;
}

// Of a type other than int no argument can be.
static void
the_objects_of_a_generation_come_as_a_list_that_is_not_in_it_71(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *kept[TN_GENERATIONS], *list;
    for (int i = 0; i < TN_GENERATIONS; i++) {
        heap_collect(heap, 1);
        kept[i] = tn_list_new(heap);
    }
    assert_int_equal(objects_in(heap, 0), 1);
    assert_int_equal(objects_in(heap, 1), 0);
    assert_int_equal(objects_in(heap, 2), 2);
    assert_int_equal(objects_in(heap, TN_ALL_GENERATIONS), 3);
    assert_int_equal(tn_objects_get(heap, 0, &list), TN_OK);
    assert_int_equal(tn_refcount(kept[2]), 2);
    tn_decref(list);
    assert_int_equal(tn_objects_get(heap, TN_GENERATIONS, &list), TN_EINVAL);
    assert_int_equal(tn_objects_get(heap, -2, &list), TN_EINVAL);
    freeze(heap, false);
    assert_int_equal(objects_in(heap, TN_ALL_GENERATIONS), 0);
    for (int i = 0; i < TN_GENERATIONS; i++)
        tn_decref(kept[i]);
}

static const tn_reference *
row_of(const tn_reference *rows, size_t count, const tn_object *holder)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].holder == holder)
            return &rows[i];
    fail_msg("the holder is not among the referrers");
    return NULL;
}

// CPython leaves out holders that are frozen or not tracked, and does not say where they hold it.
static void
referrers_are_found_whatever_they_are_and_with_the_place_72(void **state)
{
    static const char *const slots[] = {"text", NULL};
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *str = heap_str(heap, "text"), *frozen = tn_list_new(heap);
    assert_int_equal(tn_list_append(frozen, tn_ref(str)), TN_OK);
    freeze(heap, false);
    tn_value item = tn_ref(str);
    tn_object *tuple = tn_tuple_new(heap, &item, 1), *dict = tn_dict_new(heap);
    assert_false(tn_gc_is_tracked(tuple));
    assert_int_equal(tn_dict_set(dict, tn_int(1), tn_ref(frozen)), TN_OK);
    tn_object *node = tn_new(heap, heap_type(heap, "Node", slots, 0));
    tn_slot_set(node, 0, item);
    tn_reference rows[8];
    tn_object *asked[2] = {str, frozen};
    size_t count = tn_referrers_get(asked, 2, rows, 8);
    assert_int_equal(count, 4);
    assert_true(row_of(rows, count, frozen)->frozen);
    assert_string_equal(row_of(rows, count, frozen)->place, "[0]");
    assert_string_equal(row_of(rows, count, tuple)->place, "[0]");
    assert_string_equal(row_of(rows, count, node)->place, ".text");
    assert_false(row_of(rows, count, dict)->frozen);
    assert_int_equal(tn_referrers_get(asked, 2, rows, 1), 4);
    assert_int_equal(tn_referrers_get(NULL, 0, rows, 8), 0);
    tn_object *all[] = {str, frozen, tuple, dict, node};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        tn_decref(all[i]);
}

static void
referents_come_once_for_each_reference_73(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *str = heap_str(heap, "text"), *list = tn_list_new(heap), *rows[8];
    tn_value items[] = {tn_ref(str), tn_int(7), tn_ref(str), TN_NONE};
    tn_object *tuple = tn_tuple_new(heap, items, 4);
    assert_int_equal(tn_list_append(list, tn_ref(tuple)), TN_OK);
    tn_object *asked[] = {list, tuple, str};
    assert_int_equal(tn_referents_get(asked, 3, rows, 8), 3);
    assert_ptr_equal(rows[0], tuple);
    assert_ptr_equal(rows[1], str);
    assert_ptr_equal(rows[2], str);
    assert_int_equal(tn_referents_get(&str, 1, rows, 8), 0);
    assert_int_equal(tn_referents_get(NULL, 0, rows, 8), 0);
    tn_object *weakmap = tn_weakmap_new(heap); // not tracked
    assert_int_equal(tn_referents_get(&weakmap, 1, rows, 8), 0);
    tn_decref(weakmap);
    tn_decref(list);
    tn_decref(tuple);
    tn_decref(str);
}

static void
look_for_the_dying(tn_object *o, void *live)
{
    tn_object *list;
    tn_reference rows[8];
    assert_int_equal(tn_objects_get(tn_heap_of(o), TN_ALL_GENERATIONS, &list), TN_OK);
    assert_int_equal(tn_list_len(list), 1);
    assert_true(tn_is(tn_list_borrow(list, 0), tn_ref(live)));
    tn_decref(list);
    assert_int_equal(tn_referrers_get(&o, 1, rows, 8), 0);
}

static void
what_is_being_collected_is_not_shown_74(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *live = tn_list_new(log.heap), *first = recorder_ring(&log, 1, 3);
    recorder_at_end(first, look_for_the_dying, live);
    assert_int_equal(heap_collect(log.heap, 2), 3);
    recorder_expect(&log, "F1 F2 F3 D1 D2 D3");
    tn_decref(live);
}

static bool
count_three(tn_object *o, void *arg)
{
    assert_int_equal(tn_gc_collect(tn_heap_of(o), 0, NULL), TN_EBUSY);
    tn_decref(tn_list_new(tn_heap_of(o))); // more than the threshold
    tn_decref(tn_list_new(tn_heap_of(o)));
    return ++*(int *)arg < 3;
}

static void
a_visitor_sees_all_until_it_stops_and_no_collection_runs_75(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_gc_settings settings = {true, {1, 10, 10}, 0};
    tn_object *frozen = tn_list_new(heap);
    freeze(heap, false);
    tn_object *a = tn_list_new(heap), *b = tn_list_new(heap);
    assert_int_equal(tn_gc_set_settings(heap, &settings, 0), TN_OK);
    int seen = 0;
    tn_objects_visit(heap, count_three, &seen);
    assert_int_equal(seen, 3);
    assert_int_equal(stats_of(heap, 0).collections, 0);
    seen = 1;
    tn_objects_visit(heap, count_three, &seen);
    assert_int_equal(seen, 3); // stopped after two
    tn_decref(frozen);
    tn_decref(a);
    tn_decref(b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(statistics_add_up_in_the_generation_that_was_asked_for_62),
        HEAP_TEST(collections_by_themselves_count_as_well_62),
        HEAP_TEST(candidates_and_time_add_up_too_63),
        HEAP_TEST(another_process_can_read_a_record_of_each_collection_64),
        HEAP_TEST(what_is_frozen_is_neither_counted_nor_looked_at_65),
        HEAP_TEST(frozen_garbage_stays_until_it_is_unfrozen_66),
        HEAP_TEST(the_count_of_the_frozen_falls_when_one_dies_67),
        HEAP_TEST(whatever_was_frozen_comes_back_into_generation_2_68),
        HEAP_TEST(what_a_frozen_object_refers_to_lives_until_it_lets_go_69),
        HEAP_TEST(freezing_again_adds_to_what_is_frozen_and_may_still_change_70),
        HEAP_TEST(the_objects_of_a_generation_come_as_a_list_that_is_not_in_it_71),
        HEAP_TEST(referrers_are_found_whatever_they_are_and_with_the_place_72),
        HEAP_TEST(referents_come_once_for_each_reference_73),
        HEAP_TEST(what_is_being_collected_is_not_shown_74),
        HEAP_TEST(a_visitor_sees_all_until_it_stops_and_no_collection_runs_75),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
