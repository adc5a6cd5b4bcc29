// SPDX-License-Identifier: MIT
//
// 1L: memory by line.
//
// 166, not in C: usage is sampled from beside while a function runs, with interval and timeout,
// because every mark counts exactly what has changed by then and the timeline has its time.
// 167, not in C: a function is called again when there were too few samples, because there are
// no samples.
// 170, not in C: one of several measures of the process is chosen, because the heap's own account
// is exact and says nothing of the process.
// 171, not in C: the debugger stops where usage exceeds a limit, because a debugger of C has
// conditional watchpoints.
// 172, not in C: the project is not maintained any more, because that is no behaviour.
#include "heap_fixture.h"

#include <tenure/containers.h>

#include <setjmp.h>

enum { MIB = 1 << 20 };

typedef struct stage {
    tn_heap *heap;
    tn_type *domain;
    tn_profiler *p;
} stage;

static stage
stage_of(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    stage s = {heap, heap_type(heap, "blocks", NULL, TN_DOMAIN), tn_profiler_new(heap)};
    assert_non_null(s.p);
    return s;
}

static void *
take(const stage *s, size_t size)
{
    return tn_buffer_alloc(s->heap, s->domain, size);
}

static void
give(const stage *s, void *block, size_t size)
{
    tn_buffer_free(s->heap, s->domain, block, size);
}

// The [i]-th line of [function] that ran.
static tn_line
line_of(const stage *s, const char *function, size_t i)
{
    tn_line lines[16];
    size_t count = tn_profiler_get(s->p, function, lines, 16);
    assert_in_range(i, 0, count - 1);
    return lines[i];
}

static void
expect_line(const stage *s, const char *function, size_t i, size_t usage, int64_t increment,
            size_t occurrences)
{
    tn_line line = line_of(s, function, i);
    assert_int_equal(line.usage, usage);
    assert_int_equal(line.increment, increment);
    assert_int_equal(line.occurrences, occurrences);
}

static char *
report(const stage *s, int precision)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_int_equal(tn_profiler_report(s->p, precision, "..", out), TN_OK);
    fclose(out);
    return text;
}

// clang-format off
static void
my_function(const stage *s)
{
    TN_PROFILE(s->p);
    void *a = take(s, 8 * MIB); TN_LINE(s->p);
    void *b = take(s, 16 * MIB); TN_LINE(s->p);
    // not marked
    give(s, b, 16 * MIB); TN_LINE(s->p);
    void *c = take(s, 24 * MIB); TN_LINE(s->p);
    give(s, a, 8 * MIB);
    give(s, c, 24 * MIB);
    TN_LEAVE(s->p);
}
// clang-format on

static void
a_report_has_five_columns_and_as_many_decimals_as_wished_158(void **state)
{
    static const char head[] = "\n\nLine #    Mem usage    Increment  Occurrences   Line Contents\n"
                               "=============================================================\n";
    stage s = stage_of(state);
    my_function(&s);
    char *one = report(&s, 1), *three = report(&s, 3);
    assert_ptr_equal(strstr(one, "Filename: tests/lib/behaviours/1l_lines.c"), one);
    assert_non_null(strstr(one, head));
    assert_non_null(
        strstr(one, "     24.0 MiB     16.0 MiB           1       void *b = take(s, 16 * MIB);"));
    assert_non_null(strstr(one, "      8.0 MiB    -16.0 MiB           1       give(s, b, 16"));
    assert_non_null(strstr(three, "   24.000 MiB   16.000 MiB           1   "));
    free(one);
    free(three);
    tn_profiler_free(s.p);
}

static void
fill_in_a_loop(const stage *s, void **blocks, int count)
{
    TN_PROFILE(s->p);
    for (int i = 0; i < count; i++) {
        blocks[i] = take(s, MIB);
        TN_LINE(s->p);
    }
    TN_LEAVE(s->p);
}

static void
usage_is_the_most_increments_add_up_and_executions_count_159(void **state)
{
    void *blocks[12];
    stage s = stage_of(state);
    fill_in_a_loop(&s, blocks, 12);
    expect_line(&s, "fill_in_a_loop", 0, 0, 0, 1);
    expect_line(&s, "fill_in_a_loop", 1, 12 * MIB, 12 * MIB, 12);
    expect_line(&s, "fill_in_a_loop", 2, 12 * MIB, 0, 1);
    for (int i = 0; i < 12; i++)
        give(&s, blocks[i], MIB);
    tn_profiler_free(s.p);
}

static void
take_and_give(const stage *s, int rounds)
{
    TN_PROFILE(s->p);
    for (int i = 0; i < rounds; i++) {
        void *block = take(s, MIB);
        TN_LINE(s->p);
        give(s, block, MIB);
        TN_LINE(s->p);
    }
    TN_LEAVE(s->p);
}

static void
a_loop_that_frees_adds_up_to_nothing_160(void **state)
{
    stage s = stage_of(state);
    take_and_give(&s, 100);
    expect_line(&s, "take_and_give", 1, MIB, 100 * MIB, 100);
    expect_line(&s, "take_and_give", 2, 0, -100 * MIB, 100);
    tn_profiler_free(s.p);
}

static void
lines_that_did_not_run_are_blank_and_unused_functions_missing_161(void **state)
{
    stage s = stage_of(state);
    char *text = report(&s, 1);
    assert_string_equal(text, "");
    free(text);
    my_function(&s);
    text = report(&s, 1);
    assert_non_null(strstr(text, "                                            // not marked\n"));
    assert_null(strstr(text, "take_and_give"));
    free(text);
    tn_profiler_free(s.p);
}

static void
inner(const stage *s, void **block)
{
    TN_PROFILE(s->p);
    *block = take(s, MIB);
    TN_LEAVE(s->p);
}

static void
outer(const stage *s, void **blocks)
{
    TN_PROFILE(s->p);
    inner(s, &blocks[0]);
    TN_LINE(s->p);
    blocks[1] = take(s, 2 * MIB);
    TN_LEAVE(s->p);
}

static void
recurse(const stage *s, void **blocks, int depth)
{
    TN_PROFILE(s->p);
    blocks[depth] = take(s, MIB);
    TN_LINE(s->p);
    if (depth > 0)
        recurse(s, blocks, depth - 1);
    TN_LEAVE(s->p);
}

static void
nested_functions_have_tables_of_their_own_162(void **state)
{
    void *blocks[2];
    stage s = stage_of(state);
    outer(&s, blocks);
    expect_line(&s, "inner", 1, MIB, MIB, 1);
    expect_line(&s, "outer", 1, MIB, MIB, 1); // the call's line has what the call added
    expect_line(&s, "outer", 2, 3 * MIB, 2 * MIB, 1);
    give(&s, blocks[0], MIB);
    give(&s, blocks[1], 2 * MIB);
    tn_profiler_free(s.p);
}

static void
recursion_is_counted_call_by_call_162(void **state)
{
    void *blocks[3];
    stage s = stage_of(state);
    recurse(&s, blocks, 2);
    expect_line(&s, "recurse", 1, 3 * MIB, 3 * MIB, 3);
    expect_line(&s, "recurse", 2, 3 * MIB, (2 + 1) * MIB, 3); // what the calls inside added
    for (int i = 0; i < 3; i++)
        give(&s, blocks[i], MIB);
    tn_profiler_free(s.p);
}

static void
jump_out(const stage *s, jmp_buf *back)
{
    TN_PROFILE(s->p);
    longjmp(*back, 1);
}

static void
catch_a_jump(const stage *s)
{
    jmp_buf back;
    TN_PROFILE(s->p);
    if (setjmp(back) == 0)
        jump_out(s, &back);
    TN_LINE(s->p);
    TN_LEAVE(s->p);
}

static tn_object *
return_a_value(const stage *s)
{
    TN_PROFILE(s->p);
    return TN_RETURN(s->p, tn_list_new(s->heap));
}

static void
marks_pass_values_on_and_survive_a_jump_163(void **state)
{
    stage s = stage_of(state);
    catch_a_jump(&s);
    expect_line(&s, "catch_a_jump", 1, 0, 0, 1);
    tn_object *list = return_a_value(&s);
    assert_true(tn_is_list(tn_ref(list)));
    expect_line(&s, "return_a_value", 1, tn_sizeof(list), (int64_t)tn_sizeof(list), 1);
    tn_decref(list);
    tn_profiler_free(s.p);
}

static void
switching_off_is_counted_164(void **state)
{
    stage s = stage_of(state);
    tn_profiler_off(s.p);
    tn_profiler_off(s.p);
    take_and_give(&s, 1);
    tn_profiler_on(s.p);
    take_and_give(&s, 1);
    assert_int_equal(tn_profiler_get(s.p, "take_and_give", NULL, 0), 0);
    tn_profiler_on(s.p);
    take_and_give(&s, 1);
    expect_line(&s, "take_and_give", 1, MIB, MIB, 1);
    tn_profiler_free(s.p);
    s.p = NULL;
    take_and_give(&s, 1); // without a profiler, marks do nothing
}

static void
any_stream_takes_the_report_also_one_that_is_full_165(void **state)
{
    stage s = stage_of(state);
    take_and_give(&s, 1); // ß
    FILE *full = fopen("/dev/full", "w");
    assert_int_equal(tn_profiler_report(s.p, 1, "..", full), TN_EFILE);
    fclose(full);
    tn_profiler_free(s.p);
}

static char *
timeline_of(void (*run)(const stage *s, void **blocks), const stage *s, void **blocks)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    tn_profiler_timeline(s->p, out);
    run(s, blocks);
    tn_profiler_timeline(s->p, NULL);
    fclose(out);
    return text;
}

static size_t
count(const char *text, const char *words)
{
    size_t found = 0;
    for (; (text = strstr(text, words)) != NULL; text++)
        found++;
    return found;
}

static void
a_timeline_has_usage_and_functions_with_their_times_168(void **state)
{
    void *blocks[2];
    double start, end;
    stage s = stage_of(state);
    char *text = timeline_of(outer, &s, blocks);
    assert_int_equal(count(text, "MEM "), 5);
    assert_int_equal(count(text, "FUNC "), 2);
    const char *line = strstr(text, "FUNC outer 0.000000 ");
    assert_non_null(line);
    assert_int_equal(sscanf(line, "FUNC outer 0.000000 %lf 3.000000 %lf", &start, &end), 2);
    assert_true(start > 1e9 && end >= start);
    free(text);
    give(&s, blocks[0], MIB);
    give(&s, blocks[1], 2 * MIB);
    tn_profiler_free(s.p);
}

static void
a_function_inside_of_another_ends_before_it_169(void **state)
{
    void *blocks[2];
    stage s = stage_of(state);
    char *text = timeline_of(outer, &s, blocks);
    assert_true(strstr(text, "FUNC inner") < strstr(text, "FUNC outer"));
    free(text);
    give(&s, blocks[0], MIB);
    give(&s, blocks[1], 2 * MIB);
    tn_profiler_free(s.p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_report_has_five_columns_and_as_many_decimals_as_wished_158),
        HEAP_TEST(usage_is_the_most_increments_add_up_and_executions_count_159),
        HEAP_TEST(a_loop_that_frees_adds_up_to_nothing_160),
        HEAP_TEST(lines_that_did_not_run_are_blank_and_unused_functions_missing_161),
        HEAP_TEST(nested_functions_have_tables_of_their_own_162),
        HEAP_TEST(recursion_is_counted_call_by_call_162),
        HEAP_TEST(marks_pass_values_on_and_survive_a_jump_163),
        HEAP_TEST(switching_off_is_counted_164),
        HEAP_TEST(any_stream_takes_the_report_also_one_that_is_full_165),
        HEAP_TEST(a_timeline_has_usage_and_functions_with_their_times_168),
        HEAP_TEST(a_function_inside_of_another_ends_before_it_169),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
