// SPDX-License-Identifier: MIT
//
// Requests that are right, odd or foreign, as bytes: what is answered, without a body where there
// must be none, and what libmicrohttpd 0.9.75 does by itself. With unit.smuggling these are the
// wire cases; a newer library that answers otherwise fails here first.
#include "support.h"
#include "wire.h"

#include "http/listener.h"

#include <unistd.h>

static struct listener *listener;
static struct wire_reply reply;

static void
answer(struct request *r)
{
    struct text body;
    text_init(&body);
    text_addf(&body, "{\"method\":\"%s\",\"body\":%zu}", r->method, r->body.len);
    reply_json(r, 200, &body);
}

static void
not_modified(struct request *r)
{
    reply_header(r, "ETag", "\"1-0\"");
    reply_empty(r, 304);
}

static const struct route routes[] = {
    {"GET", "/", answer, ACCESS_DATA},
    {"HEAD", "/", answer, ACCESS_DATA},
    {"POST", "/", answer, ACCESS_DATA},
    {"GET", "/same", not_modified, ACCESS_DATA},
    {"HEAD", "/same", not_modified, ACCESS_DATA},
    {NULL, NULL, NULL, 0},
};

static int
start_listener(void **state)
{
    char error[256];
    const struct listener_options options = {.host = "127.0.0.1",
                                             .threads = 1,
                                             .connections = 64,
                                             .idle_timeout_ms = 30000,
                                             .body_limit = 1000,
                                             .routes = routes};
    listener = listener_start(&options, error, sizeof error);
    return listener == NULL;
}

static int
stop_listener(void **state)
{
    listener_stop(listener);
    return 0;
}

#define HOST "Host: localhost\r\n"
#define JSON "Content-Type: application/json\r\n"

struct wire_case {
    const char *text;
    int status; // 0: closed without a word
    bool is_problem;
};

static void
check(const struct wire_case *c)
{
    int fd = wire_open(listener_port(listener));
    wire_sends(fd, c->text);
    wire_receive(fd, &reply);
    if (reply.status != c->status)
        fail_msg("%s: %d instead of %d: %s", c->text, reply.status, c->status, reply.body);
    if (c->is_problem && !strstr(reply.body, "urn:tenure:problem:"))
        fail_msg("%s: no problem: %s", c->text, reply.body);
    close(fd);
}

#define CHECK_ALL(cases)                                                                           \
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases)[0]; i++)                                  \
    check(&(cases)[i])

static void
other_methods_and_paths_are_problems(void **state)
{
    static const struct wire_case cases[] = {
        {"DELETE / HTTP/1.1\r\n" HOST "\r\n", 405, true},
        {"TRACE / HTTP/1.1\r\n" HOST "\r\n", 405, true},
        {"OPTIONS / HTTP/1.1\r\n" HOST "\r\n", 405, true},
        {"get / HTTP/1.1\r\n" HOST "\r\n", 405, true},
        {"BREW / HTTP/1.1\r\n" HOST "\r\n", 405, true},
        {"GET /nothing HTTP/1.1\r\n" HOST "\r\n", 404, true},
        {"GET // HTTP/1.1\r\n" HOST "\r\n", 404, true},
        {"GET /%zz HTTP/1.1\r\n" HOST "\r\n", 400, true},
        {"GET /%00 HTTP/1.1\r\n" HOST "\r\n", 400, true},
        {"GET /\x80 HTTP/1.1\r\n" HOST "\r\n", 400, true},
        {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 400, true},
        {"CONNECT localhost:80 HTTP/1.1\r\n" HOST "\r\n", 400, true},
        {"GET http://localhost/ HTTP/1.1\r\n" HOST "\r\n", 400, true},
        {"GET http://elsewhere/ HTTP/1.1\r\n" HOST "\r\n", 400, true},
        {"GET / HTTP/1.1\r\nHost: elsewhere\r\n\r\n", 421, true},
    };
    CHECK_ALL(cases);
}

static void
bodies_are_judged_by_type_and_size(void **state)
{
    static const struct wire_case cases[] = {
        {"POST / HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\n\r\n{}", 200, false},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 415, true},
        {"POST / HTTP/1.1\r\n" HOST "Content-Type: text/json\r\nContent-Length: 2\r\n\r\n{}", 415,
         true},
        {"POST / HTTP/1.1\r\n" HOST
         "Content-Type: application/jsonp\r\nContent-Length: 2\r\n\r\n{}",
         415, true},
        {"POST / HTTP/1.1\r\n" HOST JSON "Content-Length: 99999999\r\n\r\n", 413, true},
        {"POST / HTTP/1.1\r\n" HOST JSON "Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n",
         413, true},
    };
    CHECK_ALL(cases);
}

// What is no request line of HTTP/1 is the library's to refuse; it says so in HTML, or not at all.
static void
the_library_refuses_other_protocols(void **state)
{
    static const struct wire_case cases[] = {
        {"GET / HTTP/3.0\r\n" HOST "\r\n", 505, false},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, false},
        {"GET / HTTP/0.9\r\n" HOST "\r\n", 505, false},
        {"GET /\r\n\r\n", 400, false},
        {"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, false},
    };
    CHECK_ALL(cases);
}

static void
head_and_304_have_no_body_and_the_next_request_is_read(void **state)
{
    static const char *const bare[] = {
        "HEAD / HTTP/1.1\r\n" HOST "\r\n", "GET /same HTTP/1.1\r\n" HOST "\r\n",
        "HEAD /same HTTP/1.1\r\n" HOST "\r\n", "HEAD /nothing HTTP/1.1\r\n" HOST "\r\n"};
    static const int statuses[] = {200, 304, 304, 404};
    int fd = wire_open(listener_port(listener));
    for (int i = 0; i < 4; i++) {
        wire_sends(fd, bare[i]);
        wire_receive_head(fd, &reply);
        assert_int_equal(reply.status, statuses[i]);
        wire_sends(fd, "GET / HTTP/1.1\r\n" HOST "\r\n");
        wire_receive(fd, &reply);
        assert_int_equal(reply.status, 200);
        assert_string_equal(reply.body, "{\"method\":\"GET\",\"body\":0}");
    }
    close(fd);
}

static void
requests_behind_each_other_are_answered_in_order(void **state)
{
    int fd = wire_open(listener_port(listener));
    wire_sends(fd, "POST / HTTP/1.1\r\n" HOST JSON "Content-Length: 3\r\n\r\n[1]"
                   "GET / HTTP/1.1\r\n" HOST "\r\n"
                   "POST / HTTP/1.1\r\n" HOST JSON
                   "Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n"
                   "GET /nothing HTTP/1.1\r\n" HOST "\r\n");
    wire_receive(fd, &reply);
    assert_string_equal(reply.body, "{\"method\":\"POST\",\"body\":3}");
    wire_receive(fd, &reply);
    assert_string_equal(reply.body, "{\"method\":\"GET\",\"body\":0}");
    wire_receive(fd, &reply);
    assert_string_equal(reply.body, "{\"method\":\"POST\",\"body\":2}");
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, 404);
    close(fd);
}

static void
who_asks_whether_to_go_on_is_told(void **state)
{
    int fd = wire_open(listener_port(listener));
    wire_sends(fd,
               "POST / HTTP/1.1\r\n" HOST JSON "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    wire_receive_head(fd, &reply);
    assert_int_equal(reply.status, 100);
    wire_sends(fd, "{}");
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body, "{\"method\":\"POST\",\"body\":2}");
    close(fd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_methods_and_paths_are_problems),
        cmocka_unit_test(bodies_are_judged_by_type_and_size),
        cmocka_unit_test(the_library_refuses_other_protocols),
        cmocka_unit_test(head_and_304_have_no_body_and_the_next_request_is_read),
        cmocka_unit_test(requests_behind_each_other_are_answered_in_order),
        cmocka_unit_test(who_asks_whether_to_go_on_is_told),
    };
    return cmocka_run_group_tests_name("wire_cases", tests, start_listener, stop_listener);
}
