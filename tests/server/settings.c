// SPDX-License-Identifier: MIT
//
// PATCH /v1/gc: crossed thresholds ask for collections, once an operator lets them.
#include "scrape.h"
#include "service_fixture.h"

// The last reply of the admin plane has [words].
static void
assert_shown(const char *words)
{
    if (!strstr(service.admin.body.data, words))
        fail_msg("there is no %s in %s", words, service.admin.body.data);
}

static void
patch(long status, const char *body)
{
    long got = client_call(&service.admin, "PATCH", "/v1/gc", body);
    if (got != status)
        fail_msg("%s: %ld instead of %ld: %s", body, got, status, service.admin.body.data);
}

static void
show(void)
{
    assert_int_equal(client_call(&service.admin, "GET", "/v1/gc", NULL), 200);
}

// How many collections of one shard the cause [cause] had.
static double
collections(const char *cause)
{
    double sum = 0;
    assert_int_equal(client_call(&service.admin, "GET", "/metrics", NULL), 200);
    for (int g = 0; g < 3; g++) {
        char series[120];
        snprintf(series, sizeof series,
                 "tenured_gc_collections_total{generation=\"%d\",cause=\"%s\"}", g, cause);
        sum += scrape_value(service.admin.body.data, series);
    }
    return sum;
}

static void
make_sessions(int count)
{
    static int made;
    for (int i = 0; i < count; i++) {
        char user[20];
        snprintf(user, sizeof user, "u%d", made++);
        make_user(user);
        make_session(user, "");
    }
}

static void
at_first_it_is_off_and_nobody_has_changed_it(void **state)
{
    START("gc.thresholds=[50,20,30]");
    show();
    assert_shown("{\"enabled\":false,\"changed_by\":\"startup\",\"thresholds\":[50,20,30],"
                 "\"default_budget_ms\":2,");
    assert_shown("\"generation\":0,\"objects\":0,\"count\":0,\"threshold\":50,");
    assert_shown("\"threshold\":20,");
    assert_shown("\"threshold\":30,");
    make_sessions(100);
    wait_ms(300);
    assert_true(collections("threshold") == 0);
}

static void
a_change_tells_what_was_and_who_did_it(void **state)
{
    START("gc.thresholds=[50,20,30]");
    patch(200, "{\"enabled\":true}");
    assert_shown("{\"previous\":{\"enabled\":false,\"changed_by\":\"startup\","
                 "\"thresholds\":[50,20,30],\"default_budget_ms\":2},\"current\":{\"enabled\":true,"
                 "\"changed_by\":\"anybody from 127.0.0.1\",\"thresholds\":[50,20,30],"
                 "\"default_budget_ms\":2}}");
    patch(200, "{\"thresholds\":[7,0,2147483647],\"default_budget_ms\":0}");
    assert_shown("\"current\":{\"enabled\":true,\"changed_by\":\"anybody from 127.0.0.1\","
                 "\"thresholds\":[7,0,2147483647],\"default_budget_ms\":0}}");
    show();
    assert_shown("{\"enabled\":true,\"changed_by\":\"anybody from 127.0.0.1\",");
    assert_int_equal(client_call(&service.admin, "GET", "/metrics", NULL), 200);
    assert_shown("\ntenured_gc_enabled 1\n");
    assert_shown("\ntenured_gc_threshold_objects{generation=\"0\"} 7\n");
}

static void
a_token_is_named_by_its_scope(void **state)
{
    START("auth.operate=[\"0123456789abcdef0123456789abcdef\"]");
    client_add_header(&service.admin, "Authorization: Bearer 0123456789abcdef0123456789abcdef");
    patch(200, "{\"enabled\":true}");
    assert_shown("\"changed_by\":\"operate:");
    assert_shown(" from 127.0.0.1\"");
    assert_null(strstr(service.admin.body.data, "0123456789abcdef"));
    patch(401, "{\"enabled\":false}");
}

static void
a_crossed_threshold_asks_for_a_run(void **state)
{
    START("shards=1", "gc.schedules=[]", "gc.thresholds=[50,10,10]");
    patch(200, "{\"enabled\":true}");
    assert_true(collections("threshold") == 0);
    make_sessions(60);
    for (int waited = 0; collections("threshold") == 0 && waited < 5000; waited++)
        wait_ms(1);
    assert_true(collections("threshold") > 0);
    show();
    assert_shown("\"last_cause\":\"threshold\"");
    char *log = server_log(&service.server);
    assert_non_null(strstr(log, "\"event\":\"collection\",\"cause\":\"threshold\""));
    free(log);
    patch(200, "{\"enabled\":false}");
    wait_ms(200); // what was under way is over
    double before = collections("threshold");
    make_sessions(60);
    wait_ms(300);
    assert_true(collections("threshold") == before);
}

static void
what_cannot_be_honoured_is_refused(void **state)
{
    static const char *const wrong[] = {
        "{\"enabled\":1}",
        "{\"thresholds\":700}",
        "{\"thresholds\":[700,10]}",
        "{\"thresholds\":[700,10,10,10]}",
        "{\"thresholds\":[700,10,-1]}",
        "{\"thresholds\":[700,10,2147483648]}",
        "{\"thresholds\":[700,10,\"10\"]}",
        "{\"thresholds\":[700,10,1.5]}",
        "{\"default_budget_ms\":-1}",
        "{\"default_budget_ms\":60001}",
        "{\"default_budget_ms\":\"2\"}",
        "{\"enable\":true}",
    };
    START(NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        patch(422, wrong[i]);
    patch(200, "{}");
    assert_shown("\"previous\":{\"enabled\":false,\"changed_by\":\"startup\","
                 "\"thresholds\":[700,10,10],\"default_budget_ms\":2}");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(at_first_it_is_off_and_nobody_has_changed_it),
        SERVICE_TEST(a_change_tells_what_was_and_who_did_it),
        SERVICE_TEST(a_token_is_named_by_its_scope),
        SERVICE_TEST(a_crossed_threshold_asks_for_a_run),
        SERVICE_TEST(what_cannot_be_honoured_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
