// SPDX-License-Identifier: MIT
//
// server/base/config.c and rules.c: where a value comes from, and what is said when it is wrong.
#include "support.h"

#include "base/config.h"
#include "base/json.h"

#include <unistd.h>

#define TOKEN "a-token-of-exactly-32-characters"
#define OTHER "another-token-which-is-a-bit-longer"
#define SHORT "a-token-of-only-31-characters--"

struct loading {
    struct config config;
    char error[256];
    bool loaded;
};

// Loads with up to four arguments and one environment variable, which may be NULL.
static struct loading
load(char *variable, char *a, char *b, char *c, char *d)
{
    struct loading l = {.error = ""};
    char *argv[] = {"tenured", a, b, c, d, NULL}, *environment[] = {variable, NULL};
    int argc = 1;
    while (argv[argc] != NULL)
        argc++;
    l.loaded = config_load(&l.config, argc, argv, environment, l.error, sizeof l.error);
    return l;
}

static struct loading
load_set(char *assignment)
{
    return load(NULL, "--set", assignment, NULL, NULL);
}

static void
check_error(struct loading l, const char *expected)
{
    assert_false(l.loaded);
    assert_string_equal(l.error, expected);
}

// A file of [content] in the test's directory; the name is static.
static char *
write_file(const char *content)
{
    static char path[] = "/tmp/tenured-config-test-XXXXXX";
    strcpy(path + sizeof path - 7, "XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    close(fd);
    return path;
}

static void
check_file_error(const char *content, const char *expected)
{
    char *path = write_file(content), sentence[256];
    snprintf(sentence, sizeof sentence, "%s (%s)", expected, path);
    check_error(load(NULL, "--config", path, NULL, NULL), sentence);
    unlink(path);
}

static void
without_any_place_every_key_has_its_default(void **state)
{
    struct loading l = load(NULL, NULL, NULL, NULL, NULL);
    assert_true(l.loaded);
    assert_string_equal(l.config.listen_data, "127.0.0.1:8080");
    assert_int_equal(l.config.limits_body, 65536);
    assert_int_equal(l.config.sessions_idle_ttl_ms, 1800000);
    assert_true(l.config.gc_freeze_at_start);
    assert_int_equal(l.config.rule_count, 2);
    assert_string_equal(l.config.rules[0].name, "full");
    assert_int_equal(l.config.rules[0].trigger, RULE_EVERY);
    assert_int_equal(l.config.rules[0].amount, 60000);
    assert_string_equal(l.config.rules[1].name, "memory");
    assert_int_equal(l.config.rules[1].trigger, RULE_MEMORY_ABOVE);
    assert_true(l.config.rules[1].is_share && l.config.rules[1].amount == 80);
    assert_int_equal(l.config.rules[0].generation, 2);
    assert_null(l.config.ports_file);
    config_fini(&l.config);
}

static void
assert_same_config(const struct config *a, const struct config *b)
{
    const char *const strings[][2] = {
        {a->listen_data, b->listen_data},
        {a->listen_admin, b->listen_admin},
        {a->store_kind, b->store_kind},
        {a->store_path, b->store_path},
        {a->store_conninfo, b->store_conninfo},
        {a->sessions_per_user_policy, b->sessions_per_user_policy},
        {a->log_level, b->log_level},
        {a->shown, b->shown},
    };
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
        assert_string_equal(strings[i][0], strings[i][1]);
    struct config x = *a, y = *b;
    x.listen_data = x.listen_admin = x.store_kind = x.store_path = NULL;
    y.listen_data = y.listen_admin = y.store_kind = y.store_path = NULL;
    x.shown = y.shown = x.store_conninfo = y.store_conninfo = NULL;
    x.sessions_per_user_policy = x.log_level = y.sessions_per_user_policy = y.log_level = NULL;
    assert_memory_equal(&x, &y, sizeof x);
}

static void
the_shipped_file_is_the_defaults(void **state)
{
    struct loading defaults = load(NULL, NULL, NULL, NULL, NULL);
    struct loading file = load(NULL, "--config", "../config/tenured.json", NULL, NULL);
    assert_string_equal(file.error, "");
    assert_true(defaults.loaded && file.loaded);
    assert_same_config(&file.config, &defaults.config);
    config_fini(&defaults.config);
    config_fini(&file.config);
}

static void
a_later_place_wins(void **state)
{
    char *path = write_file("{\"shards\": 2, \"store\": {\"queue\": 2, \"lookups\": 2}}");
    char *argv[] = {"tenured", "--set", "store.lookups=4", "--config", path, NULL};
    char *environment[] = {"PATH=x",
                           "TENURED_STORE__QUEUE=3",
                           "TENURED_STORE__LOOKUPS=3",
                           "TENURED_TEST_ANYTHING=x",
                           "TENURED=x",
                           NULL};
    struct config config;
    char error[256];
    assert_true(config_load(&config, 5, argv, environment, error, sizeof error));
    assert_int_equal(config.shards, 2);
    assert_int_equal(config.store_queue, 3);
    assert_int_equal(config.store_lookups, 4);
    config_fini(&config);
    unlink(path);
}

static void
a_variable_may_name_a_file(void **state)
{
    char *path = write_file("45m\n"), variable[128];
    snprintf(variable, sizeof variable, "TENURED_SESSIONS__IDLE_TTL_FILE=%s", path);
    struct loading l = load(variable, NULL, NULL, NULL, NULL);
    assert_true(l.loaded);
    assert_int_equal(l.config.sessions_idle_ttl_ms, 45 * 60000);
    config_fini(&l.config);
    unlink(path);
}

static void
a_file_that_is_not_there_is_named(void **state)
{
    check_error(load("TENURED_STORE__PATH_FILE=/nowhere/x", NULL, NULL, NULL, NULL),
                "store.path: the file /nowhere/x cannot be read: No such file or directory "
                "(environment variable TENURED_STORE__PATH_FILE)");
    check_error(load(NULL, "--config", "/nowhere/x", NULL, NULL),
                "--config: the file cannot be read: No such file or directory (/nowhere/x)");
}

static void
a_key_given_twice_by_the_environment_is_refused(void **state)
{
    char *argv[] = {"tenured", NULL};
    char *environment[] = {"TENURED_SHARDS=1", "TENURED_SHARDS_FILE=/nowhere", NULL};
    struct config config;
    char error[256];
    assert_false(config_load(&config, 1, argv, environment, error, sizeof error));
    assert_string_equal(error, "shards: both the variable and its _FILE form are set (environment "
                               "variable TENURED_SHARDS_FILE)");
}

static void
unknown_keys_are_refused_wherever_they_stand(void **state)
{
    check_file_error("{\"shard\": 1}", "shard: unknown key");
    check_file_error("{\"store\": {\"kin\": \"memory\"}}", "store.kin: unknown key");
    check_error(load("TENURED_SHARD=1", NULL, NULL, NULL, NULL),
                "TENURED_SHARD: no key of this name (environment variable)");
    check_error(load("TENURED_STORE_QUEUE=1", NULL, NULL, NULL, NULL),
                "TENURED_STORE_QUEUE: no key of this name (environment variable)");
    check_error(load_set("store=1"), "store: unknown key (--set)");
    check_error(load_set("nothing"), "nothing: is not of the form key=value (--set)");
    check_error(load(NULL, "--prot", "x", NULL, NULL), "--prot: no such argument (command line)");
    check_error(load(NULL, "--set", NULL, NULL, NULL), "--set: needs a value (command line)");
}

static void
wrong_types_are_refused(void **state)
{
    check_file_error("{\"shards\": \"1\"}", "shards: must be a whole number");
    check_file_error("{\"shards\": 1.5}", "shards: must be a whole number");
    check_file_error("{\"store\": 1}", "store: must be an object");
    check_file_error("{\"store\": {\"path\": 1}}", "store.path: must be a string");
    check_file_error("{\"gc\": {\"freeze_at_start\": 1}}",
                     "gc.freeze_at_start: must be true or false");
    check_file_error("{\"sessions\": {\"idle_ttl\": 60}}",
                     "sessions.idle_ttl: must be a duration such as \"10s\"");
    check_file_error("{\"gc\": {\"schedules\": {}}}", "gc.schedules: must be a list of rules");
    check_file_error("[]", "--config: the file must hold an object");
    check_error(load_set("shards=many"), "shards: must be a whole number (--set)");
}

static void
a_file_that_is_not_json_is_refused_with_its_line(void **state)
{
    char *path = write_file("{\n\"shards\": }");
    struct loading l = load(NULL, "--config", path, NULL, NULL);
    assert_false(l.loaded);
    assert_non_null(strstr(l.error, "--config: line 2: "));
    unlink(path);
}

static void
ranges_hold_from_both_sides(void **state)
{
    struct loading l = load_set("limits.body=256");
    assert_true(l.loaded);
    config_fini(&l.config);
    check_error(load_set("limits.body=255"),
                "limits.body: 255 is outside of 256 to 16777216 (--set)");
    check_error(load_set("limits.body=16777217"),
                "limits.body: 16777217 is outside of 256 to 16777216 (--set)");
    check_error(load_set("http.idle_timeout=2h"),
                "http.idle_timeout: 2h is outside of 1000ms to 3600000ms (--set)");
    check_error(load_set("log.level=inf"),
                "log.level: \"inf\" is none of: debug info warn error (--set)");
    check_error(load_set("store.kind=sqlite memory"),
                "store.kind: \"sqlite memory\" is none of: sqlite memory postgres (--set)");
    check_error(load_set("gc.share=0.005"), "gc.share: 0.005 is outside of 0.01 to 1 (--set)");
    check_error(load_set("gc.share=1.5"), "gc.share: 1.5 is outside of 0.01 to 1 (--set)");
    check_error(load_set("gc.share=\"1\""), "gc.share: must be a number (--set)");
    check_error(load_set("gc.default_budget_ms=60001"),
                "gc.default_budget_ms: 60001 is outside of 0 to 60000 (--set)");
    check_error(load_set("sessions.jitter=0.6"),
                "sessions.jitter: 0.6 is outside of 0 to 0.5 (--set)");
    check_error(load_set("store.path="), "store.path: must not be empty (--set)");
}

static void
no_time_to_live_exceeds_max_ttl(void **state)
{
    check_error(load_set("sessions.max_ttl=1h"),
                "sessions.absolute_ttl: 86400000ms is more than sessions.max_ttl, 3600000ms (all "
                "places together)");
    check_error(load_set("sessions.idle_ttl=31d"),
                "sessions.idle_ttl: 2678400000ms is more than sessions.max_ttl, 2592000000ms (all "
                "places together)");
}

static void
a_plane_that_others_can_reach_needs_a_token(void **state)
{
    static char *const fine[] = {"listen.data=127.1.2.3:0", "listen.data=[::1]:8080",
                                 "listen.admin=localhost:65535"};
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        struct loading l = load_set(fine[i]);
        assert_string_equal(l.error, "");
        config_fini(&l.config);
    }
    check_error(load_set("listen.data=0.0.0.0:80"),
                "listen.data: 0.0.0.0 is not a loopback address, so this plane needs a token in "
                "auth.data (all places together)");
    check_error(load_set("listen.admin=[::]:80"),
                "listen.admin: :: is not a loopback address, so this plane needs a token in "
                "auth.read, auth.operate or auth.dump (all places together)");
    check_error(load("TENURED_AUTH__DATA=" TOKEN, "--set", "listen.admin=10.0.0.1:80", NULL, NULL),
                "listen.admin: 10.0.0.1 is not a loopback address, so this plane needs a token in "
                "auth.read, auth.operate or auth.dump (all places together)");
    check_error(load_set("listen.data=8080"),
                "listen.data: \"8080\" is not of the form 127.0.0.1:8080 or [::1]:8080 (--set)");
    check_error(load_set("listen.data=example.com:80"),
                "listen.data: example.com is not an address to listen on (--set)");
    struct loading l =
        load("TENURED_AUTH__DUMP=" TOKEN, "--set", "listen.admin=[::]:80", NULL, NULL);
    assert_string_equal(l.error, "");
    config_fini(&l.config);
}

// --- Tokens and hosts ----------------------------------------------------------------------------

static void
assert_tokens(struct loading l, const char *first, const char *second)
{
    const char *const expected[] = {first, second};
    assert_string_equal(l.error, "");
    assert_int_equal(l.config.auth_data.count, second != NULL ? 2 : 1);
    for (size_t i = 0; i < l.config.auth_data.count; i++) {
        uint8_t hash[SECRET_SHA256_SIZE];
        secret_sha256(span_of(expected[i]), hash);
        assert_memory_equal(l.config.auth_data.hash[i], hash, sizeof hash);
    }
    config_fini(&l.config);
}

static void
tokens_come_from_every_place(void **state)
{
    assert_tokens(load("TENURED_AUTH__DATA=" TOKEN, NULL, NULL, NULL, NULL), TOKEN, NULL);
    assert_tokens(load("TENURED_AUTH__DATA=[\"" TOKEN "\",\"" OTHER "\"]", NULL, NULL, NULL, NULL),
                  TOKEN, OTHER);
    assert_tokens(load_set("auth.data=" TOKEN), TOKEN, NULL);
    char *path = write_file("{\"auth\": {\"data\": [\"" TOKEN "\", \"" OTHER "\"]}}");
    assert_tokens(load(NULL, "--config", path, NULL, NULL), TOKEN, OTHER);
    unlink(path);
}

static void
a_file_of_tokens_has_one_a_line_or_is_a_list(void **state)
{
    static const char *const contents[] = {TOKEN "\n" OTHER "\n", TOKEN "\r\n" OTHER,
                                           "[\"" TOKEN "\",\n \"" OTHER "\"]\n"};
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        char *path = write_file(contents[i]), variable[128];
        snprintf(variable, sizeof variable, "TENURED_AUTH__DATA_FILE=%s", path);
        assert_tokens(load(variable, NULL, NULL, NULL, NULL), TOKEN, OTHER);
        unlink(path);
    }
}

static void
a_later_list_replaces_an_earlier_one(void **state)
{
    assert_tokens(load("TENURED_AUTH__DATA=[\"" TOKEN "\",\"" OTHER "\"]", "--set",
                       "auth.data=" OTHER, NULL, NULL),
                  OTHER, NULL);
    struct loading l = load("TENURED_AUTH__DATA=" TOKEN, "--set", "auth.data=[]", NULL, NULL);
    assert_int_equal(l.config.auth_data.count, 0);
    config_fini(&l.config);
}

static void
a_wrong_token_is_refused_and_not_shown(void **state)
{
    check_error(load_set("auth.data=" SHORT),
                "auth.data: token 1 has 31 characters, not 32 to 512 (--set)");
    check_error(load_set("auth.read=[\"" TOKEN "\",\"\"]"),
                "auth.read: token 2 has 0 characters, not 32 to 512 (--set)");
    check_error(load("TENURED_AUTH__DUMP=", NULL, NULL, NULL, NULL),
                "auth.dump: token 1 has 0 characters, not 32 to 512 (environment variable "
                "TENURED_AUTH__DUMP)");
    check_error(load_set("auth.data=a token of more than 32 characters"),
                "auth.data: token 1 has a character that is not ASCII text (--set)");
    check_error(load_set("auth.data=[1]"), "auth.data: must be a list of strings (--set)");
    check_error(load_set("auth.data=[\"" TOKEN "\""),
                "auth.data: must be a list of strings (--set)");
    check_file_error("{\"auth\": {\"data\": \"" TOKEN "\"}}",
                     "auth.data: must be a list of strings");
    char *path = write_file("{\"auth\": {\"data\": [\"" TOKEN "\" \"x\"]}}");
    struct loading l = load(NULL, "--config", path, NULL, NULL);
    assert_non_null(strstr(l.error, "--config: line 1: "));
    assert_null(strstr(l.error, "\"x"));
    unlink(path);
}

static void
lists_have_an_end(void **state)
{
    char list[2048] = "auth.data=[";
    for (int i = 0; i < CONFIG_MAX_TOKENS + 1; i++)
        strcat(list, i == 0 ? "\"" TOKEN "\"" : ",\"" TOKEN "\"");
    strcat(list, "]");
    check_error(load_set(list), "auth.data: has more than 16 items (--set)");
    memmove(strrchr(list, ','), "]", 2);
    struct loading l = load_set(list);
    assert_int_equal(l.config.auth_data.count, CONFIG_MAX_TOKENS);
    config_fini(&l.config);
}

static void
hosts_are_names_without_ports(void **state)
{
    struct loading l = load_set("http.hosts=[\"api.example.org\",\"10.0.0.1\",\"fe80::1\"]");
    assert_string_equal(l.error, "");
    assert_int_equal(l.config.http_hosts.count, 3);
    assert_string_equal(l.config.http_hosts.name[2], "fe80::1");
    config_fini(&l.config);
    check_error(
        load_set("http.hosts=api.example.org:80"),
        "http.hosts: \"api.example.org:80\" is not a name or an address without a port (--set)");
    check_error(load_set("http.hosts=[\"\"]"),
                "http.hosts: \"\" is not a name or an address without a port (--set)");
}

// --- What is shown -------------------------------------------------------------------------------

static void
what_is_shown_is_a_file_with_masked_tokens(void **state)
{
    struct loading l = load("TENURED_AUTH__DATA=[\"" TOKEN "\",\"" OTHER "\"]", "--set",
                            "sessions.idle_ttl=90s", "--set", "shards=3");
    assert_string_equal(l.error, "");
    assert_null(strstr(l.config.shown, TOKEN));
    json_t *shown = json_loads(l.config.shown, JSON_REJECT_DUPLICATES, NULL);
    json_t *tokens = json_object_get(json_object_get(shown, "auth"), "data");
    assert_int_equal(json_array_size(tokens), 2);
    assert_string_equal(json_string_value(json_array_get(tokens, 1)), "***");
    json_array_set_new(tokens, 0, json_string(TOKEN));
    json_array_set_new(tokens, 1, json_string(OTHER));
    char *text = json_dumps(shown, 0), *path = write_file(text);
    struct loading again = load(NULL, "--config", path, NULL, NULL);
    assert_string_equal(again.error, "");
    assert_string_equal(again.config.shown, l.config.shown);
    assert_same_config(&again.config, &l.config);
    unlink(path);
    free(text);
    json_decref(shown);
    config_fini(&again.config);
    config_fini(&l.config);
}

// --- Rules ---------------------------------------------------------------------------------------

static void
check_rule_error(const char *rule, const char *expected)
{
    char assignment[512], sentence[512];
    snprintf(assignment, sizeof assignment, "gc.schedules=[%s]", rule);
    snprintf(sentence, sizeof sentence, "gc.schedules[0]%s (--set)", expected);
    check_error(load_set(assignment), sentence);
}

static void
rules_are_read(void **state)
{
    struct loading l = load_set("gc.schedules=[]");
    assert_true(l.loaded);
    assert_int_equal(l.config.rule_count, 0);
    config_fini(&l.config);
    l = load_set("gc.schedules=[{\"name\":\"a\",\"when\":{\"every\":\"1s\"},\"action\":\"collect\","
                 "\"generation\":0,\"enabled\":false},{\"name\":\"b\",\"when\":{\"every\":\"1s\"},"
                 "\"action\":\"collect\",\"budget_ms\":60000}]");
    assert_string_equal(l.error, "");
    assert_int_equal(l.config.rule_count, 2);
    assert_int_equal(l.config.rules[0].generation, 0);
    assert_int_equal(l.config.rules[0].budget_ms, CONFIG_DEFAULT_BUDGET);
    assert_int_equal(l.config.rules[1].budget_ms, 60000);
    assert_false(l.config.rules[0].enabled);
    config_fini(&l.config);
}

#define WHEN   "\"when\":{\"every\":\"1s\"}"
#define ACTION "\"action\":\"collect\""

static void
a_rule_that_is_not_honoured_is_refused(void **state)
{
    check_rule_error("1", ": must be an object");
    check_rule_error("{" WHEN "," ACTION "}", ".name: is missing");
    check_rule_error("{\"name\":\"a b\"," WHEN "," ACTION "}",
                     ".name: must be 1 to 64 letters, digits, _ or -");
    check_rule_error("{\"name\":\"a\"," ACTION "}", ".when: is missing");
    check_rule_error("{\"name\":\"a\",\"when\":{\"often\":1}," ACTION "}",
                     ".when: must have one member: every, every_requests, idle_for, memory_above "
                     "or allocations_above");
    check_rule_error("{\"name\":\"a\",\"when\":{\"every\":\"1\"}," ACTION "}",
                     ".when.every: \"1\" is not a duration such as 60s");
    check_rule_error("{\"name\":\"a\",\"when\":{\"every\":\"9ms\"}," ACTION "}",
                     ".when.every: 9ms is outside of 10ms to 30d");
    check_rule_error("{\"name\":\"a\"," WHEN ",\"action\":\"thaw\"}",
                     ".action: must be \"collect\", \"freeze\" or \"refreeze\"");
    check_rule_error("{\"name\":\"a\"," WHEN "," ACTION ",\"generation\":3}",
                     ".generation: must be 0, 1 or 2");
    check_rule_error("{\"name\":\"a\"," WHEN "," ACTION ",\"budget_ms\":60001}",
                     ".budget_ms: must be a whole number from 0 to 60000");
    check_rule_error("{\"name\":\"a\"," WHEN "," ACTION ",\"budget_ms\":-1}",
                     ".budget_ms: must be a whole number from 0 to 60000");
    check_rule_error("{\"name\":\"a\"," WHEN "," ACTION ",\"generation\":1,\"budget_ms\":0}",
                     ".budget_ms: goes with generation 2 only");
    check_rule_error("{\"name\":\"a\"," WHEN "," ACTION ",\"defer\":\"1s\"}",
                     ".defer: unknown key");
}

static void
two_rules_of_one_name_are_refused(void **state)
{
    check_error(load_set("gc.schedules=[{\"name\":\"a\"," WHEN "," ACTION "},{\"name\":\"a\"," WHEN
                         "," ACTION "}]"),
                "gc.schedules[1].name: \"a\" is there twice (--set)");
}

static void
the_ports_file_is_a_flag(void **state)
{
    struct loading l = load(NULL, "--ports-file", "p", "--set", "shards=1");
    assert_true(l.loaded);
    assert_string_equal(l.config.ports_file, "p");
    config_fini(&l.config);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_any_place_every_key_has_its_default),
        cmocka_unit_test(the_shipped_file_is_the_defaults),
        cmocka_unit_test(a_later_place_wins),
        cmocka_unit_test(a_variable_may_name_a_file),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
        cmocka_unit_test(a_key_given_twice_by_the_environment_is_refused),
        cmocka_unit_test(unknown_keys_are_refused_wherever_they_stand),
        cmocka_unit_test(wrong_types_are_refused),
        cmocka_unit_test(a_file_that_is_not_json_is_refused_with_its_line),
        cmocka_unit_test(ranges_hold_from_both_sides),
        cmocka_unit_test(no_time_to_live_exceeds_max_ttl),
        cmocka_unit_test(a_plane_that_others_can_reach_needs_a_token),
        cmocka_unit_test(tokens_come_from_every_place),
        cmocka_unit_test(a_file_of_tokens_has_one_a_line_or_is_a_list),
        cmocka_unit_test(a_later_list_replaces_an_earlier_one),
        cmocka_unit_test(a_wrong_token_is_refused_and_not_shown),
        cmocka_unit_test(lists_have_an_end),
        cmocka_unit_test(hosts_are_names_without_ports),
        cmocka_unit_test(what_is_shown_is_a_file_with_masked_tokens),
        cmocka_unit_test(rules_are_read),
        cmocka_unit_test(a_rule_that_is_not_honoured_is_refused),
        cmocka_unit_test(two_rules_of_one_name_are_refused),
        cmocka_unit_test(the_ports_file_is_a_flag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
