// SPDX-License-Identifier: MIT
//
// Many requests at once against a server that answers what it is told to, or not at all.
#include "wire.h"
#include "responder.h"

enum { CALLS = 2, LONG = 70000, PATIENCE_MS = 5000 };
#define MS UINT64_C(1000000)

static struct responder responder;
static struct wire wire;
static char request[RESPONDER_ROOM]; // the last; read when it was answered
static const char *_Atomic canned;   // NULL: nothing is answered

// What became of the calls that ended.
static struct {
    unsigned count;
    long status;
    enum cache_answer cache;
    size_t len;
    char reply[128];
} ended;

static const char *
answer(const char *bytes)
{
    snprintf(request, sizeof request, "%s", bytes);
    return canned;
}

static void
on_done(void *arg, struct call *c)
{
    assert_ptr_equal(arg, &ended);
    ended.count++;
    ended.status = c->status;
    ended.cache = c->cache;
    ended.len = c->reply_len;
    assert_int_equal(strlen(c->reply), c->reply_len);
    snprintf(ended.reply, sizeof ended.reply, "%.100s", c->reply);
}

static int
set_up(void **state)
{
    memset(&ended, 0, sizeof ended);
    canned = NULL;
    responder_start(&responder, answer);
    wire_init(&wire, responder.address, "secret", CALLS, 64, on_done, &ended);
    return 0;
}

static int
tear_down(void **state)
{
    wire_fini(&wire);
    responder_stop(&responder);
    return 0;
}

static struct call *
take(const char *method, const char *path)
{
    struct call *c = wire_take(&wire);
    assert_non_null(c);
    c->method = method;
    snprintf(c->path, sizeof c->path, "%s", path);
    return c;
}

static void
wait_for_all(void)
{
    uint64_t patience = wire_now() + PATIENCE_MS * MS;
    while (wire.busy > 0 && wire_now() < patience)
        wire_wait(&wire, patience);
    assert_int_equal(wire.busy, 0);
}

static void
an_answer_has_its_status_its_body_and_what_the_cache_did(void **state)
{
    canned = "HTTP/1.1 200 OK\r\nX-Cache: hit\r\nContent-Length: 2\r\n\r\n{}";
    wire_send(&wire, take("GET", "/v1/users/ada"));
    wait_for_all();
    assert_int_equal(ended.status, 200);
    assert_int_equal(ended.cache, CACHE_HIT);
    assert_string_equal(ended.reply, "{}");
    canned = "HTTP/1.1 404 Not Found\r\nX-Cache: miss\r\nContent-Length: 0\r\n\r\n";
    wire_send(&wire, take("GET", "/v1/users/ada"));
    wait_for_all();
    assert_int_equal(ended.status, 404);
    assert_int_equal(ended.cache, CACHE_MISS);
    assert_string_equal(ended.reply, "");
    assert_int_equal(ended.count, 2);
}

static void
a_request_says_what_it_was_told_to_and_the_next_nothing_of_it(void **state)
{
    canned = "HTTP/1.1 204 No Content\r\n\r\n";
    struct call *c = take("PUT", "/v1/sessions/s_1/data");
    c->has_body = c->if_match = true;
    strcpy(c->body, "{\"x\":1}");
    wire_send(&wire, c);
    wait_for_all();
    assert_memory_equal(request, "PUT /v1/sessions/s_1/data HTTP/1.1\r\n", 36);
    assert_non_null(strstr(request, "\r\nIf-Match: *\r\n"));
    assert_non_null(strstr(request, "\r\nAuthorization: Bearer secret\r\n"));
    assert_non_null(strstr(request, "\r\n\r\n{\"x\":1}"));
    assert_null(strstr(request, "Expect"));
    assert_ptr_equal(wire.free, c);
    wire_send(&wire, take("GET", "/v1/sessions/s_1"));
    wait_for_all();
    assert_memory_equal(request, "GET /v1/sessions/s_1 HTTP/1.1\r\n", 31);
    assert_null(strstr(request, "If-Match"));
    assert_null(strstr(request, "\"x\""));
}

static void
a_reply_beyond_the_room_is_cut(void **state)
{
    static char reply[LONG + 128];
    size_t head = (size_t)sprintf(reply, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", LONG);
    memset(reply + head, 'x', LONG);
    canned = reply;
    wire_send(&wire, take("GET", "/"));
    wait_for_all();
    assert_int_equal(ended.status, 200);
    assert_int_equal(ended.len, wire.calls[0].reply_room - 1);
}

static void
no_more_calls_than_there_are_and_who_is_given_up_is_free_again(void **state)
{
    wire_send(&wire, take("GET", "/"));
    wire_send(&wire, take("GET", "/"));
    assert_null(wire_take(&wire));
    wire_wait(&wire, wire_now() + 20 * MS);
    assert_int_equal(ended.count, 0);
    wire_give_up(&wire);
    assert_int_equal(ended.count, CALLS);
    assert_int_equal(ended.status, 0);
    assert_int_equal(wire.busy, 0);
    canned = "HTTP/1.1 204 No Content\r\n\r\n";
    wire_send(&wire, take("GET", "/"));
    wire_send(&wire, take("GET", "/"));
    wait_for_all();
    assert_int_equal(ended.count, 2 * CALLS);
    assert_int_equal(ended.status, 204);
}

static void
waiting_ends_when_it_was_said_and_not_before(void **state)
{
    uint64_t until = wire_now() + 30 * MS;
    wire_send(&wire, take("GET", "/"));
    wire_wait(&wire, until);
    assert_true(wire_now() >= until);
    assert_int_equal(wire.busy, 1);
    wire_wait(&wire, 1); // long ago
    wire_give_up(&wire);
}

static void
nobody_there_is_an_answer_without_a_status(void **state)
{
    struct wire other;
    wire_init(&other, "127.0.0.1:1", NULL, 1, 64, on_done, &ended);
    struct call *c = wire_take(&other);
    c->method = "GET";
    strcpy(c->path, "/");
    wire_send(&other, c);
    while (other.busy > 0)
        wire_wait(&other, wire_now() + PATIENCE_MS * MS);
    assert_int_equal(ended.count, 1);
    assert_int_equal(ended.status, 0);
    wire_fini(&other);
}

#define WIRE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WIRE_TEST(an_answer_has_its_status_its_body_and_what_the_cache_did),
        WIRE_TEST(a_request_says_what_it_was_told_to_and_the_next_nothing_of_it),
        WIRE_TEST(a_reply_beyond_the_room_is_cut),
        WIRE_TEST(no_more_calls_than_there_are_and_who_is_given_up_is_free_again),
        WIRE_TEST(waiting_ends_when_it_was_said_and_not_before),
        WIRE_TEST(nobody_there_is_an_answer_without_a_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
