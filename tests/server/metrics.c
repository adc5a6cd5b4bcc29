// SPDX-License-Identifier: MIT
//
// GET /metrics and GET /v1/cache: strictly read, and right about what was done.
#include "scrape.h"
#include "service_fixture.h"
#include "wire.h"

#include <pthread.h>
#include <unistd.h>

// The last scrape; good until the next call of the admin plane.
static const char *
scrape(void)
{
    assert_int_equal(client_call(&service.admin, "GET", "/metrics", NULL), 200);
    char *type = client_reply_header(&service.admin, "Content-Type");
    assert_string_equal(type, "text/plain; version=0.0.4; charset=utf-8");
    free(type);
    return service.admin.body.data;
}

// Requests are counted when their reply is sent, which the client may learn first.
static const char *
scrape_at_rest(void)
{
    while (scrape_value(scrape(), "tenured_http_in_flight{plane=\"data\"}") != 0)
        wait_ms(1);
    return scrape();
}

static void
assert_value(const char *text, const char *series, double expected)
{
    double value = scrape_value(text, series);
    if (value != expected)
        fail_msg("%s is %g, not %g", series, value, expected);
}

#define COUNT(plane, route, method, code)                                                          \
    "tenured_http_requests_total{plane=\"" plane "\",route=\"" route "\",method=\"" method         \
    "\",code=\"" code "\"}"

// Every kind of request and end that there is.
static void
live_a_little(void)
{
    make_user("ada");
    struct known_session s = make_session("ada", ""), other = make_session("ada", "");
    verify(200, s.token);
    expect(204, "DELETE", s.path, NULL);
    verify(401, s.token);
    expect(200, "GET", other.path, NULL);
    expect(200, "GET", "/v1/users/ada", NULL);
    expect(404, "GET", "/v1/users/nobody", NULL);
    expect(404, "GET", "/v1/nothing", NULL);
    expect(405, "PATCH", "/livez", NULL);
    expect(422, "PUT", "/v1/users/ada", "{\"nome\":1}");
    collect();
}

static void
an_idle_service_is_read_without_a_fault(void **state)
{
    START(NULL);
    scrape_check(scrape());
    scrape_check(scrape()); // with the first in it
}

static void
what_was_done_is_counted(void **state)
{
    START("shards=2");
    live_a_little();
    const char *text = scrape_at_rest();
    scrape_check(text);
    assert_value(text, COUNT("data", "/v1/users/{id}", "PUT", "201"), 1);
    assert_value(text, COUNT("data", "/v1/users/{id}", "PUT", "422"), 1);
    assert_value(text, COUNT("data", "/v1/users/{id}", "GET", "200"), 1);
    assert_value(text, COUNT("data", "/v1/users/{id}", "GET", "404"), 1);
    assert_value(text, COUNT("data", "/v1/sessions", "POST", "201"), 2);
    assert_value(text, COUNT("data", "/v1/sessions/{id}", "GET", "200"), 1);
    assert_value(text, COUNT("data", "/v1/sessions/{id}", "DELETE", "204"), 1);
    assert_value(text, COUNT("data", "/v1/sessions/verify", "POST", "401"), 1);
    assert_value(text, COUNT("data", "none", "none", "404"), 1);
    assert_value(text, COUNT("data", "none", "none", "405"), 1);
    assert_value(text, COUNT("admin", "/v1/gc/collect", "POST", "200"), 1);
    assert_value(text,
                 "tenured_http_request_duration_seconds_count{plane=\"data\","
                 "route=\"/v1/sessions\",method=\"POST\"}",
                 2);
    assert_value(text, "tenured_http_rejected_total{plane=\"data\",reason=\"invalid-token\"}", 1);
    assert_value(text, "tenured_http_rejected_total{plane=\"data\",reason=\"path-not-found\"}", 1);
    assert_value(text, "tenured_http_connections{plane=\"data\"}", 1);
    assert_value(text, "tenured_http_in_flight{plane=\"data\"}", 0);
    assert_value(text, "tenured_http_in_flight{plane=\"admin\"}", 1); // this one
    assert_value(text, "tenured_sessions_active", 1);
    assert_value(text, "tenured_sessions_created_total", 2);
    assert_value(text, "tenured_sessions_ended_total{reason=\"revoked\"}", 1);
    assert_value(text, "tenured_sessions_ended_total{reason=\"evicted\"}", 0);
    assert_value(text, "tenured_users_live", 1);
    assert_value(text, "tenured_gc_collections_total{generation=\"2\",cause=\"manual\"}", 2);
    assert_value(text, "tenured_gc_collections_total{generation=\"2\",cause=\"startup\"}", 2);
    assert_true(scrape_value(text, "tenured_gc_pause_seconds_count{generation=\"2\"}") >= 4);
    assert_value(text, "tenured_store_operations_total{op=\"commit\",outcome=\"error\"}", 0);
    assert_value(text, "tenured_store_changes_total", 4);
    assert_value(text, "tenured_store_write_queue", 0);
    assert_value(text, "tenured_cache_dead_entries", 0);
}

static void
slow_clients_and_slow_work_are_counted_by_phase(void **state)
{
    START("http.header_timeout=200ms");
    assert_value(scrape(), "tenured_http_cut_total{plane=\"data\",phase=\"head\"}", 0);
    int fd = wire_open((uint16_t)service.server.data_port);
    wire_sends(fd, "GET / HT");
    assert_true(wire_is_closed(fd, 5000));
    close(fd);
    const char *text = scrape();
    scrape_check(text);
    assert_value(text, "tenured_http_cut_total{plane=\"data\",phase=\"head\"}", 1);
    assert_value(text, "tenured_http_cut_total{plane=\"data\",phase=\"work\"}", 0);
    assert_value(text, "tenured_http_cut_total{plane=\"admin\",phase=\"head\"}", 0);
}

static void
the_process_is_described_as_the_system_sees_it(void **state)
{
    START(NULL);
    const char *text = scrape();
    double start = scrape_value(text, "process_start_time_seconds");
    assert_true(start > (double)time(NULL) - 60 && start < (double)time(NULL) + 2);
    double fds = scrape_value(text, "process_open_fds");
    assert_true(fds > 5 && fds < 100);
    assert_true(scrape_value(text, "process_max_fds") >= fds);
    assert_true(scrape_value(text, "process_resident_memory_bytes") > 1e6);
    assert_true(scrape_value(text, "process_cpu_seconds_total") > 0);
}

static void
nothing_that_a_client_chose_is_a_label(void **state)
{
    START(NULL);
    make_user("secretive");
    expect(404, "GET", "/v1/secretive", NULL);
    expect(405, "SECRETIVE", "/v1/users/secretive", NULL);
    assert_null(strstr(scrape(), "secretive"));
    assert_null(strstr(scrape(), "SECRETIVE"));
}

// Reads users that are there and users that are not.
static void *
call_on(void *arg)
{
    struct client c;
    client_init(&c, service.server.data_port);
    for (int i = 0; i < 300; i++) {
        client_call(&c, "GET", "/v1/users/ada", NULL);
        client_call(&c, "GET", "/v1/users/nobody", NULL);
    }
    client_fini(&c);
    return NULL;
}

static void
a_scrape_under_load_is_consistent_and_none_is_lost(void **state)
{
    enum { CLIENTS = 4 };
    pthread_t threads[CLIENTS];
    START("http.threads=3", "cache.negative_ttl=0s"); // every answer from a load
    make_user("ada");
    make_session("ada", "");
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_on, NULL), 0);
    for (int i = 0; i < 20; i++)
        scrape_check(scrape());
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(threads[i], NULL);
    const char *text = scrape_at_rest();
    assert_value(text, COUNT("data", "/v1/users/{id}", "GET", "200"), 300 * CLIENTS);
    assert_value(text, COUNT("data", "/v1/users/{id}", "GET", "404"), 300 * CLIENTS);
    double loads =
        scrape_value(text, "tenured_cache_loads_total{cache=\"users\",outcome=\"absent\"}");
    double coalesced = scrape_value(text, "tenured_cache_coalesced_total{cache=\"users\"}");
    assert_true(loads - 1 + coalesced == 300 * CLIENTS); // one was asked for ada, to create her
}

static long
cache_member(const char *name)
{
    assert_int_equal(client_call(&service.admin, "GET", "/v1/cache", NULL), 200);
    json_t *cache = client_reply_json(&service.admin);
    assert_int_equal(json_object_size(cache), 8);
    assert_true(json_is_integer(json_object_get(cache, name)));
    long value = (long)json_integer_value(json_object_get(cache, name));
    json_decref(cache);
    return value;
}

static void
the_cache_says_how_it_does(void **state)
{
    START("shards=3");
    make_user("ada"); // a miss, and a load
    assert_int_equal(cache_member("resident"), 0);
    struct known_session s = make_session("ada", ""); // a miss, and a load
    assert_int_equal(cache_member("resident"), 1);
    expect(200, "GET", "/v1/users/ada", NULL); // a hit
    expect_header("X-Cache", "hit");
    expect(404, "GET", "/v1/users/nobody", NULL); // a miss, and a load
    assert_int_equal(cache_member("negative"), 0);
    assert_int_equal(cache_member("hits"), 1);
    assert_int_equal(cache_member("misses"), 3);
    assert_int_equal(cache_member("loads"), 3);
    expect(404, "GET", "/v1/users/nobody", NULL); // a miss, and no load: the store has just said it
    assert_int_equal(cache_member("negative") + cache_member("loads"), 4);
    assert_int_equal(cache_member("coalesced"), 0);
    assert_int_equal(cache_member("kept"), 0);
    expect(204, "DELETE", s.path, NULL);
    assert_int_equal(cache_member("resident"), 1); // their own past still refers to them
    collect();
    assert_int_equal(cache_member("resident"), 0);
    assert_int_equal(cache_member("dead"), 0);
}

// Where Debian's package prometheus is installed, its own reader agrees.
static void
promtool_has_nothing_to_say(void **state)
{
    if (system("command -v promtool >/dev/null") != 0) {
        print_message("there is no promtool to ask (Debian: prometheus)\n");
        skip();
    }
    char command[256];
    START(NULL);
    live_a_little();
    snprintf(command, sizeof command,
             "curl --silent http://127.0.0.1:%u/metrics | promtool check metrics",
             service.server.admin_port);
    assert_int_equal(system(command), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(an_idle_service_is_read_without_a_fault),
        SERVICE_TEST(what_was_done_is_counted),
        SERVICE_TEST(slow_clients_and_slow_work_are_counted_by_phase),
        SERVICE_TEST(the_process_is_described_as_the_system_sees_it),
        SERVICE_TEST(nothing_that_a_client_chose_is_a_label),
        SERVICE_TEST(a_scrape_under_load_is_consistent_and_none_is_lost),
        SERVICE_TEST(the_cache_says_how_it_does),
        SERVICE_TEST(promtool_has_nothing_to_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
