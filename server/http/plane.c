// SPDX-License-Identifier: MIT
//
// plane: a listener as the configuration wants it.
#include "http/plane.h"
#include "base/address.h"
#include "base/assert.h"
#include "base/log.h"
#include "base/process.h"
#include "http/auth.h"

#include <stdio.h>
#include <string.h>

enum { ADMIN_CONNECTIONS = 128 }; // at most, so that they fit beside those of the data plane

static void
add_tokens(struct auth *auth, const struct config *c, enum plane plane)
{
    if (plane == PLANE_DATA) {
        auth_add(auth, ACCESS_DATA, &c->auth_data);
        return;
    }
    auth_add(auth, ACCESS_READ, &c->auth_read);
    auth_add(auth, ACCESS_OPERATE, &c->auth_operate);
    auth_add(auth, ACCESS_DUMP, &c->auth_dump);
}

static const char *
name_of(enum plane plane)
{
    return plane == PLANE_DATA ? "data" : "admin";
}

static const char *
address_of(const struct config *c, enum plane plane)
{
    return plane == PLANE_DATA ? c->listen_data : c->listen_admin;
}

static void
warn_if_reachable(enum plane plane, const char *host)
{
    if (!address_is_loopback(host))
        log_event(LOG_WARN, "reachable", "plane", "s", name_of(plane), "address", "s", host,
                  "message", "s",
                  "Tokens and data travel unencrypted: keep this address in a private network, or "
                  "behind a proxy that speaks TLS.",
                  NULL);
}

struct listener *
plane_start(const struct config *c, enum plane plane, const struct route *routes, void *app,
            char *error, size_t error_size)
{
    char host[64];
    struct auth auth = {.count = 0};
    struct listener_options o = {
        .host = host, .routes = routes, .app = app, .auth = &auth, .hosts = &c->http_hosts};
    o.threads = plane == PLANE_DATA ? process_cores(c->http_threads, 2) : 1;
    o.connections = (unsigned)c->http_connections;
    if (plane == PLANE_ADMIN && o.connections > ADMIN_CONNECTIONS)
        o.connections = ADMIN_CONNECTIONS;
    o.per_address = plane == PLANE_DATA ? (unsigned)c->http_per_address : 0;
    o.header_timeout_ms = (uint64_t)c->http_header_timeout_ms;
    o.body_timeout_ms = (uint64_t)c->http_body_timeout_ms;
    // Orders of the admin plane have deadlines of their own.
    o.work_timeout_ms = plane == PLANE_DATA ? (uint64_t)c->http_work_timeout_ms : 0;
    o.send_timeout_ms = (uint64_t)c->http_send_timeout_ms;
    o.idle_timeout_ms = (uint64_t)c->http_idle_timeout_ms;
    o.body_limit = (size_t)c->limits_body;
    // The configuration has made sure that it is an address.
    ASSERT(address_split(address_of(c, plane), host, sizeof host, &o.port));
    add_tokens(&auth, c, plane);
    struct listener *l = listener_start(&o, error, error_size);
    if (l != NULL)
        warn_if_reachable(plane, host);
    return l;
}

static bool
reload_one(struct listener *l, enum plane plane, const struct config *fresh)
{
    struct auth auth = {.count = 0};
    add_tokens(&auth, fresh, plane);
    return listener_replace_auth(l, &auth);
}

// The configuration has judged whether a token may be missing, by the addresses that stand in it.
bool
plane_reload(struct listener *data, struct listener *admin, const struct config *running,
             const struct config *fresh, char *error, size_t error_size)
{
    for (enum plane p = PLANE_DATA; p <= PLANE_ADMIN; p++)
        if (strcmp(address_of(running, p), address_of(fresh, p)) != 0) {
            snprintf(error, error_size, "listen.%s: needs a new start to become %s", name_of(p),
                     address_of(fresh, p));
            return false;
        }
    if (reload_one(data, PLANE_DATA, fresh) && reload_one(admin, PLANE_ADMIN, fresh))
        return true;
    snprintf(error, error_size, "there is no memory for other tokens");
    return false;
}
