// SPDX-License-Identifier: MIT
//
// What is too much is refused with a sentence, leaves nothing behind, and the next call works.
#include "service_fixture.h"
#include "wire.h"

#include <poll.h>
#include <unistd.h>

// {"name":"x","attributes":{"a":<middle n times>}}, in memory that the next call reuses.
static const char *
body_with(const char *before, const char *middle, size_t times, const char *after)
{
    static char body[2 << 20];
    size_t at = (size_t)sprintf(body, "{\"name\":\"x\",\"attributes\":{%s", before);
    for (size_t i = 0; i < times; i++)
        at += (size_t)sprintf(body + at, "%s", middle);
    sprintf(body + at, "%s}}", after);
    return body;
}

static void
expect_put(long status, const char *type, const char *body)
{
    if (status < 300) {
        long got = client_call(&service.data, "PUT", "/v1/users/ada", body);
        assert_in_range(got, 200, 201);
    } else {
        expect_refused(status, type, "PUT", "/v1/users/ada", body);
    }
}

static void
a_body_is_refused_one_byte_over_the_limit(void **state)
{
    START("shards=1", "limits.body=1024", "limits.string=4096");
    size_t rest = strlen(body_with("\"a\":\"", "", 0, "\""));
    expect_put(413, "body-too-large", body_with("\"a\":\"", "x", 1025 - rest, "\""));
    expect_put(200, NULL, body_with("\"a\":\"", "x", 1024 - rest, "\""));
    expect_put(413, "body-too-large", body_with("\"a\":\"", "x", 500000, "\""));
    expect(200, "GET", "/v1/users/ada", NULL);
}

static void
depth_members_and_strings_have_their_limits(void **state)
{
    static char nested[128];
    START("shards=1", "limits.json_depth=6", "limits.json_members=20", "limits.string=128");
    // The document and attributes are two levels.
    sprintf(nested, "%s%s", "\"a\":[[[[", "]]]]");
    expect_put(200, NULL, body_with(nested, "", 0, ""));
    sprintf(nested, "%s%s", "\"a\":[[[[[", "]]]]]");
    expect_put(422, "json-too-large", body_with(nested, "", 0, ""));
    // name, attributes and a are three members.
    expect_put(200, NULL, body_with("\"a\":[1", ",1", 16, "]"));
    expect_put(422, "json-too-large", body_with("\"a\":[1", ",1", 17, "]"));
    expect_put(200, NULL, body_with("\"a\":\"", "x", 128, "\""));
    expect_put(422, "json-too-large", body_with("\"a\":\"", "x", 129, "\""));
}

static void
what_is_not_a_json_object_is_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "[]",
                                        "7",
                                        "{\"name\":\"x\"",
                                        "{\"name\":\"x\"} x",
                                        "{\"name\":\"x\",\"name\":\"y\"}",
                                        "{\"name\":\"\xff\"}",
                                        "{\"name\":\"\\u0000\"}",
                                        "{name:1}"};
    START("shards=1");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_put(400, "malformed-json", wrong[i]);
    expect_put(201, NULL, "{\"name\":\"x\"}");
}

static void
a_body_of_another_type_is_refused(void **state)
{
    START("shards=1");
    client_add_header(&service.data, "Content-Type: text/plain");
    expect_refused(415, "unsupported-media-type", "PUT", "/v1/users/ada", "{\"name\":\"x\"}");
    expect_refused(404, "user-not-found", "GET", "/v1/users/ada", NULL);
}

static void
ttl_above_the_maximum_is_refused(void **state)
{
    START("shards=1", "sessions.max_ttl=2h", "sessions.absolute_ttl=1h");
    make_user("ada");
    make_session("ada", ",\"idle_ttl\":\"2h\",\"absolute_ttl\":\"120m\"");
    expect_refused(422, "invalid-body", "POST", "/v1/sessions",
                   "{\"user_id\":\"ada\",\"idle_ttl\":\"121m\"}");
    expect_refused(422, "invalid-body", "POST", "/v1/sessions",
                   "{\"user_id\":\"ada\",\"absolute_ttl\":\"7200001ms\"}");
}

static bool
is_answered(int fd, int ms)
{
    return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, ms) == 1;
}

static int
ask_alive(void)
{
    int fd = wire_open((uint16_t)service.server.data_port);
    wire_sends(fd, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return fd;
}

// Whoever comes is let in as soon as somebody has gone.
static void
there_are_so_many_connections_in_all(void **state)
{
    enum { MOST = 16 };
    static struct wire_reply reply;
    int fds[MOST];
    START("http.connections=16", "http.threads=1");
    for (int i = 0; i < MOST; i++) {
        fds[i] = ask_alive();
        wire_receive(fds[i], &reply);
        assert_int_equal(reply.status, 200);
    }
    int late = ask_alive();
    assert_false(is_answered(late, 500));
    close(fds[0]);
    wire_receive(late, &reply);
    assert_int_equal(reply.status, 200);
    close(late);
    for (int i = 1; i < MOST; i++)
        close(fds[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(a_body_is_refused_one_byte_over_the_limit),
        SERVICE_TEST(depth_members_and_strings_have_their_limits),
        SERVICE_TEST(what_is_not_a_json_object_is_refused),
        SERVICE_TEST(a_body_of_another_type_is_refused),
        SERVICE_TEST(ttl_above_the_maximum_is_refused),
        SERVICE_TEST(there_are_so_many_connections_in_all),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
