// SPDX-License-Identifier: MIT
//
// pace PORT RATE SECONDS: reads at a steady rate over eight connections, and how long they took:
// the median, the 99th in a hundred, and the longest, from the moment in which each was due. So a
// service that stalls is not asked less, and a client that never pauses is not in its own way.
#include "bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#define REQUEST "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define SECOND  UINT64_C(1000000000)

enum { CONNECTIONS = 8, MOST = 10000000 };

static int sockets[CONNECTIONS];
static uint64_t due[CONNECTIONS]; // of the request that is on its way; 0: none
static double *times;
static size_t count;

static int
connected(unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_must(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0, "a connection");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

// A short reply comes in one piece.
static void
take_reply(int i)
{
    char reply[4096];
    ssize_t len = recv(sockets[i], reply, sizeof reply, MSG_DONTWAIT);
    if (len < 0)
        return;
    bench_must(len > 15 && memcmp(reply + 9, "200", 3) == 0, "a reply of 200");
    times[count++] = (double)(bench_now_ns() - due[i]);
    due[i] = 0;
}

static void
wait_until(uint64_t moment)
{
    struct pollfd waits[CONNECTIONS];
    uint64_t now;
    while ((now = bench_now_ns()) < moment) {
        struct timespec left = {0, (long)(moment - now)};
        for (int i = 0; i < CONNECTIONS; i++)
            waits[i] = (struct pollfd){due[i] ? sockets[i] : -1, POLLIN, 0};
        ppoll(waits, CONNECTIONS, &left, NULL);
        for (int i = 0; i < CONNECTIONS; i++)
            if (waits[i].revents)
                take_reply(i);
    }
}

// On the connection whose turn it is, once its last reply is there.
static void
ask(int i, uint64_t moment)
{
    while (due[i])
        wait_until(bench_now_ns() + SECOND / 100000);
    due[i] = moment;
    bench_must(send(sockets[i], REQUEST, sizeof REQUEST - 1, MSG_NOSIGNAL) > 0, "a request");
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
    bench_must(argc == 4, "pace PORT RATE SECONDS");
    size_t rate = bench_read_count(argv[2]), asked = rate * bench_read_count(argv[3]);
    bench_must(asked < MOST, "fewer requests");
    times = calloc(asked, sizeof *times);
    bench_must(times != NULL, "memory");
    prctl(PR_SET_TIMERSLACK, 1000);
    for (int i = 0; i < CONNECTIONS; i++)
        sockets[i] = connected((unsigned)bench_read_count(argv[1]));
    uint64_t start = bench_now_ns();
    for (size_t n = 0; n < asked; n++) {
        uint64_t moment = start + n * SECOND / rate;
        wait_until(moment);
        ask((int)(n % CONNECTIONS), moment);
    }
    wait_until(bench_now_ns() + SECOND / 2);
    bench_must(count == asked, "a reply for each request");
    qsort(times, count, sizeof *times, compare);
    bench_print("median", times[count / 2], "ns");
    bench_print("p99", times[count * 99 / 100], "ns");
    bench_print("longest", times[count - 1], "ns");
    return 0;
}
