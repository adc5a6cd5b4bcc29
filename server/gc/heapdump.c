// SPDX-License-Identifier: MIT
#include "gc/heapdump.h"

#include "base/clock.h"

#include <time.h>

static uint64_t
processor_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// --- One slice, with the shard's lock ------------------------------------------------------------

static tn_err
begin(struct heapdump *h, const struct shard *s)
{
    char name[32];
    snprintf(name, sizeof name, "shard %u", s->number);
    const tn_dump_options options = {.name = name, .include_values = h->include_values};
    return tn_dump_begin(s->heap, &options, &h->dump);
}

static tn_err
step(struct heapdump *h, const struct shard *s, uint64_t budget_ns)
{
    bool more = false;
    tn_err err = h->dump ? TN_OK : begin(h, s);
    if (err == TN_OK)
        err = tn_dump_step(h->dump, budget_ns, &more);
    h->written = err == TN_OK && !more;
    return err;
}

// The shard's objects are in the file. False: it was the last one.
static bool
leave_shard(struct heapdump *h)
{
    const struct domain *d = h->domain;
    tn_dump_end(h->dump);
    h->dump = NULL;
    h->written = false;
    h->complete = ++h->question.shard == d->shards + d->shard_count;
    if (h->complete)
        h->question.shard--; // it needs one to the end
    return !h->complete;
}

static bool
slice(struct question *q, uint64_t budget_ns)
{
    struct heapdump *h = (struct heapdump *)q;
    if (h->written)
        return leave_shard(h);
    uint64_t start = clock_monotonic_ns(), work = processor_ns();
    // What follows the last look at the clock counts too.
    h->error = step(h, q->shard, budget_ns - budget_ns / 8);
    work = processor_ns() - work;
    h->work_max_ns = work > h->work_max_ns ? work : h->work_max_ns;
    histogram_add(&q->shard->counters.dump_holds, clock_monotonic_ns() - start);
    return h->error == TN_OK;
}

// --- Without it ----------------------------------------------------------------------------------

static bool
between(struct question *q)
{
    struct heapdump *h = (struct heapdump *)q;
    if (h->dump)
        h->error = tn_dump_flush(h->dump, h->records);
    return h->error == TN_OK && h->may_go_on(h->arg);
}

static void
done(struct question *q)
{
    struct heapdump *h = (struct heapdump *)q;
    shard_take(q->shard);
    tn_dump_end(h->dump);
    shard_give(q->shard);
    h->dump = NULL;
    sem_post(&h->done);
}

enum jobs_answer
heapdump_take(struct heapdump *h, struct jobs *jobs, const char **running)
{
    h->question = (struct question){.name = "heap dump",
                                    .shard = h->domain->shards,
                                    .slice = slice,
                                    .between = between,
                                    .done = done};
    sem_init(&h->done, 0, 0);
    enum jobs_answer answer = jobs_ask(jobs, &h->question, running);
    while (answer == JOBS_ACCEPTED && sem_wait(&h->done) != 0)
        continue;
    sem_destroy(&h->done);
    return answer;
}
