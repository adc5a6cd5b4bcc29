// SPDX-License-Identifier: MIT
//
// server/base/rules.c: every form of a rule is read, and written so that it reads the same.
#include "support.h"

#include "base/json.h"
#include "base/rules.h"

static bool
read_rule(struct config_rule *rule, const char *name, const char *json, char error[256])
{
    json_t *object = json_loads(json, 0, NULL);
    assert_non_null(object);
    bool read = rules_read_one(rule, name, object, error, 256);
    json_decref(object);
    return read;
}

static void
assert_written(const struct config_rule *rule, const char *expected)
{
    struct text t;
    text_init(&t);
    text_adds(&t, "{");
    rules_add_members(&t, rule);
    text_adds(&t, "}");
    assert_string_equal(t.data, expected);
    text_fini(&t);
}

#define REST "\"action\":\"collect\",\"generation\":2,"
#define ZERO "\"min_interval\":\"0s\",\"jitter\":\"0s\",\"max_defer\":\"0s\"}"

static void
what_is_written_is_what_was_read(void **state)
{
    static const char *const rows[] = {
        "{\"name\":\"a\",\"enabled\":true,\"when\":{\"every\":\"60s\"}," REST ZERO,
        "{\"name\":\"a\",\"enabled\":false,\"when\":{\"every_requests\":10000}," REST ZERO,
        "{\"name\":\"a\",\"enabled\":true,\"when\":{\"idle_for\":\"100ms\"}," REST
        "\"budget_ms\":0," ZERO,
        "{\"name\":\"a\",\"enabled\":true,\"when\":{\"memory_above\":\"80%\"}," REST ZERO,
        "{\"name\":\"a\",\"enabled\":true,\"when\":{\"memory_above\":9007199254740992}," REST ZERO,
        "{\"name\":\"a\",\"enabled\":true,\"when\":{\"allocations_above\":700},\"action\":"
        "\"collect\",\"generation\":0," ZERO,
        "{\"name\":\"a\",\"enabled\":true,\"when\":{\"every\":\"24h\"},\"action\":\"refreeze\","
        "\"generation\":2,\"budget_ms\":60000,\"min_interval\":\"1500ms\",\"jitter\":\"1s\","
        "\"max_defer\":\"90m\"}",
        "{\"name\":\"a\",\"enabled\":true,\"when\":{\"every\":\"30d\"},\"action\":\"freeze\","
        "\"generation\":2," ZERO,
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config_rule rule;
        char error[256] = "";
        if (!read_rule(&rule, "", rows[i], error))
            fail_msg("%s: %s", rows[i], error);
        assert_written(&rule, rows[i]);
    }
}

static void
what_is_left_out_or_null_has_its_default(void **state)
{
    struct config_rule rule;
    char error[256];
    assert_true(read_rule(&rule, "a",
                          "{\"when\":{\"every\":\"1m\"},\"action\":\"collect\",\"jitter\":null,"
                          "\"budget_ms\":null,\"enabled\":null}",
                          error));
    assert_written(&rule,
                   "{\"name\":\"a\",\"enabled\":true,\"when\":{\"every\":\"60s\"}," REST ZERO);
    assert_int_equal(rule.budget_ms, CONFIG_DEFAULT_BUDGET);
}

static void
what_cannot_be_honoured_is_refused_by_its_name(void **state)
{
#define WHEN "\"when\":{\"every\":\"1s\"}"
    static const struct {
        const char *json, *error;
    } rows[] = {
        {"{\"name\":\"b\"," WHEN ",\"action\":\"collect\"}",
         "name: must be that of the path, or be left out"},
        {"{" WHEN "}", "action: is missing"},
        {"{\"when\":{},\"action\":\"collect\"}",
         "when: must have one member: every, every_requests, idle_for, memory_above or "
         "allocations_above"},
        {"{\"when\":{\"every\":\"1s\",\"idle_for\":\"1s\"},\"action\":\"collect\"}",
         "when: must have one member: every, every_requests, idle_for, memory_above or "
         "allocations_above"},
        {"{\"when\":{\"every\":60},\"action\":\"collect\"}",
         "when.every: \"\" is not a duration such as 60s"},
        {"{\"when\":{\"every\":\"31d\"},\"action\":\"collect\"}",
         "when.every: 31d is outside of 10ms to 30d"},
        {"{\"when\":{\"idle_for\":\"99ms\"},\"action\":\"collect\"}",
         "when.idle_for: 99ms is outside of 100ms to 30d"},
        {"{\"when\":{\"every_requests\":0},\"action\":\"collect\"}",
         "when.every_requests: must be a whole number from 1 to 9007199254740992"},
        {"{\"when\":{\"memory_above\":\"101%\"},\"action\":\"collect\"}",
         "when.memory_above: \"101%\" is not a share from 1% to 100%"},
        {"{\"when\":{\"memory_above\":\"80\"},\"action\":\"collect\"}",
         "when.memory_above: \"80\" is not a share from 1% to 100%"},
        {"{\"when\":{\"memory_above\":\"+8%\"},\"action\":\"collect\"}",
         "when.memory_above: \"+8%\" is not a share from 1% to 100%"},
        {"{\"when\":{\"memory_above\":0.8},\"action\":\"collect\"}",
         "when.memory_above: must be a whole number from 1 to 9007199254740992"},
        {"{\"when\":{\"allocations_above\":-1},\"action\":\"collect\"}",
         "when.allocations_above: must be a whole number from 1 to 9007199254740992"},
        {"{" WHEN ",\"action\":\"freeze\",\"generation\":1}",
         "generation: must be 2: what is frozen was collected before"},
        {"{" WHEN ",\"action\":\"collect\",\"jitter\":\"2s\"}",
         "jitter: must not be longer than the interval"},
        {"{" WHEN ",\"action\":\"collect\",\"min_interval\":1}",
         "min_interval: \"\" is not a duration such as 60s"},
        {"{" WHEN ",\"action\":\"collect\",\"max_defer\":\"x\"}",
         "max_defer: \"x\" is not a duration such as 60s"},
        {"{" WHEN ",\"action\":\"collect\",\"last_run\":null}", "last_run: unknown key"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config_rule rule;
        char error[256] = "";
        assert_false(read_rule(&rule, "a", rows[i].json, error));
        assert_string_equal(error, rows[i].error);
    }
}

static void
a_name_is_letters_digits_and_two_signs(void **state)
{
    assert_true(rules_is_name(SPAN("Full_2-a")));
    assert_false(rules_is_name(SPAN("")));
    assert_false(rules_is_name(SPAN("a b")));
    assert_false(rules_is_name(SPAN("a\0b")));
    char name[66];
    memset(name, 'a', sizeof name);
    assert_true(rules_is_name((struct span){name, 64}));
    assert_false(rules_is_name((struct span){name, 65}));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_what_was_read),
        cmocka_unit_test(what_is_left_out_or_null_has_its_default),
        cmocka_unit_test(what_cannot_be_honoured_is_refused_by_its_name),
        cmocka_unit_test(a_name_is_letters_digits_and_two_signs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
