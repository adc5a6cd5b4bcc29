// SPDX-License-Identifier: MIT
//
// The cockpit of a real server: rules over the API, history, operations, dry runs, and every row of
// the admin plane's table.
#include "service_fixture.h"

#include <unistd.h>

// The last reply of the admin plane.
static const char *
answer(void)
{
    return service.admin.body.data ? service.admin.body.data : "";
}

static json_t * /* new */
ask(long status, const char *method, const char *path, const char *body)
{
    long got = client_call(&service.admin, method, path, body);
    if (got != status)
        fail_msg("%s %s: %ld instead of %ld: %s", method, path, got, status, answer());
    return status == 204 ? NULL : client_reply_json(&service.admin);
}

static void
order(long status, const char *method, const char *path, const char *body)
{
    json_decref(ask(status, method, path, body));
}

static void
refused(long status, const char *type, const char *method, const char *path, const char *body)
{
    char urn[80];
    snprintf(urn, sizeof urn, "urn:tenure:problem:%s\"", type);
    order(status, method, path, body);
    if (!strstr(answer(), urn))
        fail_msg("%s %s: no %s in %s", method, path, type, answer());
}

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(a_rule_is_created_changed_and_removed_while_it_runs),
        SERVICE_TEST(a_rule_that_makes_no_sense_is_refused_in_a_sentence),
        SERVICE_TEST(a_rule_of_the_api_runs),
        SERVICE_TEST(the_configuration_that_is_shown_can_be_started_with),
        SERVICE_TEST(the_history_tells_what_each_run_did_to_the_cache),
        SERVICE_TEST(whoever_does_not_wait_finds_the_result_later),
        SERVICE_TEST(a_dry_run_tells_what_would_be_found_and_frees_nothing),
        SERVICE_TEST(expensive_calls_are_limited),
        SERVICE_TEST(the_level_of_the_log_changes_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
