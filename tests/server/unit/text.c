// SPDX-License-Identifier: MIT
//
// server/base/text.c: bytes that grow, JSON strings, times.
#include "support.h"

#include "base/text.h"

#include <time.h>

static void
check_json(struct span s, const char *expected)
{
    struct text t;
    text_init(&t);
    text_add_json(&t, s);
    assert_false(t.failed);
    assert_string_equal(t.data, expected);
    text_fini(&t);
}

static void
check_time(int64_t ms, const char *expected)
{
    struct text t;
    text_init(&t);
    text_add_time(&t, ms);
    assert_string_equal(t.data, expected);
    assert_int_equal(t.len, 26);
    text_fini(&t);
}

static void
an_absent_span_equals_only_an_absent_span(void **state)
{
    assert_true(span_is(span_of("a"), "a"));
    assert_false(span_is(span_of("ab"), "a"));
    assert_false(span_equal(span_of(NULL), span_of("")));
    assert_true(span_equal(span_of(NULL), (struct span){0}));
    assert_int_equal(SPAN("four").len, 4);
}

static void
a_text_ends_with_a_nul_however_it_grew(void **state)
{
    struct text t;
    text_init(&t);
    for (int i = 0; i < 1000; i++) {
        text_addf(&t, "%d", i % 10);
        assert_int_equal(strlen(t.data), t.len);
    }
    text_add(&t, "", 0);
    text_adds(&t, "x");
    text_add_span(&t, span_of("yz"));
    assert_int_equal(t.len, 1003);
    assert_string_equal(t.data + 998, "89xyz");
    text_fini(&t);
}

static void
a_text_that_ran_out_of_memory_ignores_what_follows(void **state)
{
    struct text t;
    text_init(&t);
    text_adds(&t, "kept");
    text_add(&t, "x", SIZE_MAX / 2 + 2);
    assert_true(t.failed);
    text_adds(&t, "more");
    assert_string_equal(t.data, "kept");
    text_fini(&t);
}

static void
integers_keep_both_ends_of_their_range(void **state)
{
    struct text t;
    text_init(&t);
    text_add_int(&t, 0);
    text_adds(&t, " ");
    text_add_int(&t, INT64_MIN);
    text_adds(&t, " ");
    text_add_int(&t, INT64_MAX);
    assert_string_equal(t.data, "0 -9223372036854775808 9223372036854775807");
    text_fini(&t);
}

static void
hex_has_as_many_digits_as_asked_for(void **state)
{
    char digits[] = "-----";
    assert_ptr_equal(text_write_hex(digits, 4, 0xab12f), digits + 4);
    assert_string_equal(digits, "b12f-");
    text_write_hex(digits, 4, 0xa);
    assert_string_equal(digits, "000a-");
}

static void
json_strings_are_quoted_and_escaped(void **state)
{
    check_json(span_of(NULL), "null");
    check_json(span_of(""), "\"\"");
    check_json(span_of("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
    check_json(span_of("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
    check_json(SPAN("\x00\x1f\x7f"), "\"\\u0000\\u001f\\u007f\"");
}

static void
json_strings_are_utf8_whatever_comes_in(void **state)
{
    check_json(span_of("é€😀"), "\"é€😀\"");
    check_json(span_of("\xff"), "\"\xef\xbf\xbd\"");
    check_json(span_of("a\xc3"), "\"a\xef\xbf\xbd\"");                               // cut off
    check_json(span_of("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");                 // overlong
    check_json(span_of("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); // surrogate
    check_json(span_of("\xf4\x8f\xbf\xbf"), "\"\xf4\x8f\xbf\xbf\"");                 // U+10FFFF
    check_json(span_of("\xf5"), "\"\xef\xbf\xbd\"");
}

static void
times_are_rfc_3339_with_milliseconds(void **state)
{
    check_time(0, "\"1970-01-01T00:00:00.000Z\"");
    check_time(951827696789, "\"2000-02-29T12:34:56.789Z\"");
    check_time(1795339500123, "\"2026-11-22T09:25:00.123Z\"");
    check_time(-1, "\"1970-01-01T00:00:00.000Z\"");
    check_time(INT64_MAX, "\"9999-12-31T23:59:59.999Z\"");
}

static void
times_agree_with_gmtime_on_every_day_of_four_centuries(void **state)
{
    for (int64_t day = 0; day < 146097 + 1000; day++) {
        time_t seconds = day * 86400 + day % 86400;
        struct tm tm;
        char expected[64];
        strftime(expected, sizeof expected, "\"%Y-%m-%dT%H:%M:%S.000Z\"", gmtime_r(&seconds, &tm));
        check_time((int64_t)seconds * 1000, expected);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_absent_span_equals_only_an_absent_span),
        cmocka_unit_test(a_text_ends_with_a_nul_however_it_grew),
        cmocka_unit_test(a_text_that_ran_out_of_memory_ignores_what_follows),
        cmocka_unit_test(integers_keep_both_ends_of_their_range),
        cmocka_unit_test(hex_has_as_many_digits_as_asked_for),
        cmocka_unit_test(json_strings_are_quoted_and_escaped),
        cmocka_unit_test(json_strings_are_utf8_whatever_comes_in),
        cmocka_unit_test(times_are_rfc_3339_with_milliseconds),
        cmocka_unit_test(times_agree_with_gmtime_on_every_day_of_four_centuries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
