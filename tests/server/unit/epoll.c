// SPDX-License-Identifier: MIT
//
// server/http/epoll.c: exactly 128 or 256 connections that are ready at once are all answered at
// once.
//
// A listener's one thread is held inside a handler while every connection gets a request; when it
// is let go, its epoll_wait finds them all. Without the cure the replies come when the idle
// time-out ends, 30 s later, so ten seconds without one fail the test.
#include "support.h"
#include "wire.h"

#include "base/clock.h"
#include "http/epoll.h"
#include "http/listener.h"

#include <semaphore.h>
#include <unistd.h>

enum { MOST = 257 };

static sem_t held, let_go;
static struct wire_reply reply;

static void
say_nothing(struct request *r)
{
    reply_empty(r, 204);
}

static void
hold(struct request *r)
{
    sem_post(&held);
    sem_wait(&let_go);
    reply_empty(r, 204);
}

static const struct route routes[] = {{"GET", "/", say_nothing, ACCESS_DATA},
                                      {"GET", "/hold", hold, ACCESS_DATA},
                                      {NULL, NULL, NULL, 0}};

static struct listener *
start(unsigned threads)
{
    char error[256];
    const struct listener_options options = {.host = "127.0.0.1",
                                             .threads = threads,
                                             .connections = 4 * MOST,
                                             .idle_timeout_ms = 30000,
                                             .body_limit = 1000,
                                             .routes = routes};
    struct listener *l = listener_start(&options, error, sizeof error);
    assert_non_null(l);
    return l;
}

static void
ask(int fd)
{
    wire_sends(fd, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

static void
expect_answers(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        wire_receive(fds[i], &reply);
        assert_int_equal(reply.status, 204);
    }
}

static void
check_ready_at_once(size_t count)
{
    struct listener *l = start(1);
    int fds[MOST], holder = wire_open(listener_port(l));
    for (size_t i = 0; i < count; i++)
        ask(fds[i] = wire_open(listener_port(l)));
    expect_answers(fds, count); // all are known to the thread now
    wire_sends(holder, "GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n");
    sem_wait(&held);
    for (size_t i = 0; i < count; i++)
        ask(fds[i]);
    uint64_t start_ns = clock_monotonic_ns();
    sem_post(&let_go);
    expect_answers(fds, count);
    assert_true(clock_monotonic_ns() - start_ns < 5000000000);
    wire_receive(holder, &reply);
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
    close(holder);
    listener_stop(l);
}

static void
exactly_128_ready_connections_do_not_stall(void **state)
{
    check_ready_at_once(127);
    check_ready_at_once(128);
    check_ready_at_once(129);
}

static void
exactly_256_ready_connections_do_not_stall(void **state)
{
    check_ready_at_once(255);
    check_ready_at_once(256);
    check_ready_at_once(257);
}

static void
a_pool_of_two_serves_256_connections_round_after_round(void **state)
{
    struct listener *l = start(2);
    int fds[256];
    for (size_t i = 0; i < 256; i++)
        fds[i] = wire_open(listener_port(l));
    uint64_t start_ns = clock_monotonic_ns();
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < 256; i++)
            ask(fds[i]);
        expect_answers(fds, 256);
    }
    assert_true(clock_monotonic_ns() - start_ns < 10000000000);
    for (size_t i = 0; i < 256; i++)
        close(fds[i]);
    listener_stop(l);
}

static void
the_library_calls_our_epoll_wait(void **state)
{
    assert_true(epoll_is_ours());
}

int
main(void)
{
    sem_init(&held, 0, 0);
    sem_init(&let_go, 0, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_library_calls_our_epoll_wait),
        cmocka_unit_test(exactly_128_ready_connections_do_not_stall),
        cmocka_unit_test(exactly_256_ready_connections_do_not_stall),
        cmocka_unit_test(a_pool_of_two_serves_256_connections_round_after_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
