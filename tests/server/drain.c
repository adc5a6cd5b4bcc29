// SPDX-License-Identifier: MIT
//
// The service stops, and nobody who got in goes without an answer.
#include "service_fixture.h"
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// The status that the server ends with by itself.
static int
wait_for_end(void)
{
    int status;
    assert_int_equal(waitpid(service.server.pid, &status, 0), service.server.pid);
    service.server.pid = 0;
    client_fini(&service.data);
    client_fini(&service.admin);
    return status;
}

static double
now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
wait_for_status(const char *path, long status)
{
    while (client_call(&service.admin, "GET", path, NULL) != status)
        wait_ms(1);
}

// --- Load ------------------------------------------------------------------------------------

enum { CLIENTS = 32, NEWCOMER_MS = 100 };

static atomic_uint sent, answered, reconnected;
static atomic_bool stopping; // a client that does not get in then goes home

// A connection, or -1: the service lets nobody in.
static int
knock(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)service.server.data_port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct pollfd poller = {.fd = fd, .events = POLLOUT};
    if ((connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS) &&
        poll(&poller, 1, NEWCOMER_MS) == 1 && (poller.revents & (POLLERR | POLLHUP)) == 0) {
        fcntl(fd, F_SETFL, 0);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        return fd;
    }
    close(fd);
    return -1;
}

// One request on [fd]; whether another may follow.
static bool
exchange(int fd, const char *request, char *reply, size_t size)
{
    size_t len = 0;
    atomic_fetch_add(&sent, 1);
    wire_sends(fd, request);
    for (ssize_t got; len < size - 1 && (got = recv(fd, reply + len, size - 1 - len, 0)) > 0;) {
        len += (size_t)got;
        reply[len] = '\0';
        if (strstr(reply, "\r\n\r\n{") && reply[len - 1] == '}') {
            atomic_fetch_add(&answered, strncmp(reply, "HTTP/1.1 20", 11) == 0);
            return !strstr(reply, "Connection: close");
        }
    }
    return false;
}

// Half of them read, half of them write.
static void *
call_on(void *arg)
{
    static const char *const requests[] = {
        "GET /v1/users/known HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "PUT /v1/users/known HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: 14\r\n\r\n{\"name\":\"Ada\"}"};
    const char *request = requests[(size_t)arg % 2];
    char reply[4096];
    for (;;) {
        int fd = knock();
        if (fd < 0 && stopping)
            return NULL;
        if (fd < 0)
            continue;
        atomic_fetch_add(&reconnected, 1);
        while (exchange(fd, request, reply, sizeof reply))
            ;
        close(fd);
    }
}

// Returns how many requests came after the signal.
static unsigned
end_under_load(const char *delay)
{
    pthread_t threads[CLIENTS];
    START(delay);
    make_user("known");
    sent = answered = reconnected = 0;
    stopping = false;
    for (size_t i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_on, (void *)i), 0);
    wait_ms(300);
    unsigned before = sent;
    stopping = true;
    kill(service.server.pid, SIGTERM);
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(wait_for_end(), 0);
    print_message("%u requests, %u of them after the signal, %u connections\n", (unsigned)sent,
                  (unsigned)sent - before, (unsigned)reconnected);
    assert_int_equal(sent - answered, 0);
    return sent - before;
}

static void
no_request_of_32_reconnecting_clients_fails(void **state)
{
    assert_true(end_under_load("drain.delay=300ms") > 0);
    assert_true(reconnected > 2 * CLIENTS); // each reply of the delay closed its connection
}

static void
no_request_fails_without_a_delay_either(void **state)
{
    end_under_load("drain.delay=0s"); // which may end before anybody asks once more
}

// --- One by one ------------------------------------------------------------------------------

static void
during_the_delay_it_serves_newcomers_and_is_not_ready(void **state)
{
    static struct wire_reply reply;
    START("drain.delay=500ms");
    double start = now_s();
    kill(service.server.pid, SIGTERM);
    wait_for_status("/readyz", 503);
    assert_true(now_s() - start < 0.4);
    assert_int_equal(client_call(&service.admin, "GET", "/livez", NULL), 200);
    expect_refused(503, "not-ready", "GET", "/readyz", NULL);
    int fd = wire_open((uint16_t)service.server.data_port);
    wire_sends(fd, "PUT /v1/users/late HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n"
                   "Content-Type: application/json\r\n\r\n{\"name\":\"Ada\"}");
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, 201);
    assert_non_null(wire_header(&reply, "Connection: close\r\n"));
    close(fd);
    assert_int_equal(wait_for_end(), 0);
    assert_true(now_s() - start >= 0.5);
}

static void
a_suspended_write_is_answered(void **state)
{
    static struct wire_reply reply;
    char path[4096];
    sqlite3 *db;
    START(NULL);
    snprintf(path, sizeof path, "%s/tenured.db", service.server.folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    int fd = wire_open((uint16_t)service.server.data_port);
    wire_sends(fd, "PUT /v1/users/late HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n"
                   "Content-Type: application/json\r\n\r\n{\"name\":\"Ada\"}");
    wait_ms(50);
    kill(service.server.pid, SIGTERM);
    wait_for_status("/readyz", 503);
    wait_ms(200); // longer than the quiet moment
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&poller, 1, 0), 0);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, 201);
    close(fd);
    assert_int_equal(wait_for_end(), 0);
}

static void
a_request_that_never_ends_is_waited_for_until_the_timeout(void **state)
{
    START("drain.timeout=300ms");
    int fd = wire_open((uint16_t)service.server.data_port);
    wire_sends(fd, "PUT /v1/users/late HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n"
                   "Content-Type: application/json\r\n\r\n{\"name\":");
    wait_ms(50);
    double start = now_s();
    kill(service.server.pid, SIGTERM);
    assert_int_equal(wait_for_end(), 0);
    double seconds = now_s() - start;
    assert_true(seconds >= 0.3 && seconds < 5);
    close(fd);
}

static void
a_second_signal_ends_the_delay(void **state)
{
    static const int seconds[] = {SIGTERM, SIGINT};
    for (int i = 0; i < 2; i++) {
        START("drain.delay=60s");
        double start = now_s();
        kill(service.server.pid, SIGTERM);
        wait_for_status("/readyz", 503);
        kill(service.server.pid, SIGHUP); // says nothing about the end
        wait_ms(50);
        assert_int_equal(waitpid(service.server.pid, NULL, WNOHANG), 0);
        kill(service.server.pid, seconds[i]);
        assert_int_equal(wait_for_end(), 0);
        assert_true(now_s() - start < 10);
    }
}

static void
an_order_drains_like_the_signal(void **state)
{
    START("drain.delay=500ms");
    static const char *const before[] = {"\"before\":{\"draining\":false}",
                                         "\"before\":{\"draining\":true}"};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(client_call(&service.admin, "POST", "/v1/drain", NULL), 202);
        assert_non_null(strstr(service.admin.body.data, before[i]));
    }
    assert_int_equal(client_call(&service.admin, "GET", "/readyz", NULL), 503);
    assert_int_equal(client_call(&service.admin, "POST", "/v1/drain", "{\"now\":true}"), 422);
    assert_int_equal(wait_for_end(), 0);
}

// --- SIGHUP ----------------------------------------------------------------------------------

static void
write_level(const char *path, const char *level)
{
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(level, f);
    fclose(f);
}

static void
wait_for_line(const char *words)
{
    for (int waited = 0; waited < 5000; waited++) {
        char *log = server_log(&service.server);
        bool found = strstr(log, words) != NULL;
        free(log);
        if (found)
            return;
        wait_ms(1);
    }
    fail_msg("the log has no %s", words);
}

static void
sighup_reads_the_level_of_the_log_again(void **state)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/level", service.server.folder);
    setenv("TENURED_LOG__LEVEL_FILE", path, 1);
    write_level(path, "error\n");
    START(NULL);
    char *log = server_log(&service.server);
    assert_string_equal(log, "");
    free(log);
    write_level(path, "info\n");
    kill(service.server.pid, SIGHUP);
    wait_for_line("\"event\":\"reload\",\"log_level\":\"info\"}");
    collect();
    wait_for_line("\"event\":\"collection\"");
    write_level(path, "loud\n");
    kill(service.server.pid, SIGHUP);
    wait_for_line("\"event\":\"reload\",\"error\":\"log.level: ");
    assert_int_equal(client_call(&service.data, "GET", "/readyz", NULL), 200);
    unsetenv("TENURED_LOG__LEVEL_FILE");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(no_request_of_32_reconnecting_clients_fails),
        SERVICE_TEST(no_request_fails_without_a_delay_either),
        SERVICE_TEST(during_the_delay_it_serves_newcomers_and_is_not_ready),
        SERVICE_TEST(a_suspended_write_is_answered),
        SERVICE_TEST(a_request_that_never_ends_is_waited_for_until_the_timeout),
        SERVICE_TEST(a_second_signal_ends_the_delay),
        SERVICE_TEST(an_order_drains_like_the_signal),
        SERVICE_TEST(sighup_reads_the_level_of_the_log_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
