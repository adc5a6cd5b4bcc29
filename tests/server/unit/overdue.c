// SPDX-License-Identifier: MIT
//
// server/http/overdue.c: whoever waits too long for our own work is told so once, and what the work
// says later reaches nobody.
#include "support.h"
#include "wire.h"

#include "base/clock.h"
#include "http/listener.h"
#include "http/problem.h"

#include <stdatomic.h>
#include <unistd.h>

enum { WORK_MS = 500, LATE_MS = 500, STEP_MS = 50 };

#define HOST "Host: localhost\r\n"

static struct listener *listener;
static struct wire_reply reply;
static struct request *_Atomic waiting; // suspended; the test resumes it
static atomic_uint steps;               // that ran after the wait

static void
step(struct request *r)
{
    steps++;
    reply_empty(r, 204);
}

static void
hang(struct request *r)
{
    request_suspend(r, step);
    atomic_store(&waiting, r);
}

static void
answer(struct request *r)
{
    reply_empty(r, 204);
}

static const struct route routes[] = {
    {"GET", "/", answer, ACCESS_DATA},
    {"GET", "/hang", hang, ACCESS_DATA},
    {"HEAD", "/hang", hang, ACCESS_DATA},
    {NULL, NULL, NULL, 0},
};

static int
start_listener(void **state)
{
    char error[256];
    const struct listener_options options = {.host = "127.0.0.1",
                                             .threads = 1,
                                             .connections = 16,
                                             .work_timeout_ms = WORK_MS,
                                             .body_limit = 1000,
                                             .routes = routes};
    listener = listener_start(&options, error, sizeof error);
    steps = 0;
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

static void
resume(void)
{
    struct request *r;
    while (!(r = atomic_exchange(&waiting, NULL)))
        usleep(1000);
    request_resume(r);
}

static unsigned
count_overdue(void)
{
    for (unsigned n = 0; problem_type(n); n++)
        if (strcmp(problem_type(n), "overdue") == 0)
            return (unsigned)tally_read_problems(listener_tally(listener), n);
    return 0;
}

static void
wait_until_steps(unsigned count)
{
    for (int i = 0; i < 100 && (steps < count || count_overdue() < count); i++)
        usleep(STEP_MS * 1000);
    assert_int_equal(steps, count);
}

static void
who_waits_too_long_is_told_so_and_the_connection_ends(void **state)
{
    int fd = wire_open(listener_port(listener));
    uint64_t since = now_ms();
    wire_sends(fd, "GET /hang HTTP/1.1\r\n" HOST "X-Request-Id: mine-1\r\n\r\n");
    wire_receive(fd, &reply);
    assert_in_range(now_ms() - since, WORK_MS, WORK_MS + LATE_MS + 2 * STEP_MS);
    assert_int_equal(reply.status, 503);
    assert_non_null(strstr(reply.body, "\"type\":\"urn:tenure:problem:overdue\""));
    assert_non_null(strstr(reply.body, "\"instance\":\"urn:tenure:request:mine-1\""));
    assert_memory_equal(wire_header(&reply, "Content-Type: "), "application/problem+json", 24);
    assert_memory_equal(wire_header(&reply, "Retry-After: "), "1\r", 2);
    assert_memory_equal(wire_header(&reply, "X-Request-Id: "), "mine-1\r", 7);
    assert_memory_equal(wire_header(&reply, "Connection: "), "close\r", 6);
    assert_true(wire_is_closed(fd, 1000));
    assert_int_equal(listener_cut(listener, PHASE_WORK), 1);
    resume();
    wait_until_steps(1);
    assert_int_equal(count_overdue(), 1);
    close(fd);
}

static void
a_head_is_answered_without_a_body(void **state)
{
    int fd = wire_open(listener_port(listener));
    wire_sends(fd, "HEAD /hang HTTP/1.1\r\n" HOST "\r\n");
    wire_receive_head(fd, &reply);
    assert_int_equal(reply.status, 503);
    assert_true(wire_is_closed(fd, 1000));
    resume();
    wait_until_steps(1);
    close(fd);
}

static void
what_follows_on_the_connection_is_not_read_as_a_request(void **state)
{
    int fd = wire_open(listener_port(listener));
    wire_sends(fd, "GET /hang HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n" HOST "\r\n");
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, 503);
    resume();
    assert_true(wire_is_closed(fd, 1000));
    wait_until_steps(1);
    close(fd);
}

static void
whoever_is_answered_in_time_is_not_told_so(void **state)
{
    int fd = wire_open(listener_port(listener));
    for (int i = 0; i < 3; i++) {
        wire_sends(fd, "GET /hang HTTP/1.1\r\n" HOST "\r\n");
        usleep(WORK_MS / 2 * 1000);
        resume();
        wire_receive(fd, &reply);
        assert_int_equal(reply.status, 204);
    }
    usleep((WORK_MS + LATE_MS) * 1000);
    wire_sends(fd, "GET / HTTP/1.1\r\n" HOST "\r\n");
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, 204);
    assert_int_equal(listener_cut(listener, PHASE_WORK), 0);
    close(fd);
}

// The work ends in the moment in which its time does: one answer, whichever it is.
static void
there_is_one_answer_at_the_deadline(void **state)
{
    for (int i = 0; i < 10; i++) {
        int fd = wire_open(listener_port(listener));
        wire_sends(fd, "GET /hang HTTP/1.1\r\n" HOST "\r\n");
        usleep((WORK_MS + 200 + (unsigned)i * 20) * 1000);
        resume();
        wire_receive(fd, &reply);
        assert_true(reply.status == 204 || reply.status == 503);
        assert_true(wire_is_closed(fd, 100) == (reply.status == 503));
        close(fd);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_listener, stop_listener)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_waits_too_long_is_told_so_and_the_connection_ends),
        TEST(a_head_is_answered_without_a_body),
        TEST(what_follows_on_the_connection_is_not_read_as_a_request),
        TEST(whoever_is_answered_in_time_is_not_told_so),
        TEST(there_is_one_answer_at_the_deadline),
    };
    return cmocka_run_group_tests_name("overdue", tests, NULL, NULL);
}
