// SPDX-License-Identifier: MIT
//
// overdue: the answer to a request whose work takes too long.
#include "http/overdue.h"

#include "http/connection.h"
#include "http/problem.h"

#include <string.h>
#include <sys/socket.h>

#define TYPE     "overdue"
#define SENTENCE "This takes longer than http.work_timeout allows. It may still be done."

static void
add_head(struct text *t, const char *id, size_t size)
{
    text_addf(t,
              "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: %zu\r\n"
              "Cache-Control: no-store\r\nContent-Type: application/problem+json\r\n"
              "X-Content-Type-Options: nosniff\r\nX-Request-Id: %s\r\nRetry-After: 1\r\n\r\n",
              size, id);
}

// Without memory, or room in the socket, there is only the end.
void
overdue_answer(struct connection *c, int fd)
{
    struct text all, body;
    struct request *r = &c->request;
    text_init(&all);
    text_init(&body);
    problem_write(&body, TYPE, SENTENCE, request_id(r));
    add_head(&all, request_id(r), body.len);
    if (strcmp(r->method, "HEAD") != 0)
        text_add(&all, body.data, body.len);
    if (!all.failed && !body.failed)
        send(fd, all.data, all.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    shutdown(fd, SHUT_WR); // an answer on its way still arrives
    text_fini(&body);
    text_fini(&all);
}

void
overdue_note(struct connection *c)
{
    reply_problem(&c->request, TYPE, SENTENCE);
}
