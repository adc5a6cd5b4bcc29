// SPDX-License-Identifier: MIT
//
// doctor: every figure is one that is published anyway; nothing is walked.
#include "admin/doctor.h"

#include "admin/admin.h"
#include "admin/diagnosis.h"
#include "base/process.h"
#include "http/listener.h"

#include <stdlib.h>

static void
gather(struct request *r, struct facts *f)
{
    struct admin *admin = r->app;
    struct process_memory memory;
    process_read_memory(&memory);
    domain_read_figures(admin->domain, &f->figures);
    jobs_read(admin->jobs, &f->jobs);
    f->run_count = jobs_read_history(admin->jobs, UINT64_MAX, f->runs, HISTORY_SIZE);
    f->rss = memory.rss;
    f->store = lanes_writer_stats(admin->domain->lanes);
    f->port = listener_port(request_listener(r));
}

void
doctor_show(struct request *r)
{
    struct facts *f = quota_allow(r) ? calloc(1, sizeof *f) : NULL;
    if (!f && r->reply.status == 0)
        reply_problem(r, "out-of-memory", "There is no memory for the request.");
    if (!f)
        return;
    struct text t;
    text_init(&t);
    gather(r, f);
    diagnosis_add(&t, f);
    free(f);
    reply_json(r, 200, &t);
}
