// SPDX-License-Identifier: MIT
//
// 1K: snapshots of what the tracer knows.
#include "heap_fixture.h"

#include <tenure/containers.h>

static const tn_site outer = {"lib/outer.c", 1, "outer"}, inner = {"lib/inner.c", 2, "inner"},
                     other = {"app/other.c", 3, "other"};

// A line a trace: domain, type, tag, bytes, count, made twice, frames in all, then the frames.
static tn_snapshot *
load(const char *lines)
{
    char text[2000];
    int count = 0;
    for (const char *at = lines; *at != '\0'; at++)
        count += *at == '\n';
    int length = snprintf(text, sizeof text, "tenure-snapshot 1\n%send\t%d\n", lines, count);
    FILE *in = fmemopen(text, (size_t)length, "r");
    tn_snapshot *snapshot = NULL;
    assert_int_equal(tn_snapshot_load(in, &snapshot), TN_OK);
    fclose(in);
    return snapshot;
}

#define ROW(domain, bytes, count, frames)                                                          \
    "trace\t" domain "\tT\t\t" #bytes "\t" #count "\t" #bytes "\t" #count "\t3\t" frames "\n"
#define INNER "lib/inner.c\t2\tinner"
#define OUTER "lib/outer.c\t1\touter"
#define OTHER "app/other.c\t3\tother"

static const char first[] = ROW("objects", 100, 2, INNER "\t" OUTER) ROW("json", 30, 3, OTHER)
    ROW("objects", 10, 1, INNER "\t" INNER "\t" INNER);
static const char second[] = ROW("objects", 150, 3, INNER "\t" OUTER) ROW("json", 200, 3, OUTER);

static tn_statistics
statistics(const tn_snapshot *s, const tn_snapshot *older, tn_group group, unsigned flags)
{
    tn_statistics result;
    assert_int_equal(tn_snapshot_statistics(s, older, group, flags, &result), TN_OK);
    return result;
}

static void
expect_row(const tn_statistics *s, size_t i, const char *wanted)
{
    char text[300];
    assert_true(i < s->count);
    tn_statistic_format(&s->rows[i], s->is_diff, text, sizeof text);
    assert_string_equal(text, wanted);
}

static void
expect_rows(tn_statistics s, size_t count, const char *const *wanted)
{
    for (size_t i = 0; i < count; i++)
        expect_row(&s, i, wanted[i]);
    assert_int_equal(s.count, count);
    tn_statistics_free(&s);
}

#define EXPECT(statistics, ...)                                                                    \
    do {                                                                                           \
        const char *const wanted_[] = {__VA_ARGS__};                                               \
        expect_rows(statistics, sizeof wanted_ / sizeof *wanted_, wanted_);                        \
    } while (0)

static void
it_needs_a_tracer_and_is_a_copy_142(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_snapshot *snapshot = NULL;
    assert_int_equal(tn_snapshot_take(heap, &snapshot), TN_EOFF);
    assert_int_equal(tn_trace_start(heap, NULL), TN_OK);
    tn_object *list = tn_list_new(heap);
    size_t size = tn_sizeof(list);
    assert_int_equal(tn_snapshot_take(heap, &snapshot), TN_OK);
    tn_decref(list);
    tn_trace_stop(heap);
    tn_snapshot_trace t;
    assert_int_equal(tn_snapshot_len(snapshot), 1);
    assert_true(tn_snapshot_get(snapshot, 0, &t));
    assert_int_equal(t.bytes, size);
    assert_string_equal(t.domain, "objects");
    assert_string_equal(t.type, "list");
    tn_snapshot_free(snapshot);
}

static char *
dump(const tn_snapshot *snapshot)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_int_equal(tn_snapshot_dump(snapshot, out), TN_OK);
    fclose(out);
    return text;
}

static void
a_file_brings_it_back_with_its_notes_143(void **state)
{
    tn_snapshot *before = load(first), *after = NULL;
    assert_int_equal(tn_snapshot_set_note(before, "why", "old"), TN_OK);
    assert_int_equal(tn_snapshot_set_note(before, "why", "a\ttab, a \\ and\na line"), TN_OK);
    char *text = dump(before);
    FILE *in = fmemopen(text, strlen(text), "r");
    assert_int_equal(tn_snapshot_load(in, &after), TN_OK);
    fclose(in);
    char *again = dump(after);
    assert_string_equal(again, text);
    assert_string_equal(tn_snapshot_note(after, "why"), "a\ttab, a \\ and\na line");
    assert_null(tn_snapshot_note(after, "who"));
    free(text);
    free(again);
    tn_snapshot_free(before);
    tn_snapshot_free(after);
}

// Each prefix of a file, and each byte changed, is refused or read, and never more than that.
static void
a_damaged_file_is_refused_143(void **state)
{
    tn_snapshot *before = load(first);
    char *text = dump(before);
    size_t length = strlen(text);
    for (size_t i = 0; i < 2 * length; i++) {
        tn_snapshot *after = NULL;
        char *copy = strdup(text);
        if (i >= length)
            copy[i - length] ^= 1;
        FILE *in = fmemopen(copy, i < length ? i + 1 : length, "r");
        tn_err err = tn_snapshot_load(in, &after);
        assert_true(i + 2 >= length || err == TN_EINVAL);
        tn_snapshot_free(after);
        fclose(in);
        free(copy);
    }
    free(text);
    tn_snapshot_free(before);
}

static tn_snapshot *
filtered(const tn_snapshot *snapshot, const tn_filter *filters, size_t count)
{
    tn_snapshot *result = NULL;
    assert_int_equal(tn_snapshot_filter(snapshot, filters, count, &result), TN_OK);
    return result;
}

static void
expect_filtered(const char *lines, const tn_filter *filters, size_t count, size_t left)
{
    tn_snapshot *all = load(lines), *some = filtered(all, filters, count);
    assert_int_equal(tn_snapshot_len(some), left);
    tn_snapshot_free(some);
    tn_snapshot_free(all);
}

static void
one_inclusive_filter_must_match_and_no_exclusive_one_144(void **state)
{
    const tn_filter both[] = {{.inclusive = true, .file = "lib/inner.c"},
                              {.inclusive = true, .file = "app/other.c"},
                              {.inclusive = false, .domain = "json"}};
    expect_filtered(first, NULL, 0, 3);
    expect_filtered(first, both, 2, 3);
    expect_filtered(first, both, 3, 2);
    expect_filtered(first, both + 2, 1, 2);
}

static void
a_filter_has_a_glob_a_line_and_looks_at_one_frame_or_all_145(void **state)
{
    const tn_filter star[] = {{.inclusive = true, .file = "l*r.c"}};
    const tn_filter line[] = {{.inclusive = true, .file = "*", .line = 3}};
    const tn_filter newest[] = {{.inclusive = true, .file = "*/outer.c"}};
    const tn_filter any[] = {{.inclusive = true, .file = "*/outer.c", .all_frames = true}};
    const tn_filter none[] = {{.inclusive = false, .file = "*/outer.c", .all_frames = true}};
    expect_filtered(first, star, 1, 2);
    expect_filtered(first, line, 1, 1);
    expect_filtered(first, newest, 1, 0);
    expect_filtered(first, any, 1, 1);
    expect_filtered(first, none, 1, 2);
}

static void
a_filter_may_name_a_domain_146(void **state)
{
    const tn_filter only[] = {{.inclusive = true, .domain = "json"}};
    const tn_filter without[] = {{.inclusive = false, .domain = "json"}};
    expect_filtered(first, only, 1, 1);
    expect_filtered(first, without, 1, 2);
}

static void
statistics_are_by_line_file_or_traceback_147(void **state)
{
    tn_snapshot *s = load(first);
    tn_statistics unused;
    EXPECT(statistics(s, NULL, TN_BY_LINE, 0), "lib/inner.c:2: size=110 B, count=3, average=37 B",
           "app/other.c:3: size=30 B, count=3, average=10 B");
    EXPECT(statistics(s, NULL, TN_BY_FILE, 0), "lib/inner.c:0: size=110 B, count=3, average=37 B",
           "app/other.c:0: size=30 B, count=3, average=10 B");
    EXPECT(statistics(s, NULL, TN_BY_TRACEBACK, 0),
           "lib/inner.c:2: size=100 B, count=2, average=50 B",
           "app/other.c:3: size=30 B, count=3, average=10 B",
           "lib/inner.c:2: size=10 B, count=1, average=10 B");
    assert_int_equal(tn_snapshot_statistics(s, NULL, (tn_group)99, 0, &unused), TN_EINVAL);
    tn_snapshot_free(s);
}

static void
statistics_are_by_function_type_or_domain_too_147(void **state)
{
    tn_snapshot *s = load(first);
    EXPECT(statistics(s, NULL, TN_BY_FUNCTION, 0),
           "lib/inner.c:inner: size=110 B, count=3, average=37 B",
           "app/other.c:other: size=30 B, count=3, average=10 B");
    EXPECT(statistics(s, NULL, TN_BY_TYPE, 0), "T: size=140 B, count=6, average=23 B");
    EXPECT(statistics(s, NULL, TN_BY_DOMAIN, 0), "objects: size=110 B, count=3, average=37 B",
           "json: size=30 B, count=3, average=10 B");
    tn_snapshot_free(s);
}

// Python counts the last trace three times, because its frame stands there three times.
static void
cumulative_counts_every_frame_but_recursion_once_148(void **state)
{
    tn_snapshot *s = load(first);
    tn_statistics unused;
    EXPECT(statistics(s, NULL, TN_BY_LINE, TN_CUMULATIVE),
           "lib/inner.c:2: size=110 B, count=3, average=37 B",
           "lib/outer.c:1: size=100 B, count=2, average=50 B",
           "app/other.c:3: size=30 B, count=3, average=10 B");
    assert_int_equal(tn_snapshot_statistics(s, NULL, TN_BY_TRACEBACK, TN_CUMULATIVE, &unused),
                     TN_EINVAL);
    tn_snapshot_free(s);
}

static void
a_comparison_is_sorted_by_change_and_shows_what_vanished_149(void **state)
{
    tn_snapshot *old = load(first), *new = load(second);
    EXPECT(statistics(new, old, TN_BY_LINE, 0),
           "lib/outer.c:1: size=200 B (+200 B), count=3 (+3), average=67 B",
           "lib/inner.c:2: size=150 B (+40 B), count=3 (+0), average=50 B",
           "app/other.c:3: size=0 B (-30 B), count=0 (-3)");
    tn_snapshot_free(old);
    tn_snapshot_free(new);
}

static void
sizes_have_units_and_a_decimal_below_a_hundred_150(void **state)
{
    const struct {
        size_t size;
        const char *text;
    } rows[] = {
        {0, "?:0: size=0 B, count=1, average=0 B"},
        {10239, "?:0: size=10239 B, count=1, average=10239 B"},
        {10240, "?:0: size=10.0 KiB, count=1, average=10.0 KiB"},
        {102400, "?:0: size=100 KiB, count=1, average=100 KiB"},
        {UINT64_C(50) << 20, "?:0: size=50.0 MiB, count=1, average=50.0 MiB"},
        {UINT64_C(20000) << 40, "?:0: size=20000 TiB, count=1, average=20000 TiB"},
    };
    const tn_site frame = {"?", 0, ""};
    char text[200];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tn_statistic row = {.frames = &frame, .frame_count = 1, .size = rows[i].size, .count = 1};
        tn_statistic_format(&row, false, text, sizeof text);
        assert_string_equal(text, rows[i].text);
    }
}

static void
traces_and_frames_are_reached_by_number_151(void **state)
{
    tn_snapshot *s = load(first);
    tn_snapshot_trace t;
    assert_true(tn_snapshot_get(s, 0, &t));
    assert_int_equal(t.frame_count, 2);
    assert_string_equal(t.frames[0].file, inner.file);
    assert_string_equal(t.frames[1].function, outer.function);
    assert_true(tn_snapshot_get(s, 1, &t));
    assert_int_equal(t.frames[0].line, other.line);
    assert_false(tn_snapshot_get(s, 3, &t));
    tn_snapshot_free(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(it_needs_a_tracer_and_is_a_copy_142),
        HEAP_TEST(a_file_brings_it_back_with_its_notes_143),
        HEAP_TEST(a_damaged_file_is_refused_143),
        HEAP_TEST(one_inclusive_filter_must_match_and_no_exclusive_one_144),
        HEAP_TEST(a_filter_has_a_glob_a_line_and_looks_at_one_frame_or_all_145),
        HEAP_TEST(a_filter_may_name_a_domain_146),
        HEAP_TEST(statistics_are_by_line_file_or_traceback_147),
        HEAP_TEST(statistics_are_by_function_type_or_domain_too_147),
        HEAP_TEST(cumulative_counts_every_frame_but_recursion_once_148),
        HEAP_TEST(a_comparison_is_sorted_by_change_and_shows_what_vanished_149),
        HEAP_TEST(sizes_have_units_and_a_decimal_below_a_hundred_150),
        HEAP_TEST(traces_and_frames_are_reached_by_number_151),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
