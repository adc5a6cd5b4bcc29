// SPDX-License-Identifier: MIT
//
// One running service a test, and what tests say to it and about its replies.
#ifndef TESTS_SERVICE_FIXTURE_H
#define TESTS_SERVICE_FIXTURE_H

#include "client.h"
#include "server.h"
#include "support.h"
#include "wire.h"

#include <time.h>

struct service {
    struct server server;
    struct client data, admin;
};

static struct service service; // of the running test

static inline void
start(const char *const *settings)
{
    server_start(&service.server, settings);
    client_init(&service.data, service.server.data_port);
    client_init(&service.admin, service.server.admin_port);
}

#define START(...) start((const char *const[]){__VA_ARGS__, NULL})

static inline void
stop(void)
{
    client_fini(&service.data);
    client_fini(&service.admin);
    server_stop(&service.server);
}

static inline int
set_up(void **state)
{
    server_init(&service.server);
    return 0;
}

static inline int
tear_down(void **state)
{
    if (service.server.pid)
        stop();
    server_fini(&service.server);
    return 0;
}

#define SERVICE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

// --- Calls of the data plane -------------------------------------------------------------------

// The body of the last reply.
static inline const char *
reply(void)
{
    return service.data.body.data ? service.data.body.data : "";
}

static inline void
expect(long status, const char *method, const char *path, const char *body)
{
    long got = client_call(&service.data, method, path, body);
    if (got != status)
        fail_msg("%s %s: %ld instead of %ld: %s", method, path, got, status, reply());
}

#define EXPECT_HAS(words)                                                                          \
    do {                                                                                           \
        if (!strstr(reply(), words))                                                               \
            fail_msg("%s:%d: there is no %s in %s", __FILE__, __LINE__, words, reply());           \
    } while (0)

static inline void
expect_header(const char *name, const char *value)
{
    char *got = client_reply_header(&service.data, name);
    if (value)
        assert_string_equal(got ? got : "(absent)", value);
    else
        assert_null(got);
    free(got);
}

// The problem's type, and what every problem must have.
static inline void
expect_problem(long status, const char *type)
{
    char urn[128];
    json_t *problem = client_reply_json(&service.data);
    snprintf(urn, sizeof urn, "urn:tenure:problem:%s", type);
    expect_header("Content-Type", "application/problem+json");
    assert_string_equal(json_string_value(json_object_get(problem, "type")), urn);
    assert_int_equal(json_integer_value(json_object_get(problem, "status")), status);
    assert_true(json_string_length(json_object_get(problem, "title")) > 0);
    assert_true(json_string_length(json_object_get(problem, "detail")) > 0);
    assert_true(json_string_length(json_object_get(problem, "instance")) > 0);
    json_decref(problem);
}

static inline void
expect_refused(long status, const char *type, const char *method, const char *path,
               const char *body)
{
    expect(status, method, path, body);
    expect_problem(status, type);
}

// --- Users and sessions ------------------------------------------------------------------------

struct known_session {
    char id[29], token[52], path[64];
};

static inline void
make_user(const char *id)
{
    char path[256];
    snprintf(path, sizeof path, "/v1/users/%s", id);
    expect(201, "PUT", path, "{\"name\":\"Somebody\"}");
}

// [more] are further members, each after a comma.
static inline struct known_session
make_session(const char *user, const char *more)
{
    struct known_session s;
    char body[1024];
    snprintf(body, sizeof body, "{\"user_id\":\"%s\"%s}", user, more);
    expect(201, "POST", "/v1/sessions", body);
    json_t *session = client_reply_json(&service.data);
    const char *id = json_string_value(json_object_get(session, "id"));
    const char *token = json_string_value(json_object_get(session, "token"));
    assert_int_equal(snprintf(s.id, sizeof s.id, "%s", id), 28);
    assert_int_equal(snprintf(s.token, sizeof s.token, "%s", token), 51);
    snprintf(s.path, sizeof s.path, "/v1/sessions/%s", s.id);
    json_decref(session);
    return s;
}

// Users with long names, whom a session each keeps in memory.
static inline void
make_large_users(const char *prefix, int count)
{
    static char body[1200];
    char path[64];
    snprintf(body, sizeof body, "{\"name\":\"%01000d\"}", 0);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "/v1/users/%s%d", prefix, i);
        expect(201, "PUT", path, body);
        make_session(path + strlen("/v1/users/"), "");
    }
}

// Asks for a heap dump with all of that, and takes none of it. Returns the connection.
static inline int
service_stall_dump(void)
{
    int fd = wire_open_slow((uint16_t)service.server.admin_port);
    wire_sends(fd, "POST /v1/heap/dump HTTP/1.1\r\nHost: localhost\r\n"
                   "Content-Type: application/json\r\nContent-Length: 41\r\n\r\n"
                   "{\"format\":\"ndjson\",\"include_values\":true}");
    return fd;
}

// Leaves the session untouched.
static inline void
verify(long status, const char *token)
{
    char body[256];
    snprintf(body, sizeof body, "{\"token\":\"%s\",\"touch\":false}", token);
    expect(status, "POST", "/v1/sessions/verify", body);
    if (status == 401)
        expect_problem(401, "invalid-token");
}

static inline void
expect_dead(const struct known_session *s)
{
    verify(401, s->token);
    expect_refused(404, "session-not-found", "GET", s->path, NULL);
}

// A full collection, once nothing on its way to the store holds a user.
static inline void
collect(void)
{
    assert_int_equal(client_call(&service.admin, "POST", "/v1/gc/collect", "{\"generation\":2}"),
                     200);
}

static inline void
wait_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

// --- Faults --------------------------------------------------------------------------------------

// By itself: nobody helps.
static inline void
wait_until_ready(void)
{
    for (int i = 0; i < 100; i++) {
        if (client_call(&service.data, "GET", "/readyz", NULL) == 200)
            return;
        wait_ms(100);
    }
    fail_msg("the service does not recover");
}

static inline void
expect_logged(const char *words)
{
    char *log = server_log(&service.server);
    if (!strstr(log, words))
        fail_msg("the log does not say: %s", words);
    free(log);
}

#endif
