// SPDX-License-Identifier: MIT
//
// health: ready means not draining, and a store that keeps what it is given.
#include "admin/health.h"

#include "admin/admin.h"
#include "base/signals.h"
#include "http/body.h"

#include <signal.h>

static void
reply_status(struct request *r, const char *status)
{
    struct text t;
    text_init(&t);
    text_addf(&t, "{\"status\":\"%s\"}", status);
    reply_json(r, 200, &t);
}

void
health_live(struct request *r)
{
    reply_status(r, "live");
}

void
health_ready(struct request *r)
{
    const struct admin *admin = r->app;
    const char *why;
    if (domain_is_ready(admin->domain, &why))
        reply_status(r, "ready");
    else
        reply_problem(r, "not-ready", "%s", why);
}

// Main waits for the signal like for any other. A second order must not become a second signal,
// which ends the patience.
void
health_drain(struct request *r)
{
    static const char *const names[] = {NULL};
    static const struct json_limits limits = {.depth = 4, .members = 16, .string = 256};
    struct admin *admin = r->app;
    json_t *body = NULL;
    if (!body_read_optional(r, &limits, names, &body))
        return;
    json_decref(body);
    bool is_first = domain_retire(admin->domain);
    struct text t;
    text_init(&t);
    text_addf(&t, "{\"before\":{\"draining\":%s},\"after\":{\"draining\":true}}",
              is_first ? "false" : "true");
    reply_json(r, 202, &t);
    if (is_first)
        signals_send(SIGTERM);
}
