// SPDX-License-Identifier: MIT
//
// What a condition accepts, word for word as RFC 9110 writes it.
#include "base/etag.h"
#include "support.h"

static const struct etag E = {12, 0xab};

static void
a_tag_is_version_dash_hash(void **state)
{
    char tag[ETAG_SIZE];
    etag_write(tag, E);
    assert_string_equal(tag, "\"12-00000000000000ab\"");
    assert_true(etag_list_has(tag, E));
    assert_true(etag_list_has_version(tag, 12));
}

static void
the_longest_tag_fits(void **state)
{
    char tag[ETAG_SIZE];
    etag_write(tag, (struct etag){INT64_MIN, UINT64_MAX});
    assert_string_equal(tag, "\"-9223372036854775808-ffffffffffffffff\"");
    assert_int_equal(strlen(tag) + 1, ETAG_SIZE);
}

static void
lists_that_follow_the_grammar_are_valid(void **state)
{
    static const char *const valid[] = {
        "*",          "\"\"",    "\"a\"",   "W/\"a\"",     "\"a\", \"b\"", "\"a\",W/\"b\"",
        "\"a\" ,, ,", ", \"a\"", "\"a,b\"", "\"\x80\xff\""};
    static const char *const wrong[] = {
        "",        " ",        ",",          "a",           "12",      "\"a",      "a\"",
        "w/\"a\"", "W/ \"a\"", "\"a\"\"b\"", "\"a\" \"b\"", "\"a b\"", "*, \"a\"", "**"};
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++)
        if (!etag_list_is_valid(valid[i]))
            fail_msg("%s is valid", valid[i]);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (etag_list_is_valid(wrong[i]))
            fail_msg("%s is not valid", wrong[i]);
}

static void
a_writer_names_the_version_before_the_dash(void **state)
{
    static const char *const matching[] = {
        "*", "\"12\"", "\"12-\"", "\"12-0\"", "\"11\", \"12-ff\"", "W/\"12\",\"12\""};
    static const char *const others[] = {"\"1\"",   "\"123\"",    "\"012\"", "\"-12\"",
                                         "\"x12\"", "W/\"12-0\"", "\"\""};
    for (size_t i = 0; i < sizeof matching / sizeof matching[0]; i++)
        if (!etag_list_has_version(matching[i], 12))
            fail_msg("%s names 12", matching[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (etag_list_has_version(others[i], 12))
            fail_msg("%s does not name 12", others[i]);
}

static void
a_reader_names_the_whole_tag_weak_or_not(void **state)
{
    assert_true(etag_list_has("*", E));
    assert_true(etag_list_has("W/\"12-00000000000000ab\"", E));
    assert_true(etag_list_has("\"x\",\"12-00000000000000ab\"", E));
    assert_false(etag_list_has("\"12\"", E));
    assert_false(etag_list_has("\"12-00000000000000ac\"", E));
    assert_false(etag_list_has("\"12-00000000000000ab0\"", E));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_is_version_dash_hash),
        cmocka_unit_test(the_longest_tag_fits),
        cmocka_unit_test(lists_that_follow_the_grammar_are_valid),
        cmocka_unit_test(a_writer_names_the_version_before_the_dash),
        cmocka_unit_test(a_reader_names_the_whole_tag_weak_or_not),
    };
    return cmocka_run_group_tests_name("etag", tests, NULL, NULL);
}
