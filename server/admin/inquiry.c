// SPDX-License-Identifier: MIT
//
// inquiry: as an order of gc.c, the request is suspended before its question is submitted.
#include "admin/inquiry.h"

#include "admin/admin.h"

#include <string.h>

static void
fill_reply(struct inquiry *q)
{
    struct request *r = q->request;
    const char *stopped = q->question.stopped;
    if (stopped && strcmp(stopped, "cancelled") == 0)
        reply_problem(r, "shutting-down", "The service is about to stop.");
    else if (stopped)
        reply_problem(r, "overdue", "The %s took too long.", q->question.name);
    else if (q->is_short)
        reply_problem(r, "out-of-memory", "There is no memory for the %s.", q->question.name);
    else if (q->is_busy)
        reply_problem(r, "operation-in-progress", "Somebody walks over the heap already.");
    else
        q->answer(q);
}

static void
end(struct question *question)
{
    struct inquiry *q = (struct inquiry *)question;
    shard_take(question->shard);
    q->release(q);
    shard_give(question->shard);
    fill_reply(q);
    request_resume(q->request);
}

void
inquiry_submit(struct inquiry *q, struct request *r)
{
    const char *running;
    q->request = r;
    q->question.done = end;
    r->state = q;
    r->state_free = q->free;
    request_suspend(r, NULL);
    enum jobs_answer answer = jobs_ask(((struct admin *)r->app)->jobs, &q->question, &running);
    if (answer == JOBS_ACCEPTED)
        return;
    if (answer == JOBS_CANCELLED)
        reply_problem(r, "shutting-down", "The service is about to stop.");
    else
        reply_problem(r, "operation-in-progress", "A %s is running.", running);
    request_resume(r);
}

void
inquiry_add_cost(struct text *t, const struct inquiry *q)
{
    text_addf(t, "\"slices\":%u,\"pause_max_seconds\":%.9f", q->question.slices,
              (double)q->question.pause_max_ns / 1e9);
}
