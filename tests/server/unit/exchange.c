// SPDX-License-Identifier: MIT
//
// server/http/exchange.c, reply.c and request.c: toy routes, spoken to over sockets and by libcurl.
#include "support.h"
#include "wire.h"

#include "http/listener.h"

#include <curl/curl.h>
#include <unistd.h>

enum { BODY_LIMIT = 4096 };

// --- Toy routes ----------------------------------------------------------------------------------

static void
say_hello(struct request *r)
{
    struct text body;
    text_init(&body);
    text_adds(&body, "{\"hello\":\"world\"}\n");
    reply_json(r, 200, &body);
}

static void
say_nothing(struct request *r)
{
    reply_empty(r, 204);
}

static void
echo(struct request *r)
{
    struct text body;
    text_init(&body);
    text_add_span(&body, r->body);
    reply_header(r, "X-Length", "%zu", r->body.len);
    reply_header(r, "X-Length", "again %zu", r->body.len);
    reply_json(r, 200, &body);
}

static void
show(struct request *r)
{
    struct text body;
    text_init(&body);
    text_add_json(&body, r->params[0]);
    text_add_json(&body, span_of(request_query(r, "q")));
    text_add_json(&body, span_of(request_header(r, "X-Any")));
    reply_json(r, 200, &body);
}

static void
ask_too_much(struct request *r)
{
    struct text body;
    text_init(&body);
    body.failed = true;
    reply_json(r, 200, &body);
}

static const struct route routes[] = {
    {"GET", "/hello", say_hello, ACCESS_DATA},
    {"HEAD", "/hello", say_hello, ACCESS_DATA},
    {"GET", "/empty", say_nothing, ACCESS_DATA},
    {"POST", "/echo", echo, ACCESS_DATA},
    {"GET", "/things/{id}", show, ACCESS_DATA},
    {"GET", "/too-much", ask_too_much, ACCESS_DATA},
    {NULL, NULL, NULL, 0},
};

// --- One listener for all tests ------------------------------------------------------------------

static struct listener *listener;
static struct wire_reply reply;

static int
start_listener(void **state)
{
    char error[256] = "";
    const struct listener_options options = {.host = "127.0.0.1",
                                             .threads = 2,
                                             .connections = 256,
                                             .idle_timeout_ms = 30000,
                                             .body_limit = BODY_LIMIT,
                                             .routes = routes};
    listener = listener_start(&options, error, sizeof error);
    if (listener == NULL)
        print_error("%s\n", error);
    return listener == NULL;
}

static int
stop_listener(void **state)
{
    listener_stop(listener);
    return 0;
}

static int
open_wire(void)
{
    return wire_open(listener_port(listener));
}

static void
send_request(int fd, const char *line, const char *headers)
{
    char text[1024];
    snprintf(text, sizeof text, "%s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", line, headers);
    wire_sends(fd, text);
}

// The reply to a request on its own connection.
static int
ask(const char *line, const char *headers)
{
    int fd = open_wire();
    send_request(fd, line, headers);
    if (strncmp(line, "HEAD", 4) == 0)
        wire_receive_head(fd, &reply);
    else
        wire_receive(fd, &reply);
    close(fd);
    return reply.status;
}

static void
assert_problem(const char *type)
{
    char expected[128];
    snprintf(expected, sizeof expected, "{\"type\":\"urn:tenure:problem:%s\",", type);
    assert_non_null(wire_header(&reply, "Content-Type: application/problem+json\r\n"));
    assert_non_null(wire_header(&reply, "X-Request-Id: "));
    if (strncmp(reply.body, expected, strlen(expected)) != 0)
        fail_msg("%s is not %s", reply.body, expected);
}

// --- Replies -------------------------------------------------------------------------------------

static void
a_reply_has_few_headers(void **state)
{
    assert_int_equal(ask("GET /hello", ""), 200);
    assert_string_equal(reply.body, "{\"hello\":\"world\"}\n");
    assert_non_null(wire_header(&reply, "Content-Type: application/json\r\n"));
    assert_non_null(wire_header(&reply, "Cache-Control: no-store\r\n"));
    assert_non_null(wire_header(&reply, "X-Content-Type-Options: nosniff\r\n"));
    assert_null(wire_header(&reply, "X-Request-Id: "));
    assert_null(wire_header(&reply, "Date: "));
    assert_null(wire_header(&reply, "Server: "));
}

static void
an_empty_reply_has_no_body(void **state)
{
    assert_int_equal(ask("GET /empty", ""), 204);
    assert_string_equal(reply.body, "");
    assert_null(wire_header(&reply, "Content-Type: "));
}

static void
a_head_has_the_headers_of_the_get(void **state)
{
    assert_int_equal(ask("HEAD /hello", ""), 200);
    assert_non_null(wire_header(&reply, "Content-Length: 18\r\n"));
    assert_int_equal(ask("HEAD /empty", ""), 405);
}

static void
the_number_of_a_trace_is_the_request_id_where_the_client_chose_none(void **state)
{
#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"
    static const char *const wrong[] = {
        "",                                                  // nothing
        "00-" TRACE "-" PARENT "-0",                         // too short
        "00-" TRACE "-" PARENT "-01-",                       // too long
        "00-4BF92F3577b34da6a3ce929d0e0e4736-" PARENT "-01", // upper case
        "ff-" TRACE "-" PARENT "-01",                        // a version that cannot be
        "00-00000000000000000000000000000000-" PARENT "-01", // no trace
        "00-" TRACE "-0000000000000000-01",                  // no parent
        "00_" TRACE "_" PARENT "_01"};
    char header[128];
    assert_int_equal(ask("GET /hello", "traceparent: 00-" TRACE "-" PARENT "-01\r\n"), 200);
    assert_non_null(wire_header(&reply, "X-Request-Id: " TRACE "\r\n"));
    assert_int_equal(ask("GET /nowhere", "traceparent: 00-" TRACE "-" PARENT "-01\r\n"), 404);
    assert_non_null(strstr(reply.body, "urn:tenure:request:" TRACE));
    assert_int_equal(ask("GET /hello", "X-Request-Id: a\r\n"
                                       "traceparent: 00-" TRACE "-" PARENT "-01\r\n"),
                     200);
    assert_non_null(wire_header(&reply, "X-Request-Id: a\r\n"));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(header, sizeof header, "traceparent: %s\r\n", wrong[i]);
        assert_int_equal(ask("GET /hello", header), 200);
        assert_null(wire_header(&reply, "X-Request-Id: "));
    }
}

static void
a_valid_request_id_comes_back(void **state)
{
    assert_int_equal(ask("GET /hello", "X-Request-Id: Ab.9_-\r\n"), 200);
    assert_non_null(wire_header(&reply, "X-Request-Id: Ab.9_-\r\n"));
    assert_int_equal(ask("GET /hello", "X-Request-Id: a b\r\n"), 200);
    assert_null(wire_header(&reply, "X-Request-Id: "));
    assert_int_equal(ask("GET /nowhere", "X-Request-Id: abc\r\n"), 404);
    assert_non_null(wire_header(&reply, "X-Request-Id: abc\r\n"));
    assert_non_null(strstr(reply.body, "\"instance\":\"urn:tenure:request:abc\"}"));
}

static void
parameters_queries_and_headers_reach_the_handler(void **state)
{
    assert_int_equal(ask("GET /things/a%2Fb%2B?x=1&q=%2Fc+d%26&y", "X-Any: e\r\n"), 200);
    assert_string_equal(reply.body, "\"a/b+\"\"/c d&\"\"e\"");
    assert_int_equal(ask("GET /things/a", ""), 200);
    assert_string_equal(reply.body, "\"a\"nullnull");
}

static void
a_reply_without_memory_is_a_503(void **state)
{
    assert_int_equal(ask("GET /too-much", ""), 503);
}

static void
a_header_that_is_set_twice_is_sent_once(void **state)
{
    assert_int_equal(ask("POST /echo", "Content-Length: 0\r\n"), 200);
    assert_non_null(wire_header(&reply, "X-Length: again 0\r\n"));
    assert_null(strstr(wire_header(&reply, "X-Length: "), "X-Length"));
}

// --- Refusals ------------------------------------------------------------------------------------

static void
unknown_paths_are_404_and_unknown_methods_405(void **state)
{
    assert_int_equal(ask("GET /nowhere", ""), 404);
    assert_problem("path-not-found");
    assert_int_equal(ask("DELETE /hello", ""), 405);
    assert_problem("method-not-allowed");
    assert_non_null(wire_header(&reply, "Allow: GET, HEAD\r\n"));
    assert_int_equal(ask("TRACE /hello", ""), 405);
    assert_int_equal(ask("OPTIONS /hello", ""), 405);
    assert_int_equal(ask("OPTIONS *", ""), 400);
    assert_int_equal(ask("CONNECT localhost:80", ""), 400);
    assert_int_equal(ask("GET http://localhost/hello", ""), 400);
}

static void
wrong_paths_are_400(void **state)
{
    static const char *const paths[] = {"GET /things/%00",  "GET /things/a%00b?q=1",
                                        "GET /hello?q=%00", "GET /things/%zz",
                                        "GET /a b",         "GET /\x80",
                                        "GET /things/%2"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_int_equal(ask(paths[i], ""), 400);
        assert_problem("malformed-request");
    }
}

static void
other_hosts_and_origins_are_refused(void **state)
{
    int fd = open_wire();
    wire_sends(fd, "GET /hello HTTP/1.1\r\nHost: example.com\r\n\r\n");
    wire_receive(fd, &reply);
    close(fd);
    assert_int_equal(reply.status, 421);
    assert_problem("misdirected-request");
    assert_int_equal(ask("GET /hello", "Origin: http://example.com\r\n"), 403);
    assert_problem("foreign-origin");
    assert_int_equal(ask("GET /hello", "Sec-Fetch-Site: cross-site\r\n"), 403);
    assert_int_equal(ask("GET /hello", "Origin: http://localhost\r\n"), 200);
}

static int
post(int fd, const char *headers, const char *body, size_t len)
{
    char more[256];
    snprintf(more, sizeof more, "%sContent-Length: %zu\r\n", headers, len);
    send_request(fd, "POST /echo", more);
    wire_send(fd, body, len);
    wire_receive(fd, &reply);
    return reply.status;
}

static void
a_body_must_be_json_by_its_type(void **state)
{
    static const char *const wrong[] = {"", "Content-Type: text/plain\r\n",
                                        "Content-Type: application/jsonx\r\n",
                                        "Content-Type: application/x-www-form-urlencoded\r\n"};
    int fd = open_wire();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(post(fd, wrong[i], "{}", 2), 415);
        assert_problem("unsupported-media-type");
    }
    assert_int_equal(post(fd, "", "", 0), 200);
    assert_int_equal(post(fd, "Content-Type: application/json\r\n", "{}", 2), 200);
    assert_string_equal(reply.body, "{}");
    assert_int_equal(post(fd, "Content-Type: Application/JSON; charset=utf-8\r\n", "[]", 2), 200);
    close(fd);
}

static void
the_body_limit_holds_from_both_sides(void **state)
{
    static const char json[] = "Content-Type: application/json\r\n";
    char *body = malloc(1 << 20);
    memset(body, 'x', 1 << 20);
    int fd = open_wire();
    assert_int_equal(post(fd, json, body, BODY_LIMIT), 200);
    assert_int_equal(strlen(reply.body), BODY_LIMIT);
    assert_int_equal(post(fd, json, body, BODY_LIMIT + 1), 413);
    assert_problem("body-too-large");
    assert_true(wire_is_closed(fd, 2000));
    close(fd);
    fd = open_wire();
    assert_int_equal(post(fd, json, body, 1 << 20), 413); // all of it read, so that this is seen
    close(fd);
    free(body);
}

static void
a_refusal_reads_the_body_and_keeps_the_connection(void **state)
{
    int fd = open_wire();
    send_request(fd, "POST /nowhere", "Content-Length: 5\r\n");
    wire_sends(fd, "12345");
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, 404);
    send_request(fd, "GET /hello", "");
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, 200);
    close(fd);
}

static void
a_body_that_will_be_refused_is_not_asked_for(void **state)
{
    int fd = open_wire();
    send_request(fd, "POST /echo", "Expect: 100-continue\r\nContent-Length: 5000\r\n");
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, 413);
    close(fd);
    fd = open_wire();
    send_request(fd, "POST /echo", "Content-Length: 99999999999\r\n");
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, 413);
    close(fd);
}

static void
a_chunked_body_has_the_same_limits(void **state)
{
    static const char chunked[] =
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
    char chunk[4096];
    int fd = open_wire();
    send_request(fd, "POST /echo", chunked);
    wire_sends(fd, "2\r\n[1\r\n3\r\n,2]\r\n0\r\n\r\n");
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body, "[1,2]");
    memset(chunk, 'x', sizeof chunk);
    send_request(fd, "POST /echo", chunked);
    for (int i = 0; i < 2; i++) {
        wire_sends(fd, "1000\r\n");
        wire_send(fd, chunk, sizeof chunk);
        wire_sends(fd, "\r\n");
    }
    wire_sends(fd, "0\r\n\r\n");
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, 413);
    assert_true(wire_is_closed(fd, 2000));
    close(fd);
}

// --- Several requests ----------------------------------------------------------------------------

static void
pipelined_requests_are_answered_in_order(void **state)
{
    int fd = open_wire();
    wire_sends(fd, "GET /things/1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
                   "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"
                   "GET /things/3 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire_receive(fd, &reply);
    assert_string_equal(reply.body, "\"1\"nullnull");
    wire_receive(fd, &reply);
    assert_string_equal(reply.body, "{\"hello\":\"world\"}\n");
    wire_receive(fd, &reply);
    assert_string_equal(reply.body, "\"3\"nullnull");
    close(fd);
}

static void
a_request_may_come_byte_by_byte(void **state)
{
    static const char text[] = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                               "application/json\r\nContent-Length: 2\r\n\r\n{}";
    int fd = open_wire();
    for (size_t i = 0; i < sizeof text - 1; i++) {
        wire_send(fd, text + i, 1);
        usleep(200);
    }
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body, "{}");
    close(fd);
}

static size_t
collect(char *data, size_t size, size_t count, void *arg)
{
    text_add(arg, data, size * count);
    return size * count;
}

static void
libcurl_keeps_one_connection_alive(void **state)
{
    CURL *curl = curl_easy_init();
    char url[64];
    long connects, status;
    struct text got;
    text_init(&got);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/echo", listener_port(listener));
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &got);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "{\"a\":1}");
    for (int i = 0; i < 20; i++) {
        assert_int_equal(curl_easy_perform(curl), CURLE_OK);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &connects);
        assert_int_equal(status, 200);
        assert_int_equal(connects, i == 0 ? 1 : 0);
    }
    assert_int_equal(got.len, 20 * 7);
    text_fini(&got);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_has_few_headers),
        cmocka_unit_test(an_empty_reply_has_no_body),
        cmocka_unit_test(a_head_has_the_headers_of_the_get),
        cmocka_unit_test(a_valid_request_id_comes_back),
        cmocka_unit_test(the_number_of_a_trace_is_the_request_id_where_the_client_chose_none),
        cmocka_unit_test(parameters_queries_and_headers_reach_the_handler),
        cmocka_unit_test(a_reply_without_memory_is_a_503),
        cmocka_unit_test(a_header_that_is_set_twice_is_sent_once),
        cmocka_unit_test(unknown_paths_are_404_and_unknown_methods_405),
        cmocka_unit_test(wrong_paths_are_400),
        cmocka_unit_test(other_hosts_and_origins_are_refused),
        cmocka_unit_test(a_body_must_be_json_by_its_type),
        cmocka_unit_test(the_body_limit_holds_from_both_sides),
        cmocka_unit_test(a_refusal_reads_the_body_and_keeps_the_connection),
        cmocka_unit_test(a_body_that_will_be_refused_is_not_asked_for),
        cmocka_unit_test(a_chunked_body_has_the_same_limits),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(a_request_may_come_byte_by_byte),
        cmocka_unit_test(libcurl_keeps_one_connection_alive),
    };
    return cmocka_run_group_tests(tests, start_listener, stop_listener);
}
