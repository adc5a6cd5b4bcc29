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
    const char *why;
    if (domain_is_ready(r->app, &why))
        reply_status(r, "ready");
    else
        reply_problem(r, "not-ready", "%s", why);
}
