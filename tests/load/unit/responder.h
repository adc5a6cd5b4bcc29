// SPDX-License-Identifier: MIT
//
// responder: a server of a test's own that answers what it is told to, on a thread of its own.
#ifndef LOAD_UNIT_RESPONDER_H
#define LOAD_UNIT_RESPONDER_H

#include "support.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RESPONDER_CLIENTS = 16, RESPONDER_ROOM = 8192, RESPONDER_NAP_MS = 5 };

// What is sent for [request], head and body; NULL: nothing. On the responder's thread.
typedef const char *responder_fn(const char *request);

struct responder {
    char address[32];
    responder_fn *answer;
    atomic_bool enough;
    pthread_t thread;
    // The thread's own: the first is who listens.
    struct pollfd fds[RESPONDER_CLIENTS + 1];
    char requests[RESPONDER_CLIENTS + 1][RESPONDER_ROOM];
    nfds_t count;
};

static inline bool
responder_has_all(const char *request)
{
    const char *body = strstr(request, "\r\n\r\n"), *length = strstr(request, "Content-Length: ");
    return body && (!length || length > body || strlen(body + 4) >= (size_t)atol(length + 16));
}

static inline void
responder_send(int fd, const char *bytes)
{
    for (size_t left = bytes ? strlen(bytes) : 0; left > 0;) {
        ssize_t sent = send(fd, bytes, left, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        left -= (size_t)sent;
    }
}

// Who closes is not listened to any more.
static inline void
responder_read(struct responder *r, nfds_t i)
{
    char *request = r->requests[i];
    size_t len = strlen(request);
    ssize_t size = recv(r->fds[i].fd, request + len, RESPONDER_ROOM - 1 - len, 0);
    if (size <= 0) {
        close(r->fds[i].fd);
        r->fds[i].fd = -1;
        return;
    }
    request[len + (size_t)size] = '\0';
    if (responder_has_all(request)) {
        responder_send(r->fds[i].fd, r->answer(request));
        request[0] = '\0';
    }
}

static inline void
responder_accept(struct responder *r)
{
    if (r->count > RESPONDER_CLIENTS)
        return;
    r->requests[r->count][0] = '\0';
    r->fds[r->count++] = (struct pollfd){.fd = accept(r->fds[0].fd, NULL, NULL), .events = POLLIN};
}

static inline void *
responder_serve(void *arg)
{
    struct responder *r = arg;
    while (!r->enough) {
        if (poll(r->fds, r->count, RESPONDER_NAP_MS) <= 0)
            continue;
        for (nfds_t i = r->count; i-- > 1;)
            if (r->fds[i].revents)
                responder_read(r, i);
        if (r->fds[0].revents)
            responder_accept(r);
    }
    return NULL;
}

static inline void
responder_start(struct responder *r, responder_fn *answer)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *r = (struct responder){.answer = answer, .fds = {{fd, POLLIN, 0}}, .count = 1};
    assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
    assert_int_equal(listen(fd, RESPONDER_CLIENTS), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    snprintf(r->address, sizeof r->address, "127.0.0.1:%u", ntohs(a.sin_port));
    assert_int_equal(pthread_create(&r->thread, NULL, responder_serve, r), 0);
}

static inline void
responder_stop(struct responder *r)
{
    r->enough = true;
    pthread_join(r->thread, NULL);
    for (nfds_t i = 0; i < r->count; i++)
        if (r->fds[i].fd >= 0)
            close(r->fds[i].fd);
}

#endif
