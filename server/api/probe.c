// SPDX-License-Identifier: MIT
//
// probe: is the process alive, and should the data plane be sent work.
//
// A store that is down makes it not ready, although resident sessions still answer.
#include "api/probe.h"

#include "domain/domain.h"

static void
reply_status(struct request *r, const char *status)
{
    struct text t;
    text_init(&t);
    text_addf(&t, "{\"status\":\"%s\"}", status);
    reply_json(r, 200, &t);
}

void
probe_live(struct request *r)
{
    reply_status(r, "live");
}

void
probe_ready(struct request *r)
{
    const struct domain *d = r->app;
    if (!d->ready)
        reply_problem(r, "not-ready", "The service is stopping.");
    else if (!d->store->ops->healthy(d->store))
        reply_problem(r, "not-ready", "The store does not answer.");
    else
        reply_status(r, "ready");
}
