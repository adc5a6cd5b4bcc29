// SPDX-License-Identifier: MIT
//
// audit: the lines of the log that say who changed something, and who was not let in.
#include "http/audit.h"
#include "base/clock.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { SECOND_NS = 1000000000, ADDRESS_SIZE = INET6_ADDRSTRLEN };

// The address of the other end, or "?".
static void
name_peer(struct connection *c, char name[ADDRESS_SIZE])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info != NULL ? info->client_addr : NULL;
    const char *named = NULL;
    if (address != NULL && address->sa_family == AF_INET)
        named = inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, name,
                          ADDRESS_SIZE);
    else if (address != NULL && address->sa_family == AF_INET6)
        named = inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, name,
                          ADDRESS_SIZE);
    if (named == NULL)
        snprintf(name, ADDRESS_SIZE, "?");
}

void
audit_name(struct connection *c, char *name, size_t size)
{
    char caller[AUTH_NAME_SIZE], peer[ADDRESS_SIZE];
    auth_name(c->caller, caller);
    name_peer(c, peer);
    snprintf(name, size, "%s from %s", caller, peer);
}

static bool
is_audited(const struct connection *c)
{
    const struct route *route = c->routing.route;
    return route != NULL && route->needs >= ACCESS_OPERATE && c->request.reply.status != 401;
}

// A member of the line: what is not JSON, such as a dump, would break it.
static bool
is_json(const struct reply *reply)
{
    return reply->content_type != NULL &&
           (strcmp(reply->content_type, "application/json") == 0 || reply->problem != 0);
}

// Longer ones have places of their own, such as the history.
void
audit_keep_answer(struct connection *c)
{
    enum { LONGEST = 1000 };
    const struct text *body = &c->request.reply.body;
    size_t len = body->len;
    if (len > 0 && body->data[len - 1] == '\n')
        len--; // a line of the log has one end
    if (is_audited(c) && is_json(&c->request.reply) && len > 0 && len <= LONGEST)
        text_add(&c->answer, body->data, len);
}

void
audit_change(struct connection *c)
{
    const struct request *r = &c->request;
    char caller[AUTH_NAME_SIZE], peer[ADDRESS_SIZE];
    if (!is_audited(c))
        return;
    auth_name(c->caller, caller);
    name_peer(c, peer);
    log_event(LOG_INFO, "audit", "caller", "s", caller, "from", "s", peer, "method", "s", r->method,
              "path", "s", r->path, "status", "d", (long)r->reply.status, "request", "s",
              r->id[0] != '\0' ? r->id : NULL, "answer", "j",
              c->answer.failed ? NULL : c->answer.data, NULL);
}

void
audit_stranger(struct connection *c)
{
    struct listener *l = c->listener;
    char peer[ADDRESS_SIZE];
    uint64_t now = clock_monotonic_ns(), last = atomic_load(&l->stranger_ns);
    atomic_fetch_add(&l->strangers, 1);
    if (now - last < SECOND_NS || !atomic_compare_exchange_strong(&l->stranger_ns, &last, now))
        return;
    name_peer(c, peer);
    log_event(LOG_WARN, "unauthorized", "requests", "d", (long)atomic_exchange(&l->strangers, 0),
              "port", "d", (long)l->port, "last_from", "s", peer, NULL);
}
