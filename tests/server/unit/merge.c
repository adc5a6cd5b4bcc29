// SPDX-License-Identifier: MIT
//
// Merge patches: the table of RFC 7396, appendix A, and what texts add to it.
#include "base/json.h"
#include "base/merge.h"
#include "support.h"

struct example {
    const char *target, *patch, *result;
};

static void
expect(const struct example *e)
{
    struct text t;
    text_init(&t);
    merge_patch(&t, span_of(e->target), span_of(e->patch));
    assert_false(t.failed);
    if (strcmp(t.data, e->result) != 0)
        fail_msg("%s with %s is %s, not %s", e->target ? e->target : "nothing", e->patch, t.data,
                 e->result);
    text_fini(&t);
}

#define EXPECT_ALL(examples)                                                                       \
    for (size_t i = 0; i < sizeof(examples) / sizeof((examples)[0]); i++)                          \
    expect(&(examples)[i])

// In the RFC's order. Where it shows an object with two members, ours are in the target's order.
static void
the_table_of_the_rfc_holds(void **state)
{
    static const struct example table[] = {
        {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
        {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
        {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
        {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
        {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
        {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
        {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
        {"{\"a\":\"foo\"}", "null", "null"},
        {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
        {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
        {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
        {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
    };
    EXPECT_ALL(table);
}

static void
numbers_and_strings_stay_as_they_were_written(void **state)
{
    static const struct example table[] = {
        {"{\"n\":1.0,\"big\":123456789012345678901234567890}", "{\"m\":1e2}",
         "{\"n\":1.0,\"big\":123456789012345678901234567890,\"m\":1e2}"},
        {"{\"s\":\"\\u00e9,\\\"}\"}", "{\"t\":\"{\\\\\"}",
         "{\"s\":\"\\u00e9,\\\"}\",\"t\":\"{\\\\\"}"},
        {NULL, "{\"a\":{\"b\":null,\"c\":[null]}}", "{\"a\":{\"c\":[null]}}"},
    };
    EXPECT_ALL(table);
}

static void
names_are_compared_as_they_are_meant(void **state)
{
    static const struct example table[] = {
        {"{\"a\":1}", "{\"\\u0061\":2}", "{\"a\":2}"},
        {"{\"\\u0061\":1}", "{\"a\":null}", "{}"},
        {"{\"\xf0\x9f\x98\x80\":1}", "{\"\\ud83d\\uDE00\":2}", "{\"\xf0\x9f\x98\x80\":2}"},
        {"{\"\xc3\xa9\xe2\x82\xac\":1}", "{\"\\u00e9\\u20AC\":2}", "{\"\xc3\xa9\xe2\x82\xac\":2}"},
        {"{\"\\/\\n\\t\\\"\\\\\":1}", "{\"/\\u000a\\u0009\\u0022\\u005c\":2}",
         "{\"\\/\\n\\t\\\"\\\\\":2}"},
        {"{\"\":1,\"a\":1}", "{\"\":2,\"ab\":3}", "{\"\":2,\"a\":1,\"ab\":3}"},
    };
    EXPECT_ALL(table);
}

// --- Beside a model: the same merge by jansson ------------------------------------------------

static json_t * /* new */
model_merge(const json_t *target, const json_t *patch)
{
    const char *key;
    json_t *value;
    if (!json_is_object(patch))
        return json_deep_copy(patch);
    json_t *result = json_is_object(target) ? json_deep_copy(target) : json_object();
    json_object_foreach((json_t *)patch, key, value)
    {
        if (json_is_null(value))
            json_object_del(result, key);
        else
            json_object_set_new(result, key, model_merge(json_object_get(result, key), value));
    }
    return result;
}

static json_t * /* new */
random_value(dice *d, int depth)
{
    if (depth == 0 || dice_chance(d, 30))
        return dice_chance(d, 30) ? json_null() : json_integer((json_int_t)dice_below(d, 9));
    json_t *object = json_object();
    for (size_t n = dice_below(d, 5); n > 0; n--) {
        char key[2] = {(char)('a' + dice_below(d, 5)), '\0'};
        json_object_set_new(object, key, random_value(d, depth - 1));
    }
    return object;
}

static void
random_patches_do_what_a_merge_of_values_does(void **state)
{
    dice d;
    dice_init(&d, "merge");
    for (size_t n = support_scaled(5000); n > 0; n--) {
        json_t *target = random_value(&d, 4), *patch = random_value(&d, 4);
        char *before = json_dumps(target, JSON_COMPACT | JSON_ENCODE_ANY);
        char *change = json_dumps(patch, JSON_COMPACT | JSON_ENCODE_ANY);
        json_t *expected = model_merge(target, patch);
        struct text t;
        text_init(&t);
        merge_patch(&t, span_of(before), span_of(change));
        json_t *got = json_loads(t.data, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
        DICE_ASSERT(&d, json_equal(got, expected));
        text_fini(&t);
        json_decref(got);
        json_decref(expected);
        json_decref(patch);
        json_decref(target);
        free(change);
        free(before);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_of_the_rfc_holds),
        cmocka_unit_test(numbers_and_strings_stay_as_they_were_written),
        cmocka_unit_test(names_are_compared_as_they_are_meant),
        cmocka_unit_test(random_patches_do_what_a_merge_of_values_does),
    };
    return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
