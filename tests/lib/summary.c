// SPDX-License-Identifier: MIT
//
// A dump added up by traceback and type is a snapshot of what the heap holds: summary.c.
#include "dumped.h"
#include "heap_fixture.h"

#include <tenure/containers.h>
#include <tenure/inspect.h>

enum { FRAMES = 3, DEPTH = 20 };

static __attribute__((noinline)) tn_object *
make_deep(tn_heap *heap, int depth)
{
    tn_object *o = depth > 0 ? make_deep(heap, depth - 1) : tn_list_new(heap);
    __asm__ volatile(""); // so that the call is not its last act, and its frame stays
    return o;
}

static tn_snapshot *
summary_of(tn_heap *heap)
{
    tn_snapshot *snapshot = NULL;
    FILE *records = dumped_records(heap, NULL, 0);
    assert_int_equal(tn_dump_snapshot(records, NULL, &snapshot), TN_OK);
    fclose(records);
    return snapshot;
}

static tn_snapshot_trace
list_of(const tn_snapshot *snapshot)
{
    tn_snapshot_trace t;
    for (size_t i = 0; tn_snapshot_get(snapshot, i, &t); i++)
        if (strcmp(t.type, "list") == 0 && strcmp(t.domain, "objects") == 0)
            return t;
    fail_msg("no list is told of");
    return t;
}

static void
a_traceback_that_is_cut_off_knows_how_deep_it_was(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_trace_options options = {.mode = TN_TRACE_EXACT, .frames = FRAMES};
    tn_snapshot *taken;
    assert_int_equal(tn_trace_start(heap, &options), TN_OK);
    tn_object *o = make_deep(heap, DEPTH);
    tn_snapshot *summary = summary_of(heap);
    assert_int_equal(tn_snapshot_take(heap, &taken), TN_OK);
    tn_snapshot_trace expected = list_of(taken), t = list_of(summary);
    assert_true(expected.total_frames > DEPTH);
    assert_int_equal(t.frame_count, FRAMES);
    assert_int_equal(t.total_frames, expected.total_frames);
    assert_string_equal(t.frames[2].function, "make_deep");
    tn_snapshot_free(taken);
    tn_snapshot_free(summary);
    tn_decref(o);
}

static void
what_was_not_traced_has_one_frame_that_says_so(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *o = make_deep(heap, DEPTH);
    tn_snapshot *summary = summary_of(heap);
    tn_snapshot_trace t = list_of(summary);
    assert_int_equal(t.frame_count, 1);
    assert_int_equal(t.total_frames, 1);
    assert_string_equal(t.frames[0].function, "<unknown>");
    assert_int_equal(t.count, 1);
    tn_snapshot_free(summary);
    tn_decref(o);
}

static void
one_frame_is_all_where_no_more_are_wanted(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    assert_int_equal(tn_trace_start(heap, NULL), TN_OK);
    tn_object *o = make_deep(heap, DEPTH);
    tn_snapshot *summary = summary_of(heap);
    tn_snapshot_trace t = list_of(summary);
    assert_int_equal(t.frame_count, 1);
    assert_int_equal(t.total_frames, 1);
    tn_snapshot_free(summary);
    tn_decref(o);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_traceback_that_is_cut_off_knows_how_deep_it_was),
        HEAP_TEST(what_was_not_traced_has_one_frame_that_says_so),
        HEAP_TEST(one_frame_is_all_where_no_more_are_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
