// SPDX-License-Identifier: MIT
//
// server/http/listener.c and the suspending of request.c: start, stop, and requests that wait.
#include "support.h"
#include "wire.h"

#include "http/listener.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

// --- Toy routes ----------------------------------------------------------------------------------

static _Atomic unsigned states_freed;

static void
say_hello(struct request *r)
{
    struct text body;
    text_init(&body);
    text_adds(&body, "{\"hello\":\"world\"}\n");
    reply_json(r, 200, &body);
}

static void
free_state(void *state)
{
    free(state);
    atomic_fetch_add(&states_freed, 1);
}

static void *
answer_later(void *arg)
{
    struct request *r = arg;
    usleep(20000);
    say_hello(r);
    request_resume(r);
    return NULL;
}

static void *
resume_at_once(void *arg)
{
    request_resume(arg);
    return NULL;
}

static void
hand_over(struct request *r, void *(*thread)(void *), handler_fn *next)
{
    pthread_t id;
    r->state = malloc(1);
    r->state_free = free_state;
    request_suspend(r, next);
    if (pthread_create(&id, NULL, thread, r) != 0)
        abort();
    pthread_detach(id);
}

static void
wait_for_reply(struct request *r)
{
    hand_over(r, answer_later, NULL);
}

static void
wait_again(struct request *r)
{
    free(r->state);
    hand_over(r, answer_later, NULL);
}

static void
wait_twice(struct request *r)
{
    hand_over(r, resume_at_once, wait_again);
}

static const struct route routes[] = {
    {"GET", "/hello", say_hello, ACCESS_DATA},
    {"GET", "/wait", wait_for_reply, ACCESS_DATA},
    {"GET", "/wait-twice", wait_twice, ACCESS_DATA},
    {NULL, NULL, NULL, 0},
};

// --- One listener for all tests ------------------------------------------------------------------

static struct listener *listener;
static struct wire_reply reply;

static struct listener *
start(unsigned threads, uint16_t port, char *error, size_t error_size)
{
    const struct listener_options options = {.host = "127.0.0.1",
                                             .port = port,
                                             .threads = threads,
                                             .connections = 256,
                                             .idle_timeout_ms = 30000,
                                             .body_limit = 4096,
                                             .routes = routes};
    return listener_start(&options, error, error_size);
}

static int
start_listener(void **state)
{
    char error[256] = "";
    listener = start(2, 0, error, sizeof error);
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
    wire_receive(fd, &reply);
    close(fd);
    return reply.status;
}

// --- Suspending ----------------------------------------------------------------------------------

// The connection's end is seen a little after its last byte.
static void
wait_until_idle(struct listener *l)
{
    for (int i = 0; i < 2000 && listener_in_flight(l) > 0; i++)
        usleep(1000);
    assert_int_equal(listener_in_flight(l), 0);
}

static void
a_suspended_request_is_answered_by_another_thread(void **state)
{
    unsigned before = atomic_load(&states_freed);
    assert_int_equal(ask("GET /wait", ""), 200);
    assert_string_equal(reply.body, "{\"hello\":\"world\"}\n");
    assert_int_equal(ask("GET /wait-twice", ""), 200);
    assert_string_equal(reply.body, "{\"hello\":\"world\"}\n");
    wait_until_idle(listener);
    assert_int_equal(atomic_load(&states_freed), before + 2);
}

static void
many_suspended_requests_are_all_answered(void **state)
{
    int fds[100];
    for (int i = 0; i < 100; i++)
        send_request(fds[i] = open_wire(), i % 2 ? "GET /wait" : "GET /wait-twice", "");
    for (int i = 0; i < 100; i++) {
        wire_receive(fds[i], &reply);
        assert_int_equal(reply.status, 200);
        close(fds[i]);
    }
    wait_until_idle(listener);
}

static void
a_client_that_leaves_while_suspended_harms_nobody(void **state)
{
    for (int i = 0; i < 20; i++) {
        int fd = open_wire();
        send_request(fd, "GET /wait", "");
        usleep(1000);
        close(fd);
    }
    assert_int_equal(ask("GET /hello", ""), 200);
    wait_until_idle(listener);
}

// --- Start and stop ------------------------------------------------------------------------------

static void
a_port_in_use_is_named(void **state)
{
    char error[256], expected[256];
    assert_null(start(1, listener_port(listener), error, sizeof error));
    snprintf(expected, sizeof expected, "port %u of 127.0.0.1 is in use by another process",
             listener_port(listener));
    assert_string_equal(error, expected);
}

static void
a_quiesced_listener_finishes_what_it_has(void **state)
{
    char error[256];
    struct listener *l = start(1, 0, error, sizeof error);
    int fd = wire_open(listener_port(l));
    send_request(fd, "GET /hello", "");
    wire_receive(fd, &reply);
    assert_null(wire_header(&reply, "Connection: close"));
    send_request(fd, "GET /wait", "");
    usleep(5000);
    assert_int_equal(listener_in_flight(l), 1);
    listener_quiesce(l);
    assert_int_equal(listener_in_flight(l), 1);
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, 200);
    assert_non_null(wire_header(&reply, "Connection: close\r\n"));
    assert_true(wire_is_closed(fd, 2000));
    close(fd);
    wait_until_idle(l);
    listener_stop(l);
}

static void
a_stop_waits_for_what_is_suspended(void **state)
{
    char error[256];
    struct listener *l = start(2, 0, error, sizeof error);
    int fds[10];
    unsigned before = atomic_load(&states_freed);
    for (int i = 0; i < 10; i++)
        send_request(fds[i] = wire_open(listener_port(l)), i % 2 ? "GET /wait" : "GET /wait-twice",
                     "");
    for (int i = 0; i < 2000 && listener_in_flight(l) < 10; i++)
        usleep(1000);
    listener_stop(l);
    assert_int_equal(atomic_load(&states_freed), before + 10);
    for (int i = 0; i < 10; i++)
        close(fds[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_suspended_request_is_answered_by_another_thread),
        cmocka_unit_test(many_suspended_requests_are_all_answered),
        cmocka_unit_test(a_client_that_leaves_while_suspended_harms_nobody),
        cmocka_unit_test(a_port_in_use_is_named),
        cmocka_unit_test(a_quiesced_listener_finishes_what_it_has),
        cmocka_unit_test(a_stop_waits_for_what_is_suspended),
    };
    return cmocka_run_group_tests(tests, start_listener, stop_listener);
}
