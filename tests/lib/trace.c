// SPDX-License-Identifier: MIT
//
// Who allocated what: lib/src/trace/, lib/src/memory/traced.c, lib/src/inspect/tracing.c.
#include "heap_fixture.h"

#include "memory/alloc.h"

#include <tenure/containers.h>

#include <math.h>
#include <pthread.h>

static tn_traced
traced(const tn_heap *heap)
{
    tn_traced memory;
    tn_trace_get_memory(heap, &memory);
    return memory;
}

static void
start(tn_heap *heap, tn_trace_mode mode, size_t sample_bytes)
{
    tn_trace_options options = {.mode = mode, .sample_bytes = sample_bytes, .seed = 1};
    assert_int_equal(tn_trace_start(heap, &options), TN_OK);
}

// The sum of the totals whose site is in [line] of this file; 0: of all.
struct sum {
    int line;
    const char *tag;
    tn_trace_total total;
};

static bool
add_total(const tn_trace_total *total, void *arg)
{
    struct sum *sum = arg;
    bool here = total->site != NULL && total->site->line == sum->line;
    if ((sum->line != 0 && !here) || (sum->tag != NULL && total->tag != sum->tag))
        return true;
    sum->total.bytes += total->bytes;
    sum->total.count += total->count;
    sum->total.made_bytes += total->made_bytes;
    sum->total.made_count += total->made_count;
    return true;
}

static tn_trace_total
sum_of(tn_heap *heap, int line, const char *tag)
{
    struct sum sum = {.line = line, .tag = tag};
    tn_trace_visit(heap, add_total, &sum);
    return sum.total;
}

// --- Every block ---------------------------------------------------------------------------------

static void
a_heap_that_nobody_traces_knows_nothing(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    assert_int_equal(tn_trace_get(heap).mode, TN_TRACE_OFF);
    assert_int_equal(traced(heap).current, 0);
    assert_int_equal(traced(heap).overhead, 0);
    assert_null(tn_trace_site(list));
    tn_decref(list);
}

static void
an_object_knows_the_line_that_made_it(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    start(heap, TN_TRACE_EXACT, 0);
    int line = __LINE__ + 1;
    tn_object *list = tn_list_new(heap), *dict = tn_dict_new(heap);
    const tn_site *site = tn_trace_site(list);
    assert_int_equal(site->line, line);
    assert_string_equal(site->function, __func__);
    assert_non_null(strstr(site->file, "trace.c"));
    assert_int_equal(sum_of(heap, line, NULL).count, 2);
    assert_int_equal(sum_of(heap, line, NULL).bytes, tn_sizeof(list) + tn_sizeof(dict));
    tn_decref(list);
    tn_decref(dict);
    assert_int_equal(sum_of(heap, line, NULL).count, 0);
    assert_int_equal(sum_of(heap, line, NULL).made_count, 2);
}

static void
a_buffer_counts_for_the_line_that_made_it_grow(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    start(heap, TN_TRACE_EXACT, 0);
    tn_object *list = tn_list_new(heap), *dict = tn_dict_new(heap);
    int line = __LINE__ + 2;
    for (int i = 0; i < 10000; i++)
        assert_int_equal(tn_list_append(list, tn_int(i)), TN_OK);
    assert_int_equal(sum_of(heap, line, NULL).bytes, tn_sizeof(list) - 32);
    assert_int_equal(sum_of(heap, line, NULL).count, 1);
    line = __LINE__ + 2;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(tn_dict_set(dict, tn_int(i), tn_int(i)), TN_OK);
    assert_int_equal(sum_of(heap, line, NULL).bytes, tn_sizeof(dict) - 32);
    assert_int_equal(traced(heap).current, heap_current(heap));
    tn_decref(list);
    tn_decref(dict);
    assert_int_equal(traced(heap).current, 0);
}

// As every block of it: the set's, the map's keys and values, its entries and its index.
static void
a_weak_container_counts_for_the_line_that_made_it_grow(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = heap_type(heap, "Target", NULL, TN_WEAK);
    tn_object *map = tn_weakmap_new(heap), *keys = tn_weakkeymap_new(heap);
    tn_object *set = tn_weakset_new(heap), *targets[1000];
    size_t empty[] = {tn_sizeof(map), tn_sizeof(keys), tn_sizeof(set)};
    for (int i = 0; i < 1000; i++)
        targets[i] = tn_new(heap, type);
    start(heap, TN_TRACE_EXACT, 0);
    int line = __LINE__ + 2;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(tn_weakmap_set(map, tn_int(i), targets[i]), TN_OK);
        assert_int_equal(tn_weakkeymap_set(keys, targets[i], tn_int(i)), TN_OK);
        assert_int_equal(tn_weakset_add(set, targets[i]), TN_OK);
    }
    assert_int_equal(sum_of(heap, line, NULL).bytes, tn_sizeof(map) - empty[0]);
    assert_int_equal(sum_of(heap, line + 1, NULL).bytes, tn_sizeof(keys) - empty[1]);
    assert_int_equal(sum_of(heap, line + 2, NULL).bytes, tn_sizeof(set) - empty[2]);
    for (int i = 0; i < 1000; i++)
        tn_decref(targets[i]);
    assert_int_equal(traced(heap).current, 0);
    tn_decref(map);
    tn_decref(keys);
    tn_decref(set);
}

static void
a_copy_of_a_weak_container_counts_for_its_line(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *target = tn_new(heap, heap_type(heap, "Target", NULL, TN_WEAK));
    tn_object *map = tn_weakmap_new(heap), *set = tn_weakset_new(heap);
    assert_int_equal(tn_weakmap_set(map, tn_int(1), target), TN_OK);
    assert_int_equal(tn_weakset_add(set, target), TN_OK);
    start(heap, TN_TRACE_EXACT, 0);
    int line = __LINE__ + 1;
    tn_object *copies[] = {tn_weakmap_copy(map), tn_weakset_copy(set)};
    assert_int_equal(sum_of(heap, line, NULL).bytes, tn_sizeof(copies[0]) + tn_sizeof(copies[1]));
    tn_object *all[] = {target, map, set, copies[0], copies[1]};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        tn_decref(all[i]);
}

static void
buffers_of_every_size_are_known_through_every_resize(void **state)
{
    const size_t sizes[] = {1, 100, 4096, 5000, 90000, 2 << 20, 3 << 20, 70000, 4097, 4000, 9};
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *domain = heap_type(heap, "index", NULL, TN_DOMAIN);
    start(heap, TN_TRACE_EXACT, 0);
    void *buffer = tn_buffer_alloc(heap, domain, 10);
    size_t size = 10;
    int line = __LINE__ + 2;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        buffer = tn_buffer_resize(heap, domain, buffer, size, sizes[i]);
        size = sizes[i];
        assert_int_equal(traced(heap).current, heap_current(heap));
        if (i > 0) // the first one stays in its size class, and so where it was made
            assert_int_equal(sum_of(heap, line, NULL).bytes, heap_current(heap));
    }
    tn_buffer_free(heap, domain, buffer, size);
    assert_int_equal(traced(heap).current, 0);
}

static void
peak_is_the_highest_value_since_the_last_reset(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *domain = heap_type(heap, "index", NULL, TN_DOMAIN);
    start(heap, TN_TRACE_EXACT, 0);
    void *large = tn_buffer_alloc(heap, domain, 100000);
    tn_buffer_free(heap, domain, large, 100000);
    assert_int_equal(traced(heap).peak, 100000);
    tn_trace_reset_peak(heap);
    assert_int_equal(traced(heap).peak, 0);
    large = tn_buffer_alloc(heap, domain, 50000);
    assert_int_equal(traced(heap).peak, 50000);
    tn_buffer_free(heap, domain, large, 50000);
}

// --- Switching -----------------------------------------------------------------------------------

static tn_object *
three_lists(tn_heap *heap)
{
    tn_object *list = tn_list_new(heap);
    for (int i = 0; i < 2; i++)
        assert_int_equal(tn_list_append_steal(list, tn_ref(tn_list_new(heap))), TN_OK);
    return list;
}

static void
what_was_there_before_is_unknown_and_its_end_is_not_counted(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *before = three_lists(heap);
    start(heap, TN_TRACE_EXACT, 0);
    tn_object *after = three_lists(heap);
    size_t current = traced(heap).current;
    assert_null(tn_trace_site(before));
    assert_int_equal(heap_current(heap), 2 * current);
    tn_decref(before);
    assert_int_equal(traced(heap).current, current);
    tn_decref(after);
    assert_int_equal(traced(heap).current, 0);
}

static void
stopping_forgets_everything_and_gives_the_tables_back(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_memory before, during, after;
    tn_memory_get(heap, &before);
    start(heap, TN_TRACE_EXACT, 0);
    tn_object *lists = three_lists(heap);
    tn_memory_get(heap, &during);
    assert_true(traced(heap).overhead > 0);
    tn_trace_stop(heap);
    tn_memory_get(heap, &after);
    assert_int_equal(traced(heap).overhead, 0);
    assert_true(after.overhead < during.overhead);
    assert_null(tn_trace_site(lists));
    start(heap, TN_TRACE_EXACT, 0);
    assert_int_equal(traced(heap).current, 0);
    tn_decref(lists);
    assert_int_equal(traced(heap).current, 0);
}

static void
clearing_forgets_everything_and_goes_on(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    start(heap, TN_TRACE_EXACT, 0);
    tn_object *before = three_lists(heap);
    tn_trace_clear(heap);
    assert_int_equal(traced(heap).current, 0);
    assert_int_equal(traced(heap).peak, 0);
    tn_object *after = three_lists(heap);
    assert_int_equal(2 * traced(heap).current, heap_current(heap));
    tn_decref(before);
    tn_decref(after);
    assert_int_equal(traced(heap).current, 0);
}

// Modes change at random while blocks come and go; what is known is what was noted and lives.
static void
switching_never_loses_or_counts_twice(void **state)
{
    enum { ROUNDS = 2000, SLOTS = 64 };
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *domain = heap_type(heap, "index", NULL, TN_DOMAIN);
    dice d;
    dice_init(&d, __func__);
    void *blocks[SLOTS] = {NULL};
    size_t sizes[SLOTS] = {0};
    for (int i = 0; i < ROUNDS; i++) {
        size_t at = dice_below(&d, SLOTS);
        if (i % 50 == 0)
            start(heap, i % 100 == 0 ? TN_TRACE_EXACT : TN_TRACE_SAMPLED, 2000);
        tn_buffer_free(heap, domain, blocks[at], sizes[at]);
        sizes[at] = 1 + dice_below(&d, 9000);
        blocks[at] = tn_buffer_alloc(heap, domain, sizes[at]);
        assert_int_equal(sum_of(heap, 0, NULL).bytes, traced(heap).current);
    }
    for (int i = 0; i < SLOTS; i++)
        tn_buffer_free(heap, domain, blocks[i], sizes[i]);
    assert_int_equal(traced(heap).current, 0);
    assert_int_equal(sum_of(heap, 0, NULL).count, 0);
}

static void
wrong_options_are_refused(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_trace_options off = {.mode = TN_TRACE_OFF};
    tn_trace_options deep = {.mode = TN_TRACE_EXACT, .frames = TN_TRACE_MOST_FRAMES + 1};
    tn_trace_options rare = {.mode = TN_TRACE_SAMPLED, .sample_bytes = SIZE_MAX};
    assert_int_equal(tn_trace_start(heap, &off), TN_EINVAL);
    assert_int_equal(tn_trace_start(heap, &deep), TN_EINVAL);
    assert_int_equal(tn_trace_start(heap, &rare), TN_EINVAL);
    assert_int_equal(tn_trace_get(heap).mode, TN_TRACE_OFF);
}

static void
a_page_is_not_asked_any_more_when_its_last_traced_object_ended(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *before = tn_list_new(heap);
    const struct tni_page *page = tni_page_of(before);
    start(heap, TN_TRACE_EXACT, 0);
    tn_object *first = tn_list_new(heap), *second = tn_list_new(heap);
    assert_ptr_equal(tni_page_of(second), page);
    tn_decref(first);
    assert_true(page->noted);
    tn_decref(second);
    assert_false(page->noted);
    assert_int_equal(traced(heap).current, 0);
    tn_decref(before);
}

// --- Samples -------------------------------------------------------------------------------------

static bool
is_near(double estimate, double truth, double part)
{
    if (fabs(estimate - truth) <= part * truth)
        return true;
    print_error("the estimate is %.0f, the truth %.0f\n", estimate, truth);
    return false;
}

// About 3 200 samples for the small and 16 000 for the large ones: four standard deviations are 7.1
// and 3.2 parts in a hundred.
static void
a_million_allocations_are_estimated_without_bias(void **state)
{
    enum { BLOCKS = 500000, SMALL = 128, LARGE = 640, RATE = 20000 };
    size_t blocks = BLOCKS / support_number("TN_SCALE", 1);
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *domain = heap_type(heap, "index", NULL, TN_DOMAIN);
    start(heap, TN_TRACE_SAMPLED, RATE * blocks / BLOCKS + 1);
    for (size_t i = 0; i < blocks; i++) {
        void *small = tn_buffer_alloc(heap, domain, SMALL);
        void *large = tn_buffer_alloc(heap, domain, LARGE);
        tn_buffer_free(heap, domain, small, SMALL);
        tn_buffer_free(heap, domain, large, LARGE);
    }
    tn_trace_total small = sum_of(heap, __LINE__ - 5, NULL);
    tn_trace_total large = sum_of(heap, __LINE__ - 5, NULL);
    assert_true(is_near((double)small.made_count, (double)blocks, 0.072));
    assert_true(is_near((double)small.made_bytes, (double)blocks * SMALL, 0.072));
    assert_true(is_near((double)large.made_count, (double)blocks, 0.032));
    assert_true(is_near((double)large.made_bytes, (double)blocks * LARGE, 0.032));
    assert_int_equal(traced(heap).current, 0);
}

static void
live_objects_are_estimated_too(void **state)
{
    enum { OBJECTS = 100000 };
    static const char *const slots[] = {"a", "b", "c", NULL};
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = heap_type(heap, "Node", slots, 0);
    tn_object *list = tn_list_new(heap);
    start(heap, TN_TRACE_SAMPLED, 1000); // some 4 000 samples
    for (int i = 0; i < OBJECTS; i++)
        assert_int_equal(tn_list_append_steal(list, tn_ref(tn_new(heap, type))), TN_OK);
    size_t truth = heap_current(heap);
    assert_true(is_near((double)traced(heap).current, (double)truth, 0.065));
    tn_decref(list);
    assert_int_equal(traced(heap).current, 0);
}

// --- Tags and other people's blocks --------------------------------------------------------------

static void
a_tag_divides_what_is_allocated(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    static const char get[] = "GET", put[] = "PUT";
    start(heap, TN_TRACE_EXACT, 0);
    tn_trace_set_tag(heap, get);
    tn_object *one = three_lists(heap);
    tn_trace_set_tag(heap, put);
    tn_object *two = three_lists(heap), *three = three_lists(heap);
    tn_trace_set_tag(heap, NULL);
    assert_int_equal(2 * sum_of(heap, 0, get).bytes, sum_of(heap, 0, put).bytes);
    assert_int_equal(sum_of(heap, 0, NULL).bytes, 3 * sum_of(heap, 0, get).bytes);
    tn_decref(one);
    tn_decref(two);
    tn_decref(three);
    assert_int_equal(sum_of(heap, 0, put).bytes, 0);
}

static void
a_block_from_elsewhere_is_known_until_it_is_untracked(void **state)
{
    enum { BLOCKS = 1000 };
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *domain = heap_type(heap, "json", NULL, TN_DOMAIN);
    char blocks[BLOCKS];
    assert_int_equal(tn_trace_track(heap, domain, blocks, 10), TN_EOFF);
    assert_int_equal(tn_trace_untrack(heap, domain, blocks), TN_EOFF);
    start(heap, TN_TRACE_EXACT, 0);
    for (int i = 0; i < BLOCKS; i++)
        assert_int_equal(tn_trace_track(heap, domain, &blocks[i], 10), TN_OK);
    assert_int_equal(traced(heap).current, 10 * BLOCKS);
    assert_int_equal(tn_trace_track(heap, domain, &blocks[7], 100), TN_OK);
    assert_int_equal(traced(heap).current, 10 * BLOCKS + 90);
    assert_int_equal(heap_current(heap), 0);
    assert_int_equal(tn_trace_untrack(heap, domain, blocks + BLOCKS), TN_OK);
    for (int i = 0; i < BLOCKS; i++)
        assert_int_equal(tn_trace_untrack(heap, domain, &blocks[(i * 7) % BLOCKS]), TN_OK);
    assert_int_equal(traced(heap).current, 0);
}

// --- When memory runs out, and threads -----------------------------------------------------------

// Each allocation of the tracer's fails once: the block is made, and lost to the tracer.
static void
a_block_that_cannot_be_noted_is_made_all_the_same(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    struct tni_memory *m = (struct tni_memory *)heap;
    if (TN_CHECKS == 0)
        skip();
    for (int n = 1; n < 8; n++) { // 0 is the object's own; six are the tracer's
        start(heap, TN_TRACE_EXACT, 0);
        tni_fail_after(m, n);
        tn_object *list = tn_list_new(heap);
        tni_fail_after(m, -1);
        assert_non_null(list);
        assert_int_equal(traced(heap).lost, n < 7);
        assert_int_equal(traced(heap).current, n < 7 ? 0 : 32);
        tn_decref(list);
        tn_trace_stop(heap);
    }
}

static void
starting_without_memory_changes_nothing(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_trace_options deep = {.mode = TN_TRACE_EXACT, .frames = 10};
    if (TN_CHECKS == 0)
        skip();
    for (int n = 0; n < 2; n++) {
        tni_fail_after((struct tni_memory *)heap, n);
        assert_int_equal(tn_trace_start(heap, &deep), TN_ENOMEM);
        assert_int_equal(tn_trace_get(heap).mode, TN_TRACE_OFF);
    }
    assert_int_equal(tn_trace_start(heap, &deep), TN_OK);
    assert_int_equal(tn_trace_get(heap).frames, 10);
    tn_trace_stop(heap);
}

static void *
switch_and_allocate(void *arg)
{
    tn_heap *heap = tn_heap_new(NULL);
    for (int i = 0; i < 2000; i++) {
        if (i % 7 == 0)
            tn_trace_start(heap, NULL);
        tn_decref(three_lists(heap));
        if (i % 11 == 0)
            tn_trace_stop(heap);
    }
    assert_int_equal(traced(heap).current, 0);
    return (void *)tn_heap_free(heap);
}

static void
threads_trace_and_stop_in_their_own_heaps(void **state)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, switch_and_allocate, NULL), 0);
    for (int i = 0; i < 4; i++) {
        void *leaks;
        assert_int_equal(pthread_join(threads[i], &leaks), 0);
        assert_null(leaks);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_heap_that_nobody_traces_knows_nothing),
        HEAP_TEST(an_object_knows_the_line_that_made_it),
        HEAP_TEST(a_buffer_counts_for_the_line_that_made_it_grow),
        HEAP_TEST(a_weak_container_counts_for_the_line_that_made_it_grow),
        HEAP_TEST(a_copy_of_a_weak_container_counts_for_its_line),
        HEAP_TEST(buffers_of_every_size_are_known_through_every_resize),
        HEAP_TEST(peak_is_the_highest_value_since_the_last_reset),
        HEAP_TEST(what_was_there_before_is_unknown_and_its_end_is_not_counted),
        HEAP_TEST(stopping_forgets_everything_and_gives_the_tables_back),
        HEAP_TEST(clearing_forgets_everything_and_goes_on),
        HEAP_TEST(switching_never_loses_or_counts_twice),
        HEAP_TEST(wrong_options_are_refused),
        HEAP_TEST(a_page_is_not_asked_any_more_when_its_last_traced_object_ended),
        HEAP_TEST(a_million_allocations_are_estimated_without_bias),
        HEAP_TEST(live_objects_are_estimated_too),
        HEAP_TEST(a_tag_divides_what_is_allocated),
        HEAP_TEST(a_block_from_elsewhere_is_known_until_it_is_untracked),
        HEAP_TEST(a_block_that_cannot_be_noted_is_made_all_the_same),
        HEAP_TEST(starting_without_memory_changes_nothing),
        HEAP_TEST(threads_trace_and_stop_in_their_own_heaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
