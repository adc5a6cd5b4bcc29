// SPDX-License-Identifier: MIT
//
// slow PORT HEADER BODY IDLE: 1000 slow connections of six kinds to a service with these time-outs
// in seconds. Says "open" when all are there; in the end, for each kind, how many seconds behind
// its deadline the last of them was closed.
//
// It costs next to nothing, so that what the others feel is the service's work and not this one's.
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEAD "GET /livez HTTP/1.1\r\nHost: localhost\r\n"
#define POST                                                                                       \
    "POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"          \
    "Content-Length: 900\r\n\r\n"

// A tenth of a second after the other, a part of all connections sends.
enum { CONNECTIONS = 1000, KINDS = 6, PARTS = 20, TICK_MS = 100, LONGEST_S = 20 };
enum limit { HEADER, BODY, IDLE };

static const struct kind {
    const char *name, *first, *drip; // what is sent at once, and then again and again
    enum limit limit;
} kinds[KINDS] = {
    {"silent", "", "", HEADER},
    {"drips a request line", "GET /", "x", HEADER},
    {"drips headers", HEAD, "X: y\r\n", HEADER},
    {"drips a body", POST, " ", BODY},
    {"idle", HEAD "\r\n", "", IDLE},
    {"drips behind a reply", HEAD "\r\n", "G", IDLE},
};

static struct slow {
    int fd; // -1: over
    double began, ended;
} slow[CONNECTIONS];

static int watcher, open_count;

static double
now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const struct kind *
kind_of(const struct slow *s)
{
    return &kinds[(s - slow) % KINDS];
}

static void
say(const struct slow *s, const char *what)
{
    if (s->fd >= 0 && what[0] != '\0')
        send(s->fd, what, strlen(what), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
begin(struct slow *s, unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = s};
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    s->began = now_s();
    if (s->fd < 0 || connect(s->fd, (struct sockaddr *)&to, sizeof to) != 0 ||
        epoll_ctl(watcher, EPOLL_CTL_ADD, s->fd, &event) != 0) {
        perror("slow");
        exit(1);
    }
    open_count++;
    say(s, kind_of(s)->first);
}

static void
hear(struct slow *s)
{
    char bytes[4096];
    if (s->fd < 0 || recv(s->fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        return;
    s->ended = now_s();
    close(s->fd);
    s->fd = -1;
    open_count--;
}

static void
listen_until(double until)
{
    struct epoll_event events[64];
    double left;
    while (open_count > 0 && (left = until - now_s()) > 0) {
        int count = epoll_wait(watcher, events, 64, (int)(left * 1000) + 1);
        for (int i = 0; i < count; i++)
            hear(events[i].data.ptr);
    }
}

static void
drip_until_all_are_over(void)
{
    double next = now_s(), end = next + LONGEST_S;
    for (int part = 0; open_count > 0 && now_s() < end; part = (part + 1) % PARTS) {
        for (int i = part; i < CONNECTIONS; i += PARTS)
            say(&slow[i], kind_of(&slow[i])->drip);
        listen_until(next += TICK_MS / 1e3);
    }
}

static void
report(const double *limits)
{
    double late[KINDS] = {0};
    for (int i = 0; i < CONNECTIONS; i++) {
        double ended = slow[i].fd < 0 ? slow[i].ended : now_s();
        double over = ended - slow[i].began - limits[kind_of(&slow[i])->limit];
        if (i < KINDS || over > late[i % KINDS])
            late[i % KINDS] = over;
    }
    for (int i = 0; i < KINDS; i++)
        printf("%s %.3f\n", kinds[i].name, late[i]);
}

int
main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "slow PORT HEADER BODY IDLE\n");
        return 2;
    }
    const double limits[] = {atof(argv[2]), atof(argv[3]), atof(argv[4])};
    watcher = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < CONNECTIONS; i++)
        begin(&slow[i], (unsigned)atoi(argv[1]));
    puts("open");
    fflush(stdout);
    drip_until_all_are_over();
    report(limits);
    return 0;
}
