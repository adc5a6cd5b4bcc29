// SPDX-License-Identifier: MIT
//
// server/base/json.c: limits that are counted before anything is built, and verbatim spans.
#include "support.h"

#include "base/json.h"

static const struct json_limits small = {.depth = 3, .members = 4, .string = 6};

static void
check_read(const char *text, enum json_fault expected, const char *in_detail)
{
    char detail[160] = "";
    json_t *root = NULL;
    enum json_fault fault = json_read(span_of(text), &small, &root, detail, sizeof detail);
    if (fault != expected)
        fail_msg("%s: %d, not %d: %s", text, fault, expected, detail);
    if (fault == JSON_FINE)
        json_decref(root);
    else if (strstr(detail, in_detail) == NULL)
        fail_msg("%s: \"%s\" lacks \"%s\"", text, detail, in_detail);
}

static void
an_object_within_the_limits_is_read(void **state)
{
    check_read("{}", JSON_FINE, "");
    check_read(" {\"a\" : [1, {}] } ", JSON_FINE, "");
    check_read("{\"a\":\"12345\"}", JSON_FINE, "");
    check_read("{\"a\":\"[{,\"}", JSON_FINE, ""); // brackets in a string do not count
}

static void
what_is_not_one_object_is_malformed(void **state)
{
    check_read("", JSON_MALFORMED, "empty");
    check_read("[]", JSON_MALFORMED, "object");
    check_read("1", JSON_MALFORMED, "line 1");
    check_read("{\"a\":1,}", JSON_MALFORMED, "line 1, column");
    check_read("{} {}", JSON_MALFORMED, "line 1");
    check_read("{\"a\":1,\"a\":2}", JSON_MALFORMED, "duplicate");
    check_read("{\"a\":1,\"\\u0061\":2}", JSON_MALFORMED, "duplicate");
    check_read("{\"a\":\"\xff\"}", JSON_MALFORMED, "decode byte");
    check_read("{\"a\":\"\\u0000\"}", JSON_MALFORMED, "line 1");
    check_read("{\"a", JSON_MALFORMED, "line 1");
    check_read("{\"a\\", JSON_MALFORMED, "line 1");
    check_read("}]}]", JSON_MALFORMED, "line 1");
}

static void
each_limit_holds_from_both_sides(void **state)
{
    check_read("{\"a\":{\"b\":{}}}", JSON_FINE, "");
    check_read("{\"a\":{\"b\":{\"c\":{}}}}", JSON_TOO_LARGE, "more levels than 3 at byte 15");
    check_read("{\"a\":[1,2,3]}", JSON_FINE, "");
    check_read("{\"a\":[1,2,3,4]}", JSON_TOO_LARGE, "more members than 4");
    check_read("{\"a\":[[],[],[]]}", JSON_FINE, "");
    check_read("{\"a\":\"1234567\"}", JSON_TOO_LARGE, "a string of more bytes than 6 at byte 5");
    check_read("{\"1234567\":1}", JSON_TOO_LARGE, "a string");
}

static void
a_deep_document_is_refused_before_it_is_built(void **state)
{
    size_t size = 1 << 20;
    char detail[160], *text = malloc(size);
    memset(text, '[', size);
    json_t *root;
    assert_int_equal(json_read((struct span){text, size}, &small, &root, detail, sizeof detail),
                     JSON_TOO_LARGE);
    free(text);
}

static void
check_member(const char *text, const char *name, const char *expected)
{
    struct span got = json_member_span(span_of(text), name);
    if (!span_equal(got, span_of(expected)))
        fail_msg("%s of %s is %.*s", name, text, (int)got.len, got.data != NULL ? got.data : "");
}

static void
a_member_is_given_as_it_was_written(void **state)
{
    const char *text = " { \"n\" : 1.50E+2 , \"s\":\"a\\\"}\" ,\"o\": {\"x\": [1, {\"n\":2}] },"
                       "\"t\":true }";
    check_member(text, "n", "1.50E+2");
    check_member(text, "s", "\"a\\\"}\"");
    check_member(text, "o", "{\"x\": [1, {\"n\":2}] }");
    check_member(text, "t", "true");
    check_member(text, "x", NULL);
    check_member("{}", "n", NULL);
}

static void
an_escaped_key_is_the_same_key(void **state)
{
    check_member("{\"\\u006e\\u0061me\":1}", "name", "1");
    check_member("{\"\\u006E\":1}", "n", "1");
    check_member("{\"n\\n\":1,\"\\n\":2}", "n", NULL);
    check_member("{\"\\u016e\":1}", "n", NULL);
}

static void
members_are_walked_with_their_keys_as_they_stand(void **state)
{
    struct span key, value, text = SPAN("{ \"a\\\"\" : [1,{}] ,\"\":{\"b\":2}, \"c\":null }");
    struct json_walk w = json_walk_members(text);
    assert_true(json_next_member(&w, &key, &value));
    assert_true(span_is(key, "a\\\"") && span_is(value, "[1,{}]"));
    assert_true(json_next_member(&w, &key, &value));
    assert_true(span_is(key, "") && span_is(value, "{\"b\":2}"));
    assert_true(json_next_member(&w, &key, &value));
    assert_true(span_is(key, "c") && span_is(value, "null"));
    assert_false(json_next_member(&w, &key, &value));
    w = json_walk_members(SPAN(" { } "));
    assert_false(json_next_member(&w, &key, &value));
}

static void
escapes_are_resolved_as_jansson_resolves_them(void **state)
{
    static const char string[] = "a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20ac\\ud83d\\uDE00\xc3\xa9z";
    char quoted[128];
    struct text t;
    text_init(&t);
    json_add_unescaped(&t, span_of(string));
    snprintf(quoted, sizeof quoted, "\"%s\"", string);
    json_t *value = json_loads(quoted, JSON_DECODE_ANY, NULL);
    assert_string_equal(t.data, json_string_value(value));
    json_decref(value);
    text_fini(&t);
}

// Where numbers are kept as text nobody needs to hold them.
static void
integers_beyond_64_bits_are_refused_unless_they_stay_text(void **state)
{
    struct span text = SPAN("{\"n\":123456789012345678901234567890}");
    struct json_limits limits = {.depth = 4, .members = 4, .string = 64};
    char detail[160];
    json_t *root;
    assert_int_equal(json_read(text, &limits, &root, detail, sizeof detail), JSON_MALFORMED);
    limits.as_text = true;
    assert_int_equal(json_read(text, &limits, &root, detail, sizeof detail), JSON_FINE);
    json_decref(root);
}

static void
compact_json_has_no_space_between_tokens(void **state)
{
    struct text t;
    text_init(&t);
    json_add_compact(&t, span_of("{ \"a b\" :\t[1 , \"\\\" \"],\r\n\"c\": -1.0e5 }"));
    assert_string_equal(t.data, "{\"a b\":[1,\"\\\" \"],\"c\":-1.0e5}");
    text_fini(&t);
}

static json_t * /* new */
read_with_leaf(const char *text)
{
    static const struct json_limits limits = {8, 40, 600, .as_text = true, .leaf = "data"};
    char detail[160];
    json_t *root = NULL;
    assert_int_equal(json_read(span_of(text), &limits, &root, detail, sizeof detail), JSON_FINE);
    return root;
}

static void
what_is_in_the_leaf_of_a_plain_document_is_not_built(void **state)
{
    json_t *root = read_with_leaf("{\"id\": \"u\", \"data\": {\"a\": [1, 2]}, \"n\": 1}");
    assert_int_equal(json_object_size(root), 3);
    assert_string_equal(json_string_value(json_object_get(root, "id")), "u");
    assert_true(json_is_object(json_object_get(root, "data")));
    assert_int_equal(json_object_size(json_object_get(root, "data")), 0);
    assert_true(json_is_real(json_object_get(root, "n")));
    json_decref(root);
}

// The leaf is not looked into; that its keys, and its own, are there once has been seen before.
static void
a_leaf_hides_no_key_that_is_there_twice(void **state)
{
    static const struct json_limits limits = {8, 40, 600, .as_text = true, .leaf = "data"};
    static const char *const documents[] = {
        "{\"data\":{},\"data\":{}}", "{\"data\":{},\"d\\u0061ta\":{}}",
        "{\"id\":1,\"data\":{},\"id\":1}", "{\"data\":{\"a\":1,\"a\":2}}",
        "{\"data\":{\"a\":{\"b\":1,\"b\":2}}}"};
    char detail[160];
    json_t *root;
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++)
        assert_int_equal(json_read(span_of(documents[i]), &limits, &root, detail, sizeof detail),
                         JSON_MALFORMED);
}

// 512 bytes, in which the leaf is two.
static void
what_stands_around_a_leaf_is_short_or_all_is_built(void **state)
{
    for (int over = 0; over < 2; over++) {
        char text[640], padding[600];
        int size = 512 - (int)strlen("{\"data\":{},\"x\":\"\"}") + over;
        snprintf(padding, sizeof padding, "%0*d", size, 0);
        snprintf(text, sizeof text, "{\"data\":{\"a\":1},\"x\":\"%s\"}", padding);
        json_t *root = read_with_leaf(text);
        assert_int_equal(json_object_size(json_object_get(root, "data")), over);
        assert_string_equal(json_string_value(json_object_get(root, "x")), padding);
        json_decref(root);
    }
}

// An escape makes a document one that is not plain, and so does much beside the leaf.
static void
other_documents_are_built_as_a_whole(void **state)
{
    char much[700] = "{\"data\":{\"a\":1},\"x\":\"";
    memset(much + strlen(much), 'x', 590);
    strcat(much, "\"}");
    const char *const documents[] = {"{\"data\":{\"a\":\"\\n\"}}", "{\"d\\u0061ta\":{\"a\":1}}",
                                     much};
    for (size_t i = 0; i < 3; i++) {
        json_t *root = read_with_leaf(documents[i]);
        assert_int_equal(json_object_size(json_object_get(root, "data")), 1);
        json_decref(root);
    }
    json_t *root = read_with_leaf("{\"data\":[1,2]}");
    assert_int_equal(json_array_size(json_object_get(root, "data")), 2);
    json_decref(root);
}

static void
a_check_says_what_a_reader_says(void **state)
{
    static const char *const documents[] = {
        "", "{}", "[]", "{\"a\":1,}", "{\"a\":\"\\n\"}", "{\"a\":1,\"a\":2}", "{\"a\":[[[[1]]]]}"};
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        char read_detail[160] = "", check_detail[160] = "";
        json_t *root = NULL;
        enum json_fault fault =
            json_read(span_of(documents[i]), &small, &root, read_detail, sizeof read_detail);
        json_decref(root);
        assert_int_equal(
            json_check(span_of(documents[i]), &small, check_detail, sizeof check_detail), fault);
        assert_string_equal(check_detail, read_detail);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_within_the_limits_is_read),
        cmocka_unit_test(what_is_not_one_object_is_malformed),
        cmocka_unit_test(each_limit_holds_from_both_sides),
        cmocka_unit_test(a_deep_document_is_refused_before_it_is_built),
        cmocka_unit_test(a_member_is_given_as_it_was_written),
        cmocka_unit_test(an_escaped_key_is_the_same_key),
        cmocka_unit_test(members_are_walked_with_their_keys_as_they_stand),
        cmocka_unit_test(escapes_are_resolved_as_jansson_resolves_them),
        cmocka_unit_test(integers_beyond_64_bits_are_refused_unless_they_stay_text),
        cmocka_unit_test(compact_json_has_no_space_between_tokens),
        cmocka_unit_test(what_is_in_the_leaf_of_a_plain_document_is_not_built),
        cmocka_unit_test(a_leaf_hides_no_key_that_is_there_twice),
        cmocka_unit_test(what_stands_around_a_leaf_is_short_or_all_is_built),
        cmocka_unit_test(other_documents_are_built_as_a_whole),
        cmocka_unit_test(a_check_says_what_a_reader_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
