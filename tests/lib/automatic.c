// SPDX-License-Identifier: MIT
//
// When a collection runs by itself, and of which generation: lib/src/gc/automatic.c, and
// do_chores in object.c. The same rule over a million objects: automatic_rule.c.
#include "recorder.h"

#include <tenure/containers.h>

// Every collection of the heap: generation and number of candidates.
typedef struct journal {
    tn_heap *heap;
    size_t runs[TN_GENERATIONS];
    size_t total;
    int generation;    // of the last one
    size_t candidates; // of the last one
} journal;

static void
write_down(tn_gc_phase phase, const tn_gc_info *info, void *arg)
{
    journal *j = arg;
    if (phase == TN_GC_START)
        return;
    j->runs[info->generation]++;
    j->total++;
    j->generation = info->generation;
    j->candidates = info->candidates;
}

static void
journal_init(journal *j, tn_heap *heap)
{
    *j = (journal){.heap = heap, .generation = -1};
    assert_int_equal(tn_gc_add_callback(heap, write_down, j), TN_OK);
}

static void
enable(tn_heap *heap, size_t first, size_t second, size_t third)
{
    tn_gc_settings settings = {true, {first, second, third}, 0};
    assert_int_equal(tn_gc_set_settings(heap, &settings, 0), TN_OK);
}

static void
enable_bytes(tn_heap *heap, size_t bytes)
{
    tn_gc_settings settings = {true, {0, 10, 10}, bytes};
    assert_int_equal(tn_gc_set_settings(heap, &settings, 0), TN_OK);
}

static void
make_and_drop(tn_heap *heap, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tn_decref(tn_list_new(heap));
}

static void
drop_cycle(tn_heap *heap)
{
    tn_object *list = tn_list_new(heap);
    assert_int_equal(tn_list_append_steal(list, tn_ref(list)), TN_OK);
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

// --- The counter of generation 0 -----------------------------------------------------------------

static void
a_fresh_heap_never_collects_by_itself(void **state)
{
    journal j;
    journal_init(&j, heap_fixture_heap(state));
    for (int i = 0; i < 5000; i++)
        drop_cycle(j.heap);
    assert_int_equal(j.total, 0);
    assert_int_equal(heap_collect(j.heap, 2), 5000);
}

static void
the_counter_has_to_exceed_the_threshold_39(void **state)
{
    journal j;
    journal_init(&j, heap_fixture_heap(state));
    enable(j.heap, 5, 10, 10);
    tn_object *live = heap_live_lists(j.heap, NULL, 6); // the sixth was made with five there
    assert_int_equal(j.total, 0);
    expect_counts(j.heap, 6, 0, 0);
    live = heap_live_lists(j.heap, live, 1);
    assert_int_equal(j.total, 1);
    assert_int_equal(j.generation, 0);
    assert_int_equal(j.candidates, 6); // not the one that is being made
    expect_counts(j.heap, 1, 1, 0);
    assert_int_equal(tn_gc_generation(live), 0);
    live = heap_live_lists(j.heap, live, 5);
    assert_int_equal(j.total, 1);
    live = heap_live_lists(j.heap, live, 1);
    assert_int_equal(j.total, 2);
    tn_decref(live);
}

static void
deaths_lower_the_counter_but_not_below_zero_36(void **state)
{
    journal j;
    journal_init(&j, heap_fixture_heap(state));
    tn_object *old = heap_live_lists(j.heap, NULL, 100);
    assert_int_equal(heap_collect(j.heap, 0), 0);
    enable(j.heap, 5, 10, 10);
    make_and_drop(j.heap, 1000);
    expect_counts(j.heap, 0, 1, 0);
    tn_decref(old);
    expect_counts(j.heap, 0, 1, 0);
    tn_object *live = heap_live_lists(j.heap, NULL, 6);
    expect_counts(j.heap, 6, 1, 0);
    assert_int_equal(j.total, 1); // only the one that was asked for
    tn_decref(live);
}

static void
what_is_not_tracked_does_not_count(void **state)
{
    journal j;
    journal_init(&j, heap_fixture_heap(state));
    enable(j.heap, 5, 10, 10);
    tn_object *kept[100];
    for (int i = 0; i < 100; i++)
        kept[i] = i % 2 == 0 ? heap_str(j.heap, "x") : tn_tuple_new(j.heap, NULL, 0);
    expect_counts(j.heap, 0, 0, 0);
    assert_int_equal(j.total, 0);
    for (int i = 0; i < 100; i++)
        tn_decref(kept[i]);
}

static void
a_threshold_of_zero_is_never(void **state)
{
    journal j;
    journal_init(&j, heap_fixture_heap(state));
    enable(j.heap, 0, 0, 0);
    tn_object *live = heap_live_lists(j.heap, NULL, 5000);
    assert_int_equal(j.total, 0);
    tn_decref(live);
}

static void
disabled_only_means_not_by_itself_46(void **state)
{
    journal j;
    journal_init(&j, heap_fixture_heap(state));
    enable(j.heap, 5, 10, 10);
    assert_int_equal(tn_gc_disable(j.heap, 0), TN_OK);
    for (int i = 0; i < 100; i++)
        drop_cycle(j.heap);
    assert_int_equal(j.total, 0);
    assert_int_equal(heap_collect(j.heap, 0), 100);
    for (int i = 0; i < 100; i++)
        drop_cycle(j.heap);
    assert_int_equal(tn_gc_enable(j.heap, 0), TN_OK); // the next object pays for what was missed
    tn_decref(tn_list_new(j.heap));
    assert_int_equal(j.total, 2);
    assert_int_equal(j.candidates, 100);
}

// --- Which generation ----------------------------------------------------------------------------

static void
explicit_collections_move_the_counters_as_well_37_38(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    heap_collect(heap, 0);
    heap_collect(heap, 0);
    expect_counts(heap, 0, 2, 0);
    heap_collect(heap, 1);
    expect_counts(heap, 0, 0, 1);
    heap_collect(heap, 0);
    expect_counts(heap, 0, 1, 1);
    heap_collect(heap, 2);
    expect_counts(heap, 0, 0, 0);
}

static void
the_oldest_generation_above_its_threshold_is_collected_40(void **state)
{
    journal j;
    journal_init(&j, heap_fixture_heap(state));
    enable(j.heap, 9, 2, 1);
    static const int expected[] = {0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0, 0, 1};
    tn_object *live = heap_live_lists(j.heap, NULL, 1);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        live = heap_live_lists(j.heap, live, 10);
        assert_int_equal(j.total, i + 1);
        assert_int_equal(j.generation, expected[i]);
    }
    tn_decref(live);
}

// A heap of [old] objects of generation 2, known to the collector; then [young] more have survived
// a collection of generation 1, and the next object asks. Returns the generation that is chosen.
static int
choose_with(tn_heap *heap, size_t old, size_t young)
{
    journal j;
    journal_init(&j, heap);
    tn_object *live = heap_live_lists(heap, NULL, old);
    heap_collect(heap, 2);
    tn_object *more = heap_live_lists(heap, NULL, young);
    heap_collect(heap, 1);
    enable(heap, 1, 10, 0);
    more = heap_live_lists(heap, more, 3);
    assert_int_equal(tn_gc_disable(heap, 0), TN_OK);
    assert_int_equal(j.total, 3);
    assert_int_equal(tn_gc_remove_callback(heap, write_down, &j), TN_OK);
    tn_decref(live);
    tn_decref(more);
    return j.generation;
}

static void
all_are_collected_once_a_quarter_is_new_41_42(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    assert_int_equal(choose_with(heap, 400, 99), 0);
    assert_int_equal(choose_with(heap, 400, 100), 2);
    assert_int_equal(choose_with(heap, 403, 99), 0);
    assert_int_equal(choose_with(heap, 403, 100), 2); // CPython divides without a rest, too
    assert_int_equal(choose_with(heap, 404, 100), 0);
    assert_int_equal(choose_with(heap, 3, 0), 2);
}

static int
choose_after(tn_heap *heap, void (*prepare)(tn_heap *heap), size_t young)
{
    journal j;
    journal_init(&j, heap);
    tn_object *live = heap_live_lists(heap, NULL, 1000);
    heap_collect(heap, 2);
    prepare(heap);
    tn_object *more = heap_live_lists(heap, NULL, young);
    heap_collect(heap, 1);
    enable(heap, 1, 10, 0);
    more = heap_live_lists(heap, more, 3);
    assert_int_equal(tn_gc_disable(heap, 0), TN_OK);
    assert_int_equal(tn_gc_remove_callback(heap, write_down, &j), TN_OK);
    tn_gc_unfreeze(heap);
    tn_decref(live);
    tn_decref(more);
    return j.generation;
}

static void
freeze_all(tn_heap *heap)
{
    assert_int_equal(tn_gc_freeze(heap, false), TN_OK);
}

static void
freeze_and_unfreeze(tn_heap *heap)
{
    freeze_all(heap);
    tn_gc_unfreeze(heap);
}

// CPython would wait for 250 new ones although the thousand old ones are frozen.
static void
what_is_frozen_does_not_count_as_long_lived_44(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    assert_int_equal(choose_after(heap, freeze_all, 1), 2);
    assert_int_equal(choose_after(heap, freeze_and_unfreeze, 249), 0);
    assert_int_equal(choose_after(heap, freeze_and_unfreeze, 250), 2);
}

// --- Bytes ---------------------------------------------------------------------------------------

static void
growth_by_more_than_the_byte_threshold_collects(void **state)
{
    journal j;
    journal_init(&j, heap_fixture_heap(state));
    tn_type *paying = heap_type(j.heap, "paying", NULL, TN_DOMAIN);
    enum { GROWTH = 10000 }; // buffers of this size occupy what they ask for
    for (size_t extra = 0; extra < 2; extra++) {
        enable_bytes(j.heap, GROWTH);
        void *buffer = tn_buffer_alloc(j.heap, paying, GROWTH + extra);
        assert_int_equal(j.total, 0); // a buffer is no tracked object
        tn_decref(tn_list_new(j.heap));
        assert_int_equal(j.total, extra);
        tn_decref(tn_list_new(j.heap)); // the growth counts from the collection on
        assert_int_equal(j.total, extra);
        tn_buffer_free(j.heap, paying, buffer, GROWTH + extra);
    }
}

static void
bytes_that_were_given_back_do_not_count(void **state)
{
    journal j;
    journal_init(&j, heap_fixture_heap(state));
    tn_type *paying = heap_type(j.heap, "paying", NULL, TN_DOMAIN);
    enable_bytes(j.heap, 10000);
    for (int i = 0; i < 100; i++) {
        void *buffer = tn_buffer_alloc(j.heap, paying, 20000);
        tn_buffer_free(j.heap, paying, buffer, 20000);
        tn_decref(tn_list_new(j.heap));
    }
    assert_int_equal(j.total, 0);
}

static void
a_byte_threshold_of_zero_or_without_end_is_never(void **state)
{
    journal j;
    journal_init(&j, heap_fixture_heap(state));
    tn_object *live = NULL;
    for (int i = 0; i < 2; i++) {
        enable_bytes(j.heap, i == 0 ? 0 : SIZE_MAX);
        live = heap_live_lists(j.heap, live, 10000);
    }
    assert_int_equal(j.total, 0);
    tn_decref(live);
}

static void
garbage_does_not_pile_up_with_either_trigger(void **state)
{
    journal j;
    journal_init(&j, heap_fixture_heap(state));
    for (int i = 0; i < 2; i++) {
        if (i == 0)
            enable(j.heap, 700, 10, 10);
        else
            enable_bytes(j.heap, 100000);
        for (int k = 0; k < 20000; k++) {
            drop_cycle(j.heap);
            assert_true(heap_instances(j.heap, "list") <= 3000);
        }
    }
    heap_collect(j.heap, 2);
}

// One counter runs down to both.
typedef struct outcome {
    size_t collections, made_bytes;
} outcome;

static bool
add_made(const tn_trace_total *total, void *arg)
{
    *(size_t *)arg += total->made_bytes;
    return true;
}

static outcome
grow(journal *j, size_t byte_threshold, size_t sample_bytes)
{
    outcome seen = {0};
    tn_trace_options options = {.mode = TN_TRACE_SAMPLED, .sample_bytes = sample_bytes, .seed = 1};
    enable_bytes(j->heap, byte_threshold);
    j->total = 0;
    if (sample_bytes != 0)
        assert_int_equal(tn_trace_start(j->heap, &options), TN_OK);
    tn_decref(heap_live_lists(j->heap, NULL, 10000));
    seen.collections = j->total;
    tn_trace_visit(j->heap, add_made, &seen.made_bytes);
    tn_trace_stop(j->heap);
    return seen;
}

static void
the_byte_threshold_and_samples_do_not_disturb_each_other(void **state)
{
    journal j;
    journal_init(&j, heap_fixture_heap(state));
    outcome threshold = grow(&j, 2000, 0), samples = grow(&j, 0, 1500), both = grow(&j, 2000, 1500);
    assert_true(threshold.collections > 100 && threshold.made_bytes == 0);
    assert_true(samples.collections == 0 && samples.made_bytes > 100000);
    assert_int_equal(both.collections, threshold.collections);
    assert_int_equal(both.made_bytes, samples.made_bytes);
}

// --- In the middle of something else -------------------------------------------------------------

static void
make_many(tn_object *o, void *arg)
{
    make_and_drop(tn_heap_of(o), 10);
    tn_decref(heap_live_lists(tn_heap_of(o), NULL, 100));
}

static void
none_runs_inside_another(void **state)
{
    journal j;
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    journal_init(&j, log.heap);
    tn_object *watch = NULL, *ring = recorder_ring(&log, 1, 2);
    recorder_at_end(ring, make_many, NULL);
    watch = recorder_watch_with(&log, ring, 1, make_many, NULL);
    enable(log.heap, 5, 10, 10);
    assert_int_equal(heap_collect(log.heap, 2), 2);
    recorder_expect(&log, "F1 F2 D1 D2 W1");
    assert_int_equal(j.total, 1);
    tn_decref(watch);
}

static void
clear_making_many(tn_object *o)
{
    tn_heap *heap = tn_heap_of(o);
    tn_object *live = heap_live_lists(heap, NULL, 100);
    assert_int_equal(tn_gc_collect(heap, 2, NULL), TN_EBUSY);
    expect_counts(heap, 100, 0, 0); // what is due stays due
    tn_decref(live);
}

static void
none_runs_in_the_middle_of_a_destruction(void **state)
{
    journal j;
    journal_init(&j, heap_fixture_heap(state));
    tn_type_spec spec = {.name = "Maker", .native = 8, .clear = clear_making_many};
    tn_type *type;
    assert_int_equal(tn_type_register(j.heap, &spec, &type), TN_OK);
    tn_object *o = tn_new(j.heap, type);
    enable(j.heap, 5, 10, 10);
    tn_decref(o);
    assert_int_equal(j.total, 0);
}

// A finalizer of an object that dies by its count meets a consistent heap.
static void
one_may_run_while_a_finalizer_makes_objects(void **state)
{
    journal j;
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    journal_init(&j, log.heap);
    tn_object *o = recorder_new(&log, 1);
    tn_slot_set_steal(o, 0, tn_ref(recorder_new(&log, 2)));
    recorder_at_end(o, make_many, NULL);
    enable(log.heap, 5, 10, 10);
    tn_decref(o);
    recorder_expect(&log, "F1 D1 F2 D2");
    assert_true(j.total > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_fresh_heap_never_collects_by_itself),
        HEAP_TEST(the_counter_has_to_exceed_the_threshold_39),
        HEAP_TEST(deaths_lower_the_counter_but_not_below_zero_36),
        HEAP_TEST(what_is_not_tracked_does_not_count),
        HEAP_TEST(a_threshold_of_zero_is_never),
        HEAP_TEST(disabled_only_means_not_by_itself_46),
        HEAP_TEST(explicit_collections_move_the_counters_as_well_37_38),
        HEAP_TEST(the_oldest_generation_above_its_threshold_is_collected_40),
        HEAP_TEST(all_are_collected_once_a_quarter_is_new_41_42),
        HEAP_TEST(what_is_frozen_does_not_count_as_long_lived_44),
        HEAP_TEST(growth_by_more_than_the_byte_threshold_collects),
        HEAP_TEST(bytes_that_were_given_back_do_not_count),
        HEAP_TEST(a_byte_threshold_of_zero_or_without_end_is_never),
        HEAP_TEST(garbage_does_not_pile_up_with_either_trigger),
        HEAP_TEST(the_byte_threshold_and_samples_do_not_disturb_each_other),
        HEAP_TEST(none_runs_inside_another),
        HEAP_TEST(none_runs_in_the_middle_of_a_destruction),
        HEAP_TEST(one_may_run_while_a_finalizer_makes_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
