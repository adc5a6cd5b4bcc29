// SPDX-License-Identifier: MIT
//
// What the memory of a real server is for: the domains of its heaps, and JSON, HTTP and the store.
#include "service_fixture.h"

// The domain's bytes or blocks, as /v1/memory says; -1: it says nothing.
static json_int_t
ask(const char *query, const char *domain, const char *what)
{
    char path[64];
    json_int_t found = -1;
    snprintf(path, sizeof path, "/v1/memory%s", query);
    assert_int_equal(client_call(&service.admin, "GET", path, NULL), 200);
    json_t *memory = client_reply_json(&service.admin);
    const json_t *row, *figure;
    size_t i;
    json_array_foreach(json_object_get(memory, "domains"), i, row)
    {
        figure = json_object_get(row, what);
        if (strcmp(json_string_value(json_object_get(row, "domain")), domain) == 0 && figure)
            found = json_integer_value(figure);
    }
    json_decref(memory);
    return found;
}

static json_int_t
bytes(const char *domain)
{
    return ask("", domain, "bytes");
}

static json_int_t
traced(void)
{
    assert_int_equal(client_call(&service.admin, "GET", "/v1/memory", NULL), 200);
    json_t *memory = client_reply_json(&service.admin);
    json_int_t current =
        json_integer_value(json_object_get(json_object_get(memory, "traced"), "current"));
    json_decref(memory);
    return current;
}

enum { SESSIONS = 50 };

static void
make_sessions(void)
{
    make_user("ada");
    for (int i = 0; i < SESSIONS; i++)
        make_session("ada", ",\"data\":{\"x\":\"of some length, so that it is a buffer\"}");
}

static void
the_domains_of_the_heaps_are_all_that_is_traced(void **state)
{
    START("shards=2", "gc.schedules=[]");
    json_int_t objects = ask("", "objects", "blocks"), buffers = bytes("buffers");
    make_sessions();
    assert_true(ask("", "objects", "blocks") >= objects + SESSIONS);
    assert_true(bytes("buffers") > buffers + SESSIONS * 100);
    assert_true(bytes("index") > 0);
    assert_int_equal(bytes("objects") + bytes("buffers") + bytes("index"), traced());
}

static void
one_shard_has_no_json_http_or_store(void **state)
{
    START("shards=2");
    assert_true(ask("?shard=1", "objects", "bytes") >= 0);
    assert_int_equal(ask("?shard=1", "json", "bytes"), -1);
    assert_int_equal(ask("?shard=1", "http", "bytes"), -1);
    assert_int_equal(ask("?shard=1", "store", "bytes"), -1);
}

// 16 KiB of the library's pool, and our record of it.
static void
a_connection_counts_as_http_while_it_is_open(void **state)
{
    START("shards=1");
    json_int_t before = bytes("http"), with_it;
    struct client other;
    client_init(&other, service.server.data_port);
    assert_int_equal(client_call(&other, "GET", "/livez", NULL), 200);
    with_it = bytes("http");
    assert_true(with_it >= before + 16384 && with_it < before + 20000);
    client_fini(&other);
    for (int i = 0; i < 200 && bytes("http") != before; i++)
        wait_ms(20);
    assert_int_equal(bytes("http"), before);
}

// The least of ten looks: what a request had is given back when its reply is sent, which the client
// may see first.
static json_int_t
settled_blocks(const char *domain)
{
    json_int_t least = ask("", domain, "blocks");
    for (int i = 0; i < 10; i++) {
        wait_ms(20);
        json_int_t now = ask("", domain, "blocks");
        least = now < least ? now : least;
    }
    return least;
}

// Everything that a request had is given back, by whichever thread.
static void
json_and_http_are_what_they_were_when_requests_are_over(void **state)
{
    START("shards=2", "gc.schedules=[]");
    make_user("ada");
    make_session("ada", "");
    json_int_t json = settled_blocks("json"), http = settled_blocks("http");
    for (int i = 0; i < SESSIONS; i++) {
        struct known_session s = make_session("ada", ",\"data\":{\"a\":[1,2,{\"b\":null}]}");
        expect(200, "GET", s.path, NULL);
        expect(204, "DELETE", s.path, NULL);
        expect(422, "POST", "/v1/sessions", "{\"no\":\"such thing\"}");
    }
    assert_int_equal(settled_blocks("json"), json);
    assert_int_equal(settled_blocks("http"), http);
}

static void
the_store_counts_what_sqlite_holds_or_its_own_rows(void **state)
{
    START("shards=1");
    assert_true(bytes("store") > 10000);
    stop();
    START("shards=1", "store.kind=memory");
    json_int_t blocks = ask("", "store", "blocks");
    make_sessions();
    assert_int_equal(ask("", "store", "blocks"), blocks + 2 * (SESSIONS + 1)); // item and row
}

static void
metrics_have_every_domain(void **state)
{
    static const char *const names[] = {"objects", "buffers", "index", "json", "http", "store"};
    char sample[64];
    START("shards=2");
    make_sessions();
    assert_int_equal(client_call(&service.admin, "GET", "/metrics", NULL), 200);
    for (int i = 0; i < 6; i++) {
        snprintf(sample, sizeof sample, "\ntenured_domain_bytes{domain=\"%s\"} ", names[i]);
        const char *found = strstr(service.admin.body.data, sample);
        assert_non_null(found);
        assert_true(strcmp(names[i], "json") == 0 || strtod(found + strlen(sample), NULL) > 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(the_domains_of_the_heaps_are_all_that_is_traced),
        SERVICE_TEST(one_shard_has_no_json_http_or_store),
        SERVICE_TEST(a_connection_counts_as_http_while_it_is_open),
        SERVICE_TEST(json_and_http_are_what_they_were_when_requests_are_over),
        SERVICE_TEST(the_store_counts_what_sqlite_holds_or_its_own_rows),
        SERVICE_TEST(metrics_have_every_domain),
    };
    return cmocka_run_group_tests_name("domains", tests, NULL, NULL);
}
