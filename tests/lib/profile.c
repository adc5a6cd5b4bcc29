// SPDX-License-Identifier: MIT
//
// The line profiler without memory: lib/src/inspect/profile.c. What it shows is in
// behaviours/1l_lines.c.
//
// Every allocation of a marked run fails once: the marks that it cost are counted as lost, and the
// next run is noted to the last line.
#include "heap_fixture.h"

#include "inspect/arena.h"

// More lines and more calls than the first tables have room for.
enum { LINES = 40, DEPTH = 40, MOST_ALLOCATIONS = 100 };

static const char *const names[] = {"even", "odd"};

// Two functions that call each other.
static void
run(tn_profiler *p, int depth)
{
    tn_site site = {"marked.c", 1, names[depth % 2]};
    tn_profiler_enter(p, &site);
    for (site.line = 2; site.line < LINES; site.line++)
        tn_profiler_line(p, &site);
    if (depth > 1)
        run(p, depth - 1);
    tn_profiler_leave(p, &site);
}

static size_t
occurrences(const tn_profiler *p, tn_line *lines)
{
    size_t sum = 0;
    for (int f = 0; f < 2; f++) {
        assert_int_equal(tn_profiler_get(p, names[f], lines, LINES), LINES);
        for (size_t i = 0; i < LINES; i++) {
            assert_int_equal(lines[i].line, i + 1);
            sum += lines[i].occurrences;
        }
    }
    return sum;
}

// A run with memory: each mark counts once.
static void
expect_a_whole_run(tn_profiler *p)
{
    tn_line lines[LINES];
    size_t lost = tn_profiler_lost(p);
    run(p, DEPTH); // whatever the run before has left out, it knows from here on
    size_t before = occurrences(p, lines);
    run(p, DEPTH);
    assert_int_equal(occurrences(p, lines) - before, LINES * DEPTH);
    assert_int_equal(tn_profiler_lost(p), lost);
}

static void
marks_that_find_no_memory_are_counted_and_the_next_run_is_whole(void **state)
{
    bool failed = true;
    int n = 0;
    if (TN_CHECKS == 0)
        skip();
    for (; failed && n < MOST_ALLOCATIONS; n++) {
        tn_profiler *p = tn_profiler_new(heap_fixture_heap(state));
        tni_scratch_fail_after(n);
        run(p, DEPTH);
        tni_scratch_fail_after(-1);
        failed = tn_profiler_lost(p) > 0;
        expect_a_whole_run(p);
        tn_profiler_free(p);
    }
    assert_in_range(n, 8, MOST_ALLOCATIONS - 1);
}

static void
without_memory_there_is_no_profiler(void **state)
{
    if (TN_CHECKS == 0)
        skip();
    tni_scratch_fail_after(0);
    assert_null(tn_profiler_new(heap_fixture_heap(state)));
    tni_scratch_fail_after(-1);
    tn_profiler_free(NULL);
}

// A report of a function whose lines could not be noted leaves it out.
static void
a_function_without_lines_is_not_reported(void **state)
{
    char *text = NULL;
    size_t size;
    if (TN_CHECKS == 0)
        skip();
    tn_profiler *p = tn_profiler_new(heap_fixture_heap(state));
    FILE *out = open_memstream(&text, &size);
    tni_scratch_fail_after(1); // the function is known, its call is not
    tn_site site = {"marked.c", 1, "unknown"};
    tn_profiler_enter(p, &site);
    tni_scratch_fail_after(-1);
    assert_int_equal(tn_profiler_report(p, 1, NULL, out), TN_OK);
    fclose(out);
    assert_int_equal(size, 0);
    free(text);
    tn_profiler_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(marks_that_find_no_memory_are_counted_and_the_next_run_is_whole),
        HEAP_TEST(without_memory_there_is_no_profiler),
        HEAP_TEST(a_function_without_lines_is_not_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
