// SPDX-License-Identifier: MIT
//
// A closed gate keeps newcomers out and whoever is in, in.
#include "http/gate.h"
#include "support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in6 address;

static int
set_up(void **state)
{
    static int listening;
    socklen_t size = sizeof address;
    const int off = 0;
    address = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = in6addr_any};
    listening = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listening, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    *state = &listening;
    return bind(listening, (struct sockaddr *)&address, size) != 0 ||
           listen(listening, SOMAXCONN) != 0 ||
           getsockname(listening, (struct sockaddr *)&address, &size) != 0;
}

static int
tear_down(void **state)
{
    return close(*(int *)*state);
}

// A connection over IPv4 that has begun; whether it is there shows poll.
static int
knock(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = address.sin6_port,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        assert_int_equal(errno, EINPROGRESS);
    return fd;
}

static bool
is_connected(int fd, int ms)
{
    struct pollfd poller = {.fd = fd, .events = POLLOUT};
    return poll(&poller, 1, ms) == 1 && (poller.revents & (POLLERR | POLLHUP)) == 0;
}

static void
serve_who_was_not_accepted_yet(void **state, enum gate (*close_gate)(int))
{
    enum { CLIENTS = 20 };
    int fds[CLIENTS];
    char word[3] = "";
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = knock();
        assert_true(is_connected(fds[i], 2000));
        assert_int_equal(send(fds[i], "hi", 2, 0), 2);
    }
    assert_int_not_equal(close_gate(*(int *)*state), GATE_OPEN);
    for (int i = 0; i < CLIENTS; i++) {
        int accepted = accept(*(int *)*state, NULL, NULL);
        gate_admit(accepted);
        assert_int_equal(recv(accepted, word, 2, 0), 2);
        assert_int_equal(send(accepted, word, 2, 0), 2);
        close(accepted);
        assert_true(is_connected(fds[i], 2000));
        fcntl(fds[i], F_SETFL, 0);
        assert_int_equal(recv(fds[i], word, 2, MSG_WAITALL), 2);
        assert_int_equal(recv(fds[i], word, 2, 0), 0); // closed in good order
        close(fds[i]);
    }
}

static void
who_was_not_accepted_yet_is_served(void **state)
{
    serve_who_was_not_accepted_yet(state, gate_close);
}

static void
so_they_are_where_filters_are_not_allowed(void **state)
{
    serve_who_was_not_accepted_yet(state, gate_close_by_hops);
}

static void
let_a_newcomer_wait(void **state, enum gate (*close_gate)(int))
{
    assert_int_not_equal(close_gate(*(int *)*state), GATE_OPEN);
    int fd = knock();
    assert_false(is_connected(fd, 300));
    shutdown(*(int *)*state, SHUT_RD);
    struct pollfd poller = {.fd = fd, .events = POLLOUT};
    assert_int_equal(poll(&poller, 1, 10000), 1); // the system tries again after a second
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    assert_int_equal(error, ECONNREFUSED);
    close(fd);
}

static void
a_newcomer_waits_and_is_refused_when_the_socket_is_gone(void **state)
{
    let_a_newcomer_wait(state, gate_close);
}

static void
so_they_do_where_filters_are_not_allowed(void **state)
{
    let_a_newcomer_wait(state, gate_close_by_hops);
}

static void
a_newcomer_over_ipv6_waits_too(void **state)
{
    assert_int_equal(gate_close_by_hops(*(int *)*state), GATE_HOPS);
    struct sockaddr_in6 to = address;
    to.sin6_addr = in6addr_loopback;
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    connect(fd, (struct sockaddr *)&to, sizeof to);
    assert_false(is_connected(fd, 300));
    close(fd);
}

// The demand is the listening socket's, and theirs until they are admitted.
static void
who_is_in_is_not_asked_how_far_they_came(void **state)
{
    char word[3] = "";
    int fd = knock();
    assert_true(is_connected(fd, 2000));
    assert_int_equal(gate_close_by_hops(*(int *)*state), GATE_HOPS);
    int accepted = accept(*(int *)*state, NULL, NULL), least = 255;
    setsockopt(accepted, IPPROTO_IP, IP_MINTTL, &least, sizeof least); // as one that came later
    assert_int_equal(send(fd, "hi", 2, 0), 2);
    struct pollfd poller = {.fd = accepted, .events = POLLIN};
    assert_int_equal(poll(&poller, 1, 50), 0);
    gate_admit(accepted);
    assert_int_equal(poll(&poller, 1, 2000), 1); // sent again
    assert_int_equal(recv(accepted, word, 2, 0), 2);
    close(accepted);
    close(fd);
}

static void
what_is_no_socket_is_said(void **state)
{
    assert_int_equal(gate_close(-1), GATE_OPEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_was_not_accepted_yet_is_served),
        TEST(a_newcomer_waits_and_is_refused_when_the_socket_is_gone),
        TEST(so_they_are_where_filters_are_not_allowed),
        TEST(so_they_do_where_filters_are_not_allowed),
        TEST(a_newcomer_over_ipv6_waits_too),
        TEST(who_is_in_is_not_asked_how_far_they_came),
        TEST(what_is_no_socket_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
