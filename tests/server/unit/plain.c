// SPDX-License-Identifier: MIT
//
// What is plain jansson reads as well, and what it refuses is not plain.
#include "base/json.h"
#include "base/plain.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
is_plain(const char *text)
{
    return plain_is_object(span_of(text));
}

static void
what_is_usually_sent_is_plain(void **state)
{
    static const char *const documents[] = {
        "{}",
        " { } \n",
        "{\"a\":{\"b\":[]},\"c\":{\"b\":[ ]}}",
        "{\"cart\":[1,-2,0.5,123456789012345678],\"on\":true,\"off\":false,\"no\":null}",
        "{ \"\" : \"\" ,\t\"~ !\" : \"/shop/items?a=1&b=<2>\" }\r\n",
        "{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}",
    };
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++)
        assert_true(is_plain(documents[i]));
}

static void
what_is_right_but_rare_is_left_to_the_reader(void **state)
{
    static const char *const documents[] = {
        "{\"a\":\"\\n\"}",  "{\"a\":\"\xc3\xa9\"}",
        "{\"a\":1e3}",      "{\"a\":1234567890123456789}",
        "{\"a\":\"\x7f\"}", "{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}",
    };
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++)
        assert_false(is_plain(documents[i]));
}

static void
what_is_wrong_is_not_plain(void **state)
{
    static const char *const documents[] = {
        "",
        " ",
        "[]",
        "1",
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\":01}",
        "{\"a\":-}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":+1}",
        "{\"a\":tru}",
        "{\"a\":[1}",
        "{\"a\":[1,]}",
        "{\"a\":\"x}",
        "{a:1}",
        "{\"a\":1} x",
        "{\"a\":1}{}",
        "{\"a\":1 2}",
        "{\"a\":1.2.3}",
        "{\"a\":truex}",
        "{\"a\":\"x\n\"}",
        "{\"a\n\":1}",
        "{\"a\":1,\"a\":2}",
        "{\"x\":{\"a\":1,\"b\":2,\"a\":3}}",
    };
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++)
        assert_false(is_plain(documents[i]));
    assert_false(plain_is_object((struct span){"{}\0", 3}));
}

// One more than there is room for.
static void
many_keys_are_left_to_the_reader(void **state)
{
    struct text t;
    text_init(&t);
    for (int i = 0; i < 64; i++)
        text_addf(&t, "%s\"k%d\":%d", i ? "," : "{", i, i);
    text_adds(&t, "}");
    assert_true(is_plain(t.data));
    t.data[--t.len] = '\0';
    text_adds(&t, ",\"k64\":1}");
    assert_false(is_plain(t.data));
    text_fini(&t);
}

static void
make_document(dice *d, struct text *t)
{
    static const char *const pieces[] = {"{",     "}",    "[", "]",  ",",  ":",  "\"a\"",
                                         "\"b\"", "1",    "0", "-",  ".5", "e1", "true",
                                         "false", "null", " ", "\n", "\"", "\\"};
    text_init(t);
    text_adds(t, "{\"a\":");
    for (size_t n = 1 + dice_below(d, 6); n > 0; n--)
        text_adds(t, pieces[dice_below(d, sizeof pieces / sizeof pieces[0])]);
    text_adds(t, "}");
}

static bool
is_read(struct span text)
{
    static const struct json_limits limits = {20, 1000, 8192, .as_text = true};
    char detail[160];
    json_t *root = NULL;
    enum json_fault fault = json_read(text, &limits, &root, detail, sizeof detail);
    json_decref(root);
    return fault == JSON_FINE;
}

static void
whatever_is_plain_is_read(void **state)
{
    dice d;
    size_t plain = 0;
    dice_init(&d, "plain");
    for (size_t n = support_scaled(200000); n > 0; n--) {
        struct text t;
        make_document(&d, &t);
        if (is_plain(t.data)) {
            plain++;
            DICE_ASSERT(&d, is_read((struct span){t.data, t.len}));
        }
        text_fini(&t);
    }
    assert_true(plain > 0);
}

static void
check_plain(const char *text, const char *expected)
{
    struct span value = {0};
    bool read = plain_read_member(span_of(text), "token", &value);
    if (read != (expected != NULL) || (read && !span_is(value, expected)))
        fail_msg("%s is %s", text, read ? "read" : "not read");
}

static void
one_plain_member_is_read_without_a_tree(void **state)
{
    check_plain("{\"token\":\"tn1_x-Y\"}", "tn1_x-Y");
    check_plain(" {\t\"token\" :\n\"a b\" }\r\n", "a b");
    check_plain("{\"token\":\"\"}", "");
}

static void
whatever_is_not_as_plain_is_left_to_the_reader(void **state)
{
    static const char *const others[] = {"",
                                         "{",
                                         "{}",
                                         "[]",
                                         "{\"token\"}",
                                         "{\"token\":}",
                                         "{\"token\":1}",
                                         "{\"token\":\"a\"",
                                         "{\"token\":\"a}",
                                         "{\"token\":\"a\"},",
                                         "{\"token\":\"a\",\"touch\":false}",
                                         "{\"token\":\"a\\u0062\"}",
                                         "{\"token\":\"\xc3\xa9\"}",
                                         "{\"tokens\":\"a\"}",
                                         "{\"toke\":\"a\"}",
                                         "{\"token\":\"a\x01\"}",
                                         "{\"token\":\"a\"}}",
                                         "x{\"token\":\"a\"}"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        check_plain(others[i], NULL);
}

static void
a_plain_document_has_at_most_128_bytes(void **state)
{
    char text[160], value[128];
    snprintf(value, sizeof value, "%0*d", 128 - 12, 0);
    snprintf(text, sizeof text, "{\"token\":\"%s\"}", value);
    assert_int_equal(strlen(text), 128);
    check_plain(text, value);
    strcat(text, " ");
    check_plain(text, NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_usually_sent_is_plain),
        cmocka_unit_test(what_is_right_but_rare_is_left_to_the_reader),
        cmocka_unit_test(what_is_wrong_is_not_plain),
        cmocka_unit_test(many_keys_are_left_to_the_reader),
        cmocka_unit_test(whatever_is_plain_is_read),
        cmocka_unit_test(one_plain_member_is_read_without_a_tree),
        cmocka_unit_test(whatever_is_not_as_plain_is_left_to_the_reader),
        cmocka_unit_test(a_plain_document_has_at_most_128_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
