// SPDX-License-Identifier: MIT
//
// health: ready means loaded, not draining, and a store that keeps what it is given.
#include "admin/health.h"

#include "admin/admin.h"

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
    struct domain *d = admin->domain;
    if (!d->ready)
        reply_problem(r, "not-ready", "The service is stopping.");
    else if (!d->store->ops->healthy(d->store))
        reply_problem(r, "not-ready", "The store does not answer.");
    else
        reply_status(r, "ready");
}
