// SPDX-License-Identifier: MIT
//
// Where the memory of a real server went: tracing that is switched while it runs, snapshots,
// differences by line, type and route.
#include "admin_fixture.h"

static void
trace(const char *settings)
{
    order(200, "PATCH", "/v1/memory/tracing", settings);
}

enum { LEAKED = 60, DATA = 2000 };

// What nobody ends stays: sessions with data of 2 000 bytes.
static void
leak(void)
{
    char body[DATA + 100], data[DATA + 1];
    memset(data, 'x', DATA);
    data[DATA] = '\0';
    snprintf(body, sizeof body, "{\"user_id\":\"ada\",\"data\":{\"x\":\"%s\"}}", data);
    for (int i = 0; i < LEAKED; i++)
        expect(201, "POST", "/v1/sessions", body);
}

// The first row of a list, which is borrowed from it.
static const json_t *
first_row(const json_t *list)
{
    const json_t *row = json_array_get(json_object_get(list, "items"), 0);
    if (!row)
        fail_msg("no row in %s", answer());
    return row;
}

static void
the_diff_names_file_and_line_of_what_grew_first(void **state)
{
    START("shards=2", "gc.schedules=[]");
    make_user("ada");
    trace("{\"mode\":\"exact\",\"frames\":8}");
    order(201, "POST", "/v1/memory/snapshots", NULL);
    leak();
    json_t *diff = ask(200, "GET", "/v1/memory/diff?from=1&to=now&group=line", NULL);
    const json_t *row = first_row(diff), *site = json_object_get(row, "site");
    assert_string_equal(word(site, "file"), "server/domain/session.c");
    assert_true(number(site, "line") > 0);
    assert_true(number(row, "size_diff") >= LEAKED * DATA);
    assert_int_equal(number(row, "count_diff"), LEAKED);
    json_decref(diff);
    diff = ask(200, "GET", "/v1/memory/diff?from=1&group=traceback", NULL);
    row = first_row(diff);
    const json_t *caller = json_array_get(json_object_get(row, "callers"), 0);
    assert_non_null(strstr(word(caller, "file"), "server/"));
    json_decref(diff);
}

static void
the_diff_names_the_route_also_where_another_thread_did_the_work(void **state)
{
    START("shards=2", "gc.schedules=[]");
    make_user("ada");
    trace("{\"mode\":\"exact\"}");
    order(201, "POST", "/v1/memory/snapshots", NULL);
    leak();
    json_t *diff = ask(200, "GET", "/v1/memory/diff?from=1&group=route", NULL);
    const json_t *row = first_row(diff);
    assert_string_equal(word(row, "name"), "POST /v1/sessions");
    assert_true(number(row, "size_diff") >= LEAKED * DATA);
    json_decref(diff);
    diff = ask(200, "GET", "/v1/memory/diff?from=1&group=type", NULL);
    assert_string_equal(word(first_row(diff), "name"), "session");
    json_decref(diff);
}

static void
routes_tell_what_they_allocated_and_what_is_left(void **state)
{
    START("shards=2", "gc.schedules=[]");
    make_user("ada");
    trace("{\"mode\":\"exact\"}");
    leak();
    expect(200, "GET", "/v1/users/ada", NULL);
    json_t *routes = ask(200, "GET", "/v1/memory/routes", NULL);
    const json_t *row, *found = NULL;
    size_t i;
    json_array_foreach(json_object_get(routes, "items"), i, row)
    {
        if (strcmp(word(row, "route"), "POST /v1/sessions") == 0)
            found = row;
        assert_int_equal(number(row, "allocated"), number(row, "freed") + number(row, "retained"));
    }
    assert_non_null(found);
    assert_int_equal(number(found, "requests"), LEAKED);
    assert_true(number(found, "retained") >= LEAKED * DATA);
    json_decref(routes);
}

static void
at_most_eight_snapshots_are_kept(void **state)
{
    START("shards=1");
    refused(409, "tracing-off", "POST", "/v1/memory/snapshots", NULL);
    trace("{\"mode\":\"sampled\",\"sample_bytes\":1000}");
    for (int i = 0; i < 8; i++)
        order(201, "POST", "/v1/memory/snapshots", NULL);
    refused(409, "snapshot-limit", "POST", "/v1/memory/snapshots", NULL);
    order(204, "DELETE", "/v1/memory/snapshots/3", NULL);
    refused(404, "snapshot-not-found", "GET", "/v1/memory/snapshots/3", NULL);
    json_t *taken = ask(201, "POST", "/v1/memory/snapshots", NULL);
    assert_string_equal(word(taken, "id"), "9");
    json_decref(taken);
    json_t *list = ask(200, "GET", "/v1/memory/snapshots", NULL);
    assert_int_equal(json_array_size(json_object_get(list, "items")), 8);
    json_decref(list);
}

static void
tracing_is_switched_while_sessions_come_and_go(void **state)
{
    static const char *const modes[] = {"exact", "off", "sampled", "exact"};
    char settings[40];
    START("shards=2", "gc.schedules=[]");
    make_user("ada");
    for (int i = 0; i < 40; i++) {
        snprintf(settings, sizeof settings, "{\"mode\":\"%s\"}", modes[i % 4]);
        trace(settings);
        struct known_session s = make_session("ada", "");
        json_t *memory = ask(200, "GET", "/v1/memory", NULL);
        assert_string_equal(word(json_object_get(memory, "traced"), "mode"), modes[i % 4]);
        json_decref(memory);
        expect(204, "DELETE", s.path, NULL);
    }
    refused(422, "invalid-body", "PATCH", "/v1/memory/tracing", "{\"mode\":\"loud\"}");
    refused(422, "invalid-body", "PATCH", "/v1/memory/tracing", "{\"frames\":65}");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(the_diff_names_file_and_line_of_what_grew_first),
        SERVICE_TEST(the_diff_names_the_route_also_where_another_thread_did_the_work),
        SERVICE_TEST(routes_tell_what_they_allocated_and_what_is_left),
        SERVICE_TEST(at_most_eight_snapshots_are_kept),
        SERVICE_TEST(tracing_is_switched_while_sessions_come_and_go),
    };
    return cmocka_run_group_tests_name("tracing", tests, NULL, NULL);
}
