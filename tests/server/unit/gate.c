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
who_was_not_accepted_yet_is_served(void **state)
{
    enum { CLIENTS = 20 };
    int fds[CLIENTS];
    char word[3] = "";
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = knock();
        assert_true(is_connected(fds[i], 2000));
        assert_int_equal(send(fds[i], "hi", 2, 0), 2);
    }
    assert_true(gate_close(*(int *)*state));
    for (int i = 0; i < CLIENTS; i++) {
        int accepted = accept(*(int *)*state, NULL, NULL);
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
a_newcomer_waits_and_is_refused_when_the_socket_is_gone(void **state)
{
    assert_true(gate_close(*(int *)*state));
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
what_is_no_socket_is_said(void **state)
{
    assert_false(gate_close(-1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_was_not_accepted_yet_is_served),
        TEST(a_newcomer_waits_and_is_refused_when_the_socket_is_gone),
        TEST(what_is_no_socket_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
