// SPDX-License-Identifier: MIT
//
// The cockpit of a real server: rules over the API, history, operations, dry runs, and every row of
// the admin plane's table.
#include "admin_fixture.h"

#include <unistd.h>

#define ANSWER_HAS(words)                                                                          \
    do {                                                                                           \
        if (!strstr(answer(), words))                                                              \
            fail_msg("%s:%d: there is no %s in %s", __FILE__, __LINE__, words, answer());          \
    } while (0)

// A user whose only session has ended: resident until a collection.
static void
leave_garbage(const char *user)
{
    make_user(user);
    struct known_session s = make_session(user, "");
    expect(204, "DELETE", s.path, NULL);
}

// --- Schedules ---------------------------------------------------------------------------------

#define RULE "\"when\":{\"every_requests\":100000},\"action\":\"collect\",\"generation\":2"

static void
a_rule_is_created_changed_and_removed_while_it_runs(void **state)
{
    START("shards=2", "gc.schedules=[]");
    order(201, "PUT", "/v1/gc/schedules/busy", "{" RULE "}");
    ANSWER_HAS("\"name\":\"busy\",\"enabled\":true,\"when\":{\"every_requests\":100000}");
    ANSWER_HAS("\"last_run\":null,\"next_run\":null,\"runs\":0,\"skipped\":{\"min_interval\":0");
    order(200, "PUT", "/v1/gc/schedules/busy",
          "{\"name\":\"busy\",\"when\":{\"every\":\"1h\"},\"action\":\"refreeze\"}");
    ANSWER_HAS("\"when\":{\"every\":\"60m\"},\"action\":\"refreeze\"");
    assert_null(strstr(answer(), "\"next_run\":null"));
    order(200, "GET", "/v1/gc/schedules", NULL);
    ANSWER_HAS("\"items\":[{\"name\":\"busy\"");
    order(204, "DELETE", "/v1/gc/schedules/busy", NULL);
    refused(404, "schedule-not-found", "DELETE", "/v1/gc/schedules/busy", NULL);
    order(200, "GET", "/v1/gc/schedules", NULL);
    ANSWER_HAS("{\"items\":[],\"next_cursor\":null}");
    char *log = server_log(&service.server);
    assert_non_null(strstr(log, "\"event\":\"schedule\""));
    free(log);
}

static void
a_rule_that_makes_no_sense_is_refused_in_a_sentence(void **state)
{
    START("shards=1");
    refused(422, "invalid-body", "PUT", "/v1/gc/schedules/a", "{\"action\":\"collect\"}");
    ANSWER_HAS("when: is missing");
    refused(422, "invalid-body", "PUT", "/v1/gc/schedules/a", "{\"name\":\"b\"," RULE "}");
    refused(422, "invalid-parameter", "PUT", "/v1/gc/schedules/a.b", "{" RULE "}");
    refused(400, "malformed-json", "PUT", "/v1/gc/schedules/a", "[]");
    for (int i = 0; i < 30; i++) {
        char path[64];
        snprintf(path, sizeof path, "/v1/gc/schedules/r%d", i);
        order(201, "PUT", path, "{" RULE "}");
    }
    refused(409, "schedule-limit", "PUT", "/v1/gc/schedules/more", "{" RULE "}");
}

static void
a_rule_of_the_api_runs(void **state)
{
    START("shards=2", "gc.schedules=[]");
    leave_garbage("ada");
    order(201, "PUT", "/v1/gc/schedules/often",
          "{\"when\":{\"every\":\"10ms\"},\"action\":\"collect\",\"budget_ms\":1}");
    do {
        wait_ms(5);
        order(200, "GET", "/v1/gc/history?limit=1", NULL);
    } while (!strstr(answer(), "\"rule\":\"often\""));
    ANSWER_HAS("\"operation\":\"collect\",\"cause\":\"timer\"");
}

static void
a_rule_counts_the_requests_of_the_data_plane_but_not_probes(void **state)
{
    START("shards=1", "gc.schedules=[]");
    order(201, "PUT", "/v1/gc/schedules/busy",
          "{\"when\":{\"every_requests\":3},\"action\":\"collect\",\"generation\":0}");
    for (int i = 0; i < 5; i++)
        expect(200, "GET", "/livez", NULL);
    wait_ms(300); // three looks
    order(200, "GET", "/v1/gc/history", NULL);
    ANSWER_HAS("\"items\":[]");
    for (int i = 0; i < 3; i++)
        expect(404, "GET", "/v1/users/ada", NULL);
    do {
        wait_ms(5);
        order(200, "GET", "/v1/gc/history", NULL);
    } while (!strstr(answer(), "\"cause\":\"requests\",\"rule\":\"busy\""));
}

static void
the_configuration_that_is_shown_can_be_started_with(void **state)
{
    char path[256];
    START("shards=1");
    order(201, "PUT", "/v1/gc/schedules/busy", "{" RULE "}");
    order(204, "DELETE", "/v1/gc/schedules/full", NULL);
    order(200, "PUT", "/v1/log-level", "{\"level\":\"warn\"}");
    order(200, "GET", "/v1/config", NULL);
    snprintf(path, sizeof path, "%s/shown.json", service.server.folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(answer(), file);
    fclose(file);
    char *shown = strdup(answer());
    stop();
    service.server.config_file = path;
    start(NULL);
    order(200, "GET", "/v1/gc/schedules", NULL);
    ANSWER_HAS("\"name\":\"busy\"");
    assert_null(strstr(answer(), "\"name\":\"full\""));
    order(200, "GET", "/v1/config", NULL);
    ANSWER_HAS("\"level\": \"warn\"");
    free(shown);
}

// --- History, operations, dry runs -------------------------------------------------------------

static void
the_history_tells_what_each_run_did_to_the_cache(void **state)
{
    START("shards=2", "gc.schedules=[]", "gc.freeze_at_start=false");
    leave_garbage("ada");
    order(200, "POST", "/v1/gc/collect", NULL);
    order(200, "POST", "/v1/gc/refreeze", NULL);
    json_t *history = ask(200, "GET", "/v1/gc/history", NULL);
    json_t *items = json_object_get(history, "items");
    json_t *refreeze = json_array_get(items, 0), *collect = json_array_get(items, 1);
    assert_string_equal(json_string_value(json_object_get(refreeze, "operation")), "refreeze");
    assert_string_equal(json_string_value(json_object_get(collect, "cause")), "manual");
    json_t *before = json_object_get(collect, "before"), *after = json_object_get(collect, "after");
    assert_int_equal(json_integer_value(json_object_get(before, "users_resident")), 1);
    assert_int_equal(json_integer_value(json_object_get(after, "users_resident")), 0);
    assert_true(json_number_value(json_object_get(collect, "pause_max_seconds")) > 0);
    json_decref(history);
    order(200, "GET", "/v1/gc/history?limit=1", NULL);
    ANSWER_HAS("\"next_cursor\":\"");
    order(200, "GET", "/v1/gc/history?limit=1&cursor=2", NULL);
    ANSWER_HAS("\"number\":1,");
    ANSWER_HAS("\"next_cursor\":null");
    refused(422, "invalid-parameter", "GET", "/v1/gc/history?limit=257", NULL);
    refused(422, "invalid-parameter", "GET", "/v1/gc/history?cursor=x", NULL);
}

static void
whoever_does_not_wait_finds_the_result_later(void **state)
{
    START("shards=2", "gc.schedules=[]");
    leave_garbage("ada");
    order(202, "POST", "/v1/gc/collect", "{\"wait\":false}");
    char *location = client_reply_header(&service.admin, "Location");
    assert_string_equal(location, "/v1/operations/1");
    free(location);
    do {
        order(200, "GET", "/v1/operations/1", NULL);
    } while (!strstr(answer(), "\"state\":\"ended\""));
    ANSWER_HAS("\"result\":{\"generation\":2,\"collected\":");
    ANSWER_HAS("\"complete\":true");
    order(200, "DELETE", "/v1/operations/1", NULL); // too late: it changes nothing
    ANSWER_HAS("\"cancelled\":false");
    refused(404, "operation-not-found", "GET", "/v1/operations/2", NULL);
    refused(404, "operation-not-found", "DELETE", "/v1/operations/x", NULL);
}

static void
a_dry_run_tells_what_would_be_found_and_frees_nothing(void **state)
{
    START("shards=2", "gc.schedules=[]");
    leave_garbage("ada");
    for (int i = 0; i < 2; i++) {
        json_t *found = ask(200, "POST", "/v1/gc/collect", "{\"dry_run\":true}");
        assert_true(json_is_true(json_object_get(found, "dry_run")));
        assert_true(json_integer_value(json_object_get(found, "collected")) >= 2);
        json_t *after = json_object_get(found, "after");
        assert_int_equal(json_integer_value(json_object_get(after, "users_resident")), 1);
        json_decref(found);
    }
    order(200, "POST", "/v1/gc/collect", NULL);
    ANSWER_HAS("\"users_resident\":0");
    refused(422, "invalid-body", "POST", "/v1/gc/collect", "{\"dry_run\":true,\"budget_ms\":1}");
}

static void
expensive_calls_are_limited(void **state)
{
    START("shards=1", "gc.schedules=[]", "limits.orders=3");
    for (int i = 0; i < 3; i++)
        order(200, "POST", "/v1/gc/collect", "{\"generation\":0}");
    refused(429, "too-many-requests", "POST", "/v1/gc/collect", NULL);
    char *wait = client_reply_header(&service.admin, "Retry-After");
    assert_non_null(wait);
    assert_in_range(atoi(wait), 1, 21);
    free(wait);
    refused(429, "too-many-requests", "POST", "/v1/gc/refreeze", NULL);
    order(200, "GET", "/v1/gc", NULL);
}

static void
the_level_of_the_log_changes_at_once(void **state)
{
    START("shards=1");
    order(200, "PUT", "/v1/log-level", "{\"level\":\"error\"}");
    ANSWER_HAS("{\"previous\":\"info\",\"current\":\"error\"}");
    refused(422, "invalid-body", "PUT", "/v1/log-level", "{\"level\":\"loud\"}");
    refused(422, "invalid-body", "PUT", "/v1/log-level", "{}");
}

// --- The cache ---------------------------------------------------------------------------------

static void
a_user_of_the_cache_is_looked_at_without_a_touch(void **state)
{
    START("shards=2", "gc.schedules=[]");
    refused(404, "not-resident", "GET", "/v1/cache/users/ada", NULL);
    leave_garbage("ada");
    order(200, "GET", "/v1/cache", NULL);
    char *before = strdup(answer());
    order(200, "GET", "/v1/cache/users/ada", NULL);
    ANSWER_HAS("{\"id\":\"ada\",\"shard\":");
    ANSWER_HAS("\"sessions\":0,\"has_last_session\":true,\"frozen\":false");
    order(200, "GET", "/v1/cache", NULL);
    assert_string_equal(answer(), before);
    free(before);
    refused(422, "invalid-parameter", "GET", "/v1/cache/users/a%20b", NULL);
}

static void
a_user_whose_sessions_have_ended_can_be_evicted_and_no_other(void **state)
{
    START("shards=2", "gc.schedules=[]");
    make_user("grace");
    make_session("grace", "");
    leave_garbage("ada");
    expect(200, "GET", "/v1/users/ada", NULL);
    char *document = strdup(reply());
    refused(409, "in-use", "DELETE", "/v1/cache/users/grace", NULL);
    order(204, "DELETE", "/v1/cache/users/ada", NULL);
    refused(404, "not-resident", "DELETE", "/v1/cache/users/ada", NULL);
    expect(200, "GET", "/v1/users/ada", NULL);
    expect_header("X-Cache", "miss");
    assert_string_equal(reply(), document);
    free(document);
}

static void
a_sweep_ends_what_has_expired(void **state)
{
    START("shards=2", "gc.schedules=[]");
    make_user("ada");
    make_user("grace");
    make_session("ada", ",\"idle_ttl\":\"1s\"");
    make_session("ada", "");
    make_session("grace", ",\"idle_ttl\":\"1s\"");
    order(200, "POST", "/v1/cache/sweep", NULL);
    ANSWER_HAS("{\"ended\":0,");
    wait_ms(1100);
    order(200, "POST", "/v1/cache/sweep", NULL); // or the sweeper was faster
    ANSWER_HAS("\"after\":{\"sessions\":1,");
}

// --- The table ---------------------------------------------------------------------------------

// Every row of the admin plane's table that the service has, in an order in which each works.
static const struct {
    const char *method, *path, *body;
    long status;
    const char *has; // in the answer
} table[] = {
    {"GET", "/livez", NULL, 200, ""},
    {"GET", "/readyz", NULL, 200, ""},
    {"GET", "/openapi.json", NULL, 200, "\"openapi\": \"3.1"},
    {"GET", "/v1/gc", NULL, 200, "\"generations\":[{\"generation\":0"},
    {"POST", "/v1/gc/collect", "{\"generation\":2}", 200, "\"complete\":true"},
    {"POST", "/v1/gc/collect", "{\"wait\":false}", 202, "\"state\":"},
    {"PATCH", "/v1/gc", "{\"default_budget_ms\":3}", 200, "{\"previous\":{"},
    {"POST", "/v1/gc/freeze", "{\"collect_first\":true}", 200, "\"delta\":{\"objects\":"},
    {"POST", "/v1/gc/refreeze", NULL, 200, "\"frozen\":{\"objects\":"},
    {"POST", "/v1/gc/unfreeze", NULL, 200, "\"frozen\":{\"objects\":0"},
    {"PUT", "/v1/gc/schedules/x", "{" RULE "}", 201, "\"skipped\":{"},
    {"GET", "/v1/gc/schedules", NULL, 200, "\"next_cursor\":null"},
    {"DELETE", "/v1/gc/schedules/x", NULL, 204, ""},
    {"GET", "/v1/operations/1", NULL, 200, "\"id\":\"1\""},
    {"DELETE", "/v1/operations/1", NULL, 200, "\"id\":\"1\""},
    {"GET", "/v1/gc/history?limit=3", NULL, 200, "\"items\":[{\"number\":"},
    {"GET", "/v1/memory", NULL, 200, "\"traced\":{"},
    {"POST", "/v1/memory/peak/reset", NULL, 200, "peak"},
    {"GET", "/v1/cache", NULL, 200, "\"hits\":"},
    {"GET", "/v1/cache/users/ada", NULL, 200, "\"references\":"},
    {"DELETE", "/v1/cache/users/ada", NULL, 204, ""},
    {"POST", "/v1/cache/sweep", NULL, 200, "\"ended\":0"},
    {"GET", "/v1/doctor", NULL, 200, "\"items\":["},
    {"GET", "/metrics", NULL, 200, "tenured_gc_budget_exceeded_total"},
    {"GET", "/v1/info", NULL, 200, "\"revision\":"},
    {"GET", "/v1/config", NULL, 200, "\"schedules\":"},
    {"PUT", "/v1/log-level", "{\"level\":\"info\"}", 200, "\"previous\":"},
    {"POST", "/v1/drain", NULL, 202, ""},
};

enum { ROWS = sizeof table / sizeof table[0] };

// A line for each change, and none for a question.
static void
assert_audited(void)
{
    char *log = server_log(&service.server), line[160];
    for (int i = 0; i < ROWS; i++) {
        snprintf(line, sizeof line, "\"method\":\"%s\",\"path\":\"%s\",\"status\":%ld",
                 table[i].method, table[i].path, table[i].status);
        bool changes = strcmp(table[i].method, "GET") != 0;
        if ((strstr(log, line) != NULL) != changes)
            fail_msg("%s: %s", line, log);
    }
    free(log);
}

static void
every_row_of_the_table_answers(void **state)
{
    START("shards=2", "gc.schedules=[]");
    for (int i = 0; i < ROWS; i++) {
        if (strstr(table[i].path, "/cache/users/ada") && table[i].method[0] == 'G')
            leave_garbage("ada");
        order_text(table[i].status, table[i].method, table[i].path, table[i].body);
        ANSWER_HAS(table[i].has);
    }
    stop();
    assert_audited();
}

#define READ    "read-read-read-read-read-read-32"
#define OPERATE "operate-operate-operate-operate!"

static long
status_as(const char *token, int row)
{
    char header[80];
    snprintf(header, sizeof header, "Authorization: Bearer %s", token);
    client_add_header(&service.admin, header);
    return client_call(&service.admin, table[row].method, table[row].path, table[row].body);
}

// Health is for everybody, a GET for readers, and everything else for operators: row by row.
static void
every_row_of_the_table_asks_for_its_scope(void **state)
{
    START("shards=1", "gc.schedules=[]", "auth.read=" READ, "auth.operate=" OPERATE);
    for (int i = 0; i < ROWS; i++) {
        bool open = strcmp(table[i].path, "/livez") == 0 || strcmp(table[i].path, "/readyz") == 0;
        bool reads = strcmp(table[i].method, "GET") == 0;
        long nobody = client_call(&service.admin, table[i].method, table[i].path, table[i].body);
        long reader = status_as(READ, i), operator_ = status_as(OPERATE, i);
        if ((nobody == 401) == open || (reader == 403) == reads || operator_ == 401 ||
            operator_ == 403)
            fail_msg("%s %s: %ld %ld %ld", table[i].method, table[i].path, nobody, reader,
                     operator_);
    }
}

static void
the_doctor_finds_what_an_operator_did(void **state)
{
    START("shards=1", "gc.schedules=[]");
    order(200, "GET", "/v1/doctor", NULL);
    assert_null(strstr(answer(), "collector-enabled"));
    order(200, "PATCH", "/v1/gc", "{\"enabled\":true}");
    order(200, "GET", "/v1/doctor", NULL);
    ANSWER_HAS("\"code\":\"collector-enabled\"");
    ANSWER_HAS("\"evidence\":{\"changed_by\":\"anybody from 127.0.0.1\"}");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(a_rule_is_created_changed_and_removed_while_it_runs),
        SERVICE_TEST(a_rule_that_makes_no_sense_is_refused_in_a_sentence),
        SERVICE_TEST(a_rule_of_the_api_runs),
        SERVICE_TEST(a_rule_counts_the_requests_of_the_data_plane_but_not_probes),
        SERVICE_TEST(the_configuration_that_is_shown_can_be_started_with),
        SERVICE_TEST(the_history_tells_what_each_run_did_to_the_cache),
        SERVICE_TEST(whoever_does_not_wait_finds_the_result_later),
        SERVICE_TEST(a_dry_run_tells_what_would_be_found_and_frees_nothing),
        SERVICE_TEST(expensive_calls_are_limited),
        SERVICE_TEST(the_level_of_the_log_changes_at_once),
        SERVICE_TEST(a_user_of_the_cache_is_looked_at_without_a_touch),
        SERVICE_TEST(a_user_whose_sessions_have_ended_can_be_evicted_and_no_other),
        SERVICE_TEST(a_sweep_ends_what_has_expired),
        SERVICE_TEST(every_row_of_the_table_answers),
        SERVICE_TEST(every_row_of_the_table_asks_for_its_scope),
        SERVICE_TEST(the_doctor_finds_what_an_operator_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
