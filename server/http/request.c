// SPDX-License-Identifier: MIT
//
// request: what a handler asks of its request, and how it waits without a thread.
#include "base/assert.h"
#include "http/audit.h"
#include "http/connection.h"

#include <stdio.h>
#include <errno.h>
#include <sys/random.h>
#include <sys/socket.h>

const char *
request_query(struct request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection->mhd, MHD_GET_ARGUMENT_KIND, name);
}

const char *
request_header(struct request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection->mhd, MHD_HEADER_KIND, name);
}

void
request_name_caller(const struct request *r, char *name, size_t size)
{
    audit_name(r->connection, name, size);
}

bool
request_may(const struct request *r, enum access needed)
{
    const struct connection *c = r->connection;
    return auth_check(atomic_load(&c->listener->auth), c->caller, needed) == AUTH_FINE;
}

struct listener *
request_listener(const struct request *r)
{
    return r->connection->listener;
}

// Half a number drawn once a process, half a count: unique, and nothing that anybody could use.
const char *
request_id(struct request *r)
{
    static _Atomic uint32_t count, drawn;
    uint32_t start = atomic_load(&drawn), none = 0;
    if (r->id[0] != '\0')
        return r->id;
    if (start == 0) {
        if (getrandom(&start, sizeof start, GRND_NONBLOCK) != sizeof start)
            start = 1;
        start |= 1;
        if (!atomic_compare_exchange_strong(&drawn, &none, start))
            start = none;
    }
    snprintf(r->id, sizeof r->id, "%08x%08x", start, atomic_fetch_add(&count, 1));
    return r->id;
}

bool
request_is_abandoned(const struct request *r)
{
    char byte;
    ssize_t size = recv(r->connection->watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
}

void
request_suspend(struct request *r, handler_fn *next)
{
    struct connection *c = r->connection;
    ASSERT(!c->suspended);
    c->suspended = true;
    c->next = next;
    atomic_fetch_add(&c->listener->held, 1);
    MHD_suspend_connection(c->mhd);
    reaper_wait(c);
}

// The request may be over and freed as soon as the library knows; so the count comes last, and
// listener_stop waits for it.
void
request_resume(struct request *r)
{
    struct listener *l = r->connection->listener;
    MHD_resume_connection(r->connection->mhd);
    atomic_fetch_sub(&l->held, 1);
}
