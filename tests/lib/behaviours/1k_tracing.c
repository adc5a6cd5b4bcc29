// SPDX-License-Identifier: MIT
//
// 1K: tracing of allocations, by itself: switches, sizes, tracebacks, other people's blocks.
//
// 156, not in C: the environment or the command line starts it before anything is allocated,
// because a heap is made by a program, which may start the tracer with its next call.
#include "heap_fixture.h"

#include "memory/alloc.h"

#include <tenure/containers.h>

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static tn_traced
traced(const tn_heap *heap)
{
    tn_traced memory;
    tn_trace_get_memory(heap, &memory);
    return memory;
}

static void
start(tn_heap *heap, unsigned frames)
{
    tn_trace_options options = {.mode = TN_TRACE_EXACT, .frames = frames};
    assert_int_equal(tn_trace_start(heap, &options), TN_OK);
}

static void
it_starts_with_one_frame_up_to_65535_and_twice_is_no_error_131(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_trace_options too_many = {.mode = TN_TRACE_EXACT, .frames = 65536};
    assert_int_equal(tn_trace_start(heap, &too_many), TN_EINVAL);
    assert_int_equal(tn_trace_start(heap, NULL), TN_OK);
    assert_int_equal(tn_trace_get(heap).frames, 1);
    tn_object *list = tn_list_new(heap);
    assert_int_equal(tn_trace_start(heap, NULL), TN_OK);
    assert_non_null(tn_trace_site(list));
    start(heap, 65535);
    tn_decref(list);
}

static void
stopping_drops_all_traces_132(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    start(heap, 1);
    tn_object *list = tn_list_new(heap);
    assert_true(traced(heap).current > 0);
    tn_trace_stop(heap);
    assert_int_equal(tn_trace_get(heap).mode, TN_TRACE_OFF);
    assert_int_equal(traced(heap).current, 0);
    assert_int_equal(traced(heap).peak, 0);
    tn_decref(list);
}

static void
only_what_is_made_while_tracing_is_known_133(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *before = tn_list_new(heap);
    start(heap, 1);
    assert_null(tn_trace_site(before));
    tn_decref(before);
    assert_int_equal(traced(heap).current, 0);
}

static bool
take_buffer_line(const tn_trace_total *total, void *line)
{
    if (!total->objects && total->count > 0)
        *(int *)line = total->site->line;
    return true;
}

static void
a_block_that_moves_takes_its_trace_along_and_gets_the_new_line_133(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *domain = heap_type(heap, "index", NULL, TN_DOMAIN);
    start(heap, 1);
    void *buffer = tn_buffer_alloc(heap, domain, 100);
    int line = 0, wanted = __LINE__ + 1;
    buffer = tn_buffer_resize(heap, domain, buffer, 100, 100000);
    tn_trace_visit(heap, take_buffer_line, &line);
    assert_int_equal(line, wanted);
    assert_int_equal(traced(heap).current, 100000);
    tn_buffer_free(heap, domain, buffer, 100000);
}

// Python counts what was asked for; here a block counts with what it occupies.
static void
memory_is_what_the_blocks_occupy_and_clearing_makes_it_zero_134(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    start(heap, 1);
    tn_object *str = heap_str(heap, "some text");
    assert_int_equal(traced(heap).current, tn_sizeof(str));
    assert_int_equal(traced(heap).peak, tn_sizeof(str));
    tn_trace_clear(heap);
    assert_int_equal(traced(heap).current, 0);
    assert_int_equal(traced(heap).peak, 0);
    tn_decref(str);
}

static void
the_peak_can_be_reset_to_what_is_there_135(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *domain = heap_type(heap, "index", NULL, TN_DOMAIN);
    start(heap, 1);
    void *small = tn_buffer_alloc(heap, domain, 8000),
         *large = tn_buffer_alloc(heap, domain, 90000);
    tn_buffer_free(heap, domain, large, 90000);
    assert_int_equal(traced(heap).peak, 98000);
    tn_trace_reset_peak(heap);
    assert_int_equal(traced(heap).peak, 8000);
    tn_buffer_free(heap, domain, small, 8000);
    assert_int_equal(traced(heap).peak, 8000);
}

static void
its_own_tables_are_told_apart_136(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    start(heap, 1);
    tn_decref(tn_list_new(heap));
    assert_int_equal(traced(heap).current, 0);
    assert_true(traced(heap).overhead > 0);
    tn_memory memory;
    tn_memory_get(heap, &memory);
    assert_true(memory.overhead > traced(heap).overhead);
}

static void
an_object_tells_where_it_was_made_also_in_a_place_that_was_used_before_137(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    start(heap, 1);
    for (int i = 0; i < 3000; i++) // more than a quarantine holds
        tn_decref(tn_list_new(heap));
    int line = __LINE__ + 1;
    tn_object *again = tn_list_new(heap);
    assert_int_equal(tn_trace_site(again)->line, line);
    tn_trace_stop(heap);
    assert_null(tn_trace_site(again));
    tn_decref(again);
}

static void
the_limit_of_frames_can_be_asked_138(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    assert_int_equal(tn_trace_get(heap).frames, 1);
    start(heap, 7);
    assert_int_equal(tn_trace_get(heap).frames, 7);
}

// --- Tracebacks ----------------------------------------------------------------------------------

static __attribute__((noinline)) tn_object *
make_list(tn_heap *heap, int depth)
{
    tn_object *list = depth > 1 ? make_list(heap, depth - 1) : tn_list_new(heap);
    __asm__ volatile("" : : "r"(list) : "memory"); // so that the call stays one
    return list;
}

static tn_snapshot *
snapshot_of(tn_heap *heap)
{
    tn_snapshot *snapshot = NULL;
    assert_int_equal(tn_snapshot_take(heap, &snapshot), TN_OK);
    return snapshot;
}

// The newest frame comes first here; Python shows it last.
static void
a_traceback_has_the_newest_frame_first_and_knows_how_many_there_were_139(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    start(heap, 4);
    tn_object *list = make_list(heap, 6);
    tn_snapshot *snapshot = snapshot_of(heap);
    tn_snapshot_trace t;
    assert_true(tn_snapshot_get(snapshot, 0, &t));
    assert_int_equal(t.frame_count, 4);
    assert_in_range(t.total_frames, 8, 30);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(t.frames[i].function, "make_list");
        assert_non_null(strstr(t.frames[i].file, "1k_tracing.c"));
        assert_true(t.frames[i].line > 0);
    }
    tn_snapshot_free(snapshot);
    tn_decref(list);
}

static void
the_caller_of_the_caller_is_named_139(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    start(heap, 3);
    tn_object *list = make_list(heap, 1);
    int line = __LINE__ - 1;
    tn_snapshot *snapshot = snapshot_of(heap);
    tn_snapshot_trace t;
    assert_true(tn_snapshot_get(snapshot, 0, &t));
    assert_string_equal(t.frames[1].function, __func__);
    assert_int_equal(t.frames[1].line, line);
    tn_snapshot_free(snapshot);
    tn_decref(list);
}

static void
equal_tracebacks_are_stored_once_140(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    start(heap, 5);
    tn_object *lists[10];
    for (int i = 0; i < 10; i++)
        lists[i] = make_list(heap, 3);
    assert_int_equal(((struct tni_memory *)heap)->tracer.stacks.offsets.count, 1);
    for (int i = 0; i < 10; i++)
        tn_decref(lists[i]);
}

static void
expect_traceback(const tn_site *frames, int limit, bool newest_first, const char *text)
{
    char *written = NULL;
    size_t size;
    FILE *out = open_memstream(&written, &size);
    tn_traceback_print(frames, 2, limit, newest_first, out);
    fclose(out);
    assert_string_equal(written, text);
    free(written);
}

static void
a_traceback_is_printed_in_either_order_with_the_source_141(void **state)
{
    char path[] = "/tmp/tenure-XXXXXX", newest[200], oldest[200], both[400];
    FILE *source = fdopen(mkstemp(path), "w");
    fputs("one\n    two();\n", source);
    fclose(source);
    const tn_site frames[] = {{path, 2, "f"}, {"gone.c", 7, "g"}};
    snprintf(newest, sizeof newest, "  File \"%s\", line 2\n    two();\n", path);
    snprintf(oldest, sizeof oldest, "  File \"gone.c\", line 7\n");
    snprintf(both, sizeof both, "%s%s", oldest, newest);
    expect_traceback(frames, 0, false, both);
    expect_traceback(frames, 9, false, both);
    snprintf(both, sizeof both, "%s%s", newest, oldest);
    expect_traceback(frames, 0, true, both);
    expect_traceback(frames, 1, false, newest);
    expect_traceback(frames, -1, false, oldest);
    unlink(path);
}

static void
no_frame_is_without_a_name_152(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    start(heap, 100);
    tn_object *list = make_list(heap, 20);
    tn_snapshot *snapshot = snapshot_of(heap);
    tn_snapshot_trace t;
    assert_true(tn_snapshot_get(snapshot, 0, &t));
    assert_in_range(t.frame_count, 20, 50);
    for (size_t i = 0; i < t.frame_count; i++) {
        assert_true(*t.frames[i].function != '\0');
        assert_true(strncmp(t.frames[i].function, "tni_", 4) != 0);
    }
    tn_snapshot_free(snapshot);
    tn_decref(list);
}

// --- Processes, threads, other people's blocks ---------------------------------------------------

static void
a_child_process_goes_on_tracing_153(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    start(heap, 1);
    tn_object *list = tn_list_new(heap);
    pid_t child = fork();
    if (child == 0) {
        size_t before = traced(heap).current;
        tn_object *more = tn_list_new(heap);
        bool counted = traced(heap).current == before + tn_sizeof(more);
        _exit(counted && tn_trace_site(list) != NULL ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    tn_decref(list);
}

static void
blocks_from_elsewhere_have_domains_of_their_own_154(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *json = heap_type(heap, "json", NULL, TN_DOMAIN);
    char block[10];
    start(heap, 1);
    assert_int_equal(tn_trace_track(heap, json, block, sizeof block), TN_OK);
    tn_snapshot *snapshot = snapshot_of(heap);
    tn_snapshot_trace t;
    assert_true(tn_snapshot_get(snapshot, 0, &t));
    assert_string_equal(t.domain, "json");
    assert_int_equal(t.bytes, sizeof block);
    tn_snapshot_free(snapshot);
    assert_int_equal(tn_trace_untrack(heap, json, block), TN_OK);
    assert_int_equal(traced(heap).current, 0);
}

static void
tracking_twice_replaces_and_untracking_the_unknown_does_nothing_155(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *json = heap_type(heap, "json", NULL, TN_DOMAIN);
    char block[10];
    start(heap, 1);
    assert_int_equal(tn_trace_track(heap, json, block, 10), TN_OK);
    assert_int_equal(tn_trace_track(heap, json, block, 30), TN_OK);
    assert_int_equal(traced(heap).current, 30);
    assert_int_equal(tn_trace_untrack(heap, json, block + 1), TN_OK);
    assert_int_equal(traced(heap).current, 30);
    tn_trace_stop(heap);
    assert_int_equal(tn_trace_track(heap, json, block, 10), TN_EOFF);
    assert_int_equal(tn_trace_untrack(heap, json, block), TN_EOFF);
}

static void *
switch_on_and_off(void *arg)
{
    tn_heap *heap = tn_heap_new(NULL);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(tn_trace_start(heap, NULL), TN_OK);
        tn_decref(tn_list_new(heap));
        if (i % 3 == 0)
            tn_trace_stop(heap);
    }
    return (void *)tn_heap_free(heap);
}

// Each heap has its own tracer, so there is nothing that two threads could race for.
static void
a_thread_may_stop_while_others_allocate_157(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    pthread_t threads[3];
    start(heap, 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, switch_on_and_off, NULL), 0);
    for (int i = 0; i < 10000; i++)
        tn_decref(tn_list_new(heap));
    for (int i = 0; i < 3; i++) {
        void *leaks;
        assert_int_equal(pthread_join(threads[i], &leaks), 0);
        assert_null(leaks);
    }
    assert_int_equal(traced(heap).current, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(it_starts_with_one_frame_up_to_65535_and_twice_is_no_error_131),
        HEAP_TEST(stopping_drops_all_traces_132),
        HEAP_TEST(only_what_is_made_while_tracing_is_known_133),
        HEAP_TEST(a_block_that_moves_takes_its_trace_along_and_gets_the_new_line_133),
        HEAP_TEST(memory_is_what_the_blocks_occupy_and_clearing_makes_it_zero_134),
        HEAP_TEST(the_peak_can_be_reset_to_what_is_there_135),
        HEAP_TEST(its_own_tables_are_told_apart_136),
        HEAP_TEST(an_object_tells_where_it_was_made_also_in_a_place_that_was_used_before_137),
        HEAP_TEST(the_limit_of_frames_can_be_asked_138),
        HEAP_TEST(a_traceback_has_the_newest_frame_first_and_knows_how_many_there_were_139),
        HEAP_TEST(the_caller_of_the_caller_is_named_139),
        HEAP_TEST(equal_tracebacks_are_stored_once_140),
        HEAP_TEST(a_traceback_is_printed_in_either_order_with_the_source_141),
        HEAP_TEST(no_frame_is_without_a_name_152),
        HEAP_TEST(a_child_process_goes_on_tracing_153),
        HEAP_TEST(blocks_from_elsewhere_have_domains_of_their_own_154),
        HEAP_TEST(tracking_twice_replaces_and_untracking_the_unknown_does_nothing_155),
        HEAP_TEST(a_thread_may_stop_while_others_allocate_157),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
