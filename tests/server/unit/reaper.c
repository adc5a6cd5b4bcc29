// SPDX-License-Identifier: MIT
//
// server/http/reaper.c: whoever takes too long for a phase is cut off in time, however busily they
// send; who is quick, and who waits for our own work, is not.
#include "support.h"
#include "wire.h"

#include "base/clock.h"
#include "http/listener.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER_MS = 600, BODY_MS = 900, SEND_MS = 700, IDLE_MS = 1200, LATE_MS = 500, STEP_MS = 50 };
enum { LARGE = 6 << 20 };

#define HOST "Host: localhost\r\n"

static struct listener *listener;
static struct wire_reply reply;

static void
answer(struct request *r)
{
    reply_empty(r, 204);
}

static void
answer_much(struct request *r)
{
    struct text body;
    static char bytes[65536];
    text_init(&body);
    memset(bytes, ' ', sizeof bytes);
    for (size_t size = 0; size < LARGE; size += sizeof bytes)
        text_add(&body, bytes, sizeof bytes);
    reply_json(r, 200, &body);
}

static void *
answer_late(void *arg)
{
    usleep(2 * IDLE_MS * 1000);
    reply_empty(arg, 204);
    request_resume(arg);
    return NULL;
}

static void
work_long(struct request *r)
{
    pthread_t id;
    request_suspend(r, NULL);
    if (pthread_create(&id, NULL, answer_late, r) != 0)
        abort();
    pthread_detach(id);
}

static const struct route routes[] = {
    {"GET", "/", answer, ACCESS_DATA},
    {"POST", "/", answer, ACCESS_DATA},
    {"GET", "/much", answer_much, ACCESS_DATA},
    {"GET", "/work", work_long, ACCESS_DATA},
    {NULL, NULL, NULL, 0},
};

static int
start_listener(void **state)
{
    char error[256];
    const struct listener_options options = {.host = "127.0.0.1",
                                             .threads = 2,
                                             .connections = 64,
                                             .per_address = 32,
                                             .header_timeout_ms = HEADER_MS,
                                             .body_timeout_ms = BODY_MS,
                                             .send_timeout_ms = SEND_MS,
                                             .idle_timeout_ms = IDLE_MS,
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

static uint64_t
now_ms(void)
{
    return clock_monotonic_ns() / 1000000;
}

static bool
is_over(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0 ||
           (errno != EAGAIN && errno != EWOULDBLOCK);
}

// Sends [drip] every 50 ms, "" for nothing, until the server hangs up.
static void
expect_cut(int fd, enum phase phase, uint64_t since_ms, uint64_t limit_ms, const char *drip)
{
    unsigned before = listener_cut(listener, phase);
    while (!is_over(fd) && now_ms() < since_ms + limit_ms + 5000) {
        send(fd, drip, strlen(drip), MSG_NOSIGNAL);
        usleep(STEP_MS * 1000);
    }
    assert_in_range(now_ms() - since_ms, limit_ms, limit_ms + LATE_MS + 2 * STEP_MS);
    assert_int_equal(listener_cut(listener, phase), before + 1);
    close(fd);
}

static void
a_head_has_its_time_from_the_beginning(void **state)
{
    static const char *const begun[] = {"", "GE", "GET / HTTP/1.1\r\nX: ", "GET / HTTP/1.1\r\n"};
    static const char *const drips[] = {"", "T", "x", "X: y\r\n"};
    for (size_t i = 0; i < sizeof begun / sizeof begun[0]; i++) {
        uint64_t since = now_ms();
        int fd = wire_open(listener_port(listener));
        wire_sends(fd, begun[i]);
        expect_cut(fd, PHASE_HEAD, since, HEADER_MS, drips[i]);
    }
}

static void
the_next_head_has_its_own_time(void **state)
{
    int fd = wire_open(listener_port(listener));
    wire_sends(fd, "GET / HTTP/1.1\r\n" HOST "\r\n");
    wire_receive(fd, &reply);
    usleep((IDLE_MS - 400) * 1000);
    uint64_t since = now_ms();
    wire_sends(fd, "GET / HTTP/1.1\r\n");
    expect_cut(fd, PHASE_HEAD, since, HEADER_MS, "X: y\r\n");
}

static void
a_body_has_its_time(void **state)
{
    static const char *const drips[] = {"", "x"};
    for (int i = 0; i < 2; i++) {
        uint64_t since = now_ms();
        int fd = wire_open(listener_port(listener));
        wire_sends(fd, "POST / HTTP/1.1\r\n" HOST "Content-Length: 500\r\n\r\n");
        expect_cut(fd, PHASE_BODY, since, BODY_MS, drips[i]);
    }
}

static void
an_idle_connection_has_its_time(void **state)
{
    static const char *const drips[] = {"", "G"};
    for (int i = 0; i < 2; i++) {
        int fd = wire_open(listener_port(listener));
        wire_sends(fd, "GET / HTTP/1.1\r\n" HOST "\r\n");
        wire_receive(fd, &reply);
        expect_cut(fd, PHASE_IDLE, now_ms(), IDLE_MS, drips[i]);
    }
}

// A MiB a second is quick enough, so there is so much more time for 6 MiB.
static void
a_reader_who_takes_nothing_has_their_time(void **state)
{
    unsigned before = listener_cut(listener, PHASE_SEND);
    const int small = 4096;
    int fd = wire_open(listener_port(listener));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    wire_sends(fd, "GET /much HTTP/1.1\r\n" HOST "\r\n");
    usleep(5000 * 1000);
    assert_int_equal(listener_cut(listener, PHASE_SEND), before);
    usleep((1000 + SEND_MS + LATE_MS) * 1000);
    assert_int_equal(listener_cut(listener, PHASE_SEND), before + 1);
    close(fd);
}

static void
our_own_work_is_not_the_clients_time(void **state)
{
    int fd = wire_open(listener_port(listener));
    wire_sends(fd, "GET /work HTTP/1.1\r\n" HOST "\r\n");
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, 204);
    wire_sends(fd, "GET / HTTP/1.1\r\n" HOST "\r\n");
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, 204);
    close(fd);
}

static void
one_address_has_so_many_connections(void **state)
{
    int fd[33];
    for (int i = 0; i < 32; i++) {
        fd[i] = wire_open(listener_port(listener));
        wire_sends(fd[i], "GET / HTTP/1.1\r\n" HOST "\r\n");
        wire_receive(fd[i], &reply);
        assert_int_equal(reply.status, 204);
    }
    fd[32] = wire_open(listener_port(listener));
    assert_true(wire_is_closed(fd[32], 2000));
    for (int i = 0; i < 33; i++)
        close(fd[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_has_its_time_from_the_beginning),
        cmocka_unit_test(the_next_head_has_its_own_time),
        cmocka_unit_test(a_body_has_its_time),
        cmocka_unit_test(an_idle_connection_has_its_time),
        cmocka_unit_test(a_reader_who_takes_nothing_has_their_time),
        cmocka_unit_test(our_own_work_is_not_the_clients_time),
        cmocka_unit_test(one_address_has_so_many_connections),
    };
    return cmocka_run_group_tests_name("reaper", tests, start_listener, stop_listener);
}
