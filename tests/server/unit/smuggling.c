// SPDX-License-Identifier: MIT
//
// server/http/headcheck.c over a socket: heads that two servers could read in two ways are refused,
// the connection closes, and what follows them is never run as a request.
#include "support.h"
#include "wire.h"

#include "http/listener.h"

#include <stdatomic.h>
#include <unistd.h>

static struct listener *listener;
static struct wire_reply reply;
static _Atomic unsigned smuggled;

static void
accept_post(struct request *r)
{
    reply_empty(r, 204);
}

static void
count_smuggled(struct request *r)
{
    atomic_fetch_add(&smuggled, 1);
    reply_empty(r, 204);
}

static const struct route routes[] = {
    {"GET", "/", accept_post, ACCESS_DATA},
    {"POST", "/", accept_post, ACCESS_DATA},
    {"GET", "/smuggled", count_smuggled, ACCESS_DATA},
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

#define HOST     "Host: localhost\r\n"
#define SMUGGLED "GET /smuggled HTTP/1.1\r\n" HOST "\r\n"
#define CHUNKED  "Transfer-Encoding: chunked\r\n"

// Sends [text] as it is, NULs too, and a request behind it.
static void
send_case(int fd, const char *text, size_t len)
{
    wire_send(fd, text, len);
    wire_sends(fd, SMUGGLED);
}

static void
check_refused(const char *text, size_t len, int status)
{
    int fd = wire_open(listener_port(listener));
    send_case(fd, text, len);
    wire_receive(fd, &reply);
    if (reply.status != status)
        fail_msg("%s: %d, not %d", text, reply.status, status);
    if (!wire_is_closed(fd, 2000))
        fail_msg("%s: the connection stays open", text);
    close(fd);
    assert_int_equal(atomic_load(&smuggled), 0);
}

#define REFUSED(status, text) check_refused(text, sizeof(text) - 1, status)

static void
contradictory_lengths_are_refused(void **state)
{
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 4\r\n" CHUNKED "\r\n0\r\n\r\n");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST CHUNKED "Content-Length: 4\r\n\r\n0\r\n\r\n");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST CHUNKED CHUNKED "\r\n0\r\n\r\n");
    REFUSED(400, "POST / HTTP/1.0\r\n" HOST CHUNKED "\r\n0\r\n\r\n");
}

static void
lengths_that_are_no_numbers_are_refused(void **state)
{
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: +2\r\n\r\nab");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 2, 2\r\n\r\nab");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x2\r\n\r\nab");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST CHUNKED "\r\nxyz\r\n");
}

static void
codings_that_are_not_understood_are_501(void **state)
{
    REFUSED(501, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n");
    REFUSED(501, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n");
    REFUSED(501, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
    REFUSED(501, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked \r\n\r\n0\r\n\r\n");
}

static void
names_that_hide_are_refused(void **state)
{
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "Content-Length : 2\r\n\r\nab");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "Content-Length\t: 2\r\n\r\nab");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n");
    REFUSED(400, "POST / HTTP/1.1\r\n Content-Length: 2\r\n" HOST "\r\nab");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST ": 2\r\n\r\n");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "X: a\r\n: 2\r\nY: b\r\n\r\n");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "X(): a\r\n\r\n");
}

static void
folded_lines_are_refused(void **state)
{
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n 5\r\n\r\nabcde");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "X-A: b\r\n c\r\n\r\n");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "X-A: b\r\n\tc\r\nX-D: e\r\n\r\n");
    REFUSED(400, "POST / HTTP/1.1\r\nHost: localhost\r\n .example.com\r\n\r\n");
}

static void
bare_line_feeds_and_control_characters_are_refused(void **state)
{
    REFUSED(400, "POST / HTTP/1.1\nHost: localhost\n\n");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "X: a\nContent-Length: 2\r\n\r\nab");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "X: a\n\r\n");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "X: a\rContent-Length: 2\r\n\r\n");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "X: a\0b\r\nContent-Length: 0\r\n\r\n");
    REFUSED(400, "POST / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n");
}

static void
one_host_is_needed(void **state)
{
    REFUSED(400, "GET / HTTP/1.1\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nX: a\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\n" HOST HOST "\r\n");
}

static void
ordinary_requests_pass(void **state)
{
    static const char *const fine[] = {
        "GET / HTTP/1.1\r\n" HOST "\r\n",
        "GET / HTTP/1.1\r\nhost:localhost\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\n" HOST "\r\n",
        "GET /?a=b&c HTTP/1.1\r\n" HOST "Cookie: a=b; c=\"d\"\r\nAccept: */*\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "X-Empty:\r\nX-Space:  \t \r\nX: a\tb\r\n\r\n",
        "GET / HTTP/1.0\r\n" HOST "Connection: keep-alive\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST CHUNKED "\r\n0\r\nTrailer: x\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST
        "Transfer-Encoding: CHUNKED\r\nContent-Type: application/json\r\n"
        "\r\n2;x=y\r\n{}\r\n0\r\n\r\n",
    };
    int one = wire_open(listener_port(listener));
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        wire_sends(one, fine[i]);
        wire_receive(one, &reply);
        if (reply.status != 204)
            fail_msg("%s: %d %s", fine[i], reply.status, reply.body);
    }
    close(one);
}

static void
a_head_that_is_too_large_is_431(void **state)
{
    static char head[40000];
    strcpy(head, "GET / HTTP/1.1\r\n" HOST "X: ");
    memset(head + strlen(head), 'x', 30000);
    int fd = wire_open(listener_port(listener));
    wire_sends(fd, head);
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, 431);
    close(fd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contradictory_lengths_are_refused),
        cmocka_unit_test(lengths_that_are_no_numbers_are_refused),
        cmocka_unit_test(codings_that_are_not_understood_are_501),
        cmocka_unit_test(names_that_hide_are_refused),
        cmocka_unit_test(folded_lines_are_refused),
        cmocka_unit_test(bare_line_feeds_and_control_characters_are_refused),
        cmocka_unit_test(one_host_is_needed),
        cmocka_unit_test(ordinary_requests_pass),
        cmocka_unit_test(a_head_that_is_too_large_is_431),
    };
    return cmocka_run_group_tests(tests, start_listener, stop_listener);
}
