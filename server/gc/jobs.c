// SPDX-License-Identifier: MIT
//
// jobs: one thread, one job at a time, one shard's lock at a time.
//
// The title of the job under way is cleared before [done] is called, so that whoever got the answer
// may submit the next job at once.
#include "gc/jobs.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/log.h"
#include "gc/scheduler.h"

#include <stdlib.h>

struct jobs {
    struct domain *domain;
    pthread_t thread;
    pthread_cond_t wake;
    _Atomic bool cancelled;
    struct lock lock;
    // Guarded by [lock].
    struct job *submitted; // accepted, not begun
    struct jobs_state state;
    // The thread's own.
    struct scheduler scheduler;
    struct job timed;
};

const char *
job_kind_name(enum job_kind kind)
{
    static const char *const names[] = {"collect", "freeze", "unfreeze"};
    return names[kind];
}

const char *
job_cause_name(enum job_cause cause)
{
    static const char *const names[] = {"startup", "manual", "timer"};
    return names[cause];
}

// --- One job ---------------------------------------------------------------------------------

static void
read_sizes(struct domain *d, struct job_sizes *sizes)
{
    struct shard_figures f;
    domain_read_figures(d, &f);
    *sizes = (struct job_sizes){.objects = f.population.frozen,
                                .bytes = f.memory.current,
                                .users_resident = f.users_resident,
                                .frozen = f.population.frozen,
                                .frozen_bytes = f.population.frozen_bytes};
    for (int g = 0; g < TN_GENERATIONS; g++)
        sizes->objects += f.population.generation[g];
}

static void
add_result(tn_gc_result *sum, const tn_gc_result *r)
{
    sum->collected += r->collected;
    sum->uncollectable += r->uncollectable;
    sum->candidates += r->candidates;
    sum->bytes_freed += r->bytes_freed;
}

static tn_err
work_on_heap(struct job *job, tn_heap *heap)
{
    tn_gc_result r = {0};
    tn_err err = TN_OK;
    if (job->title.generation >= 0)
        err = tn_gc_collect(heap, job->title.generation, &r);
    add_result(&job->found, &r);
    if (job->title.kind == JOB_FREEZE && err == TN_OK)
        err = tn_gc_freeze(heap, false);
    if (job->title.kind == JOB_UNFREEZE)
        tn_gc_unfreeze(heap);
    return err;
}

static void
work_on_shard(struct job *job, struct shard *s)
{
    shard_take(s);
    uint64_t start = clock_monotonic_ns();
    tn_err err = work_on_heap(job, s->heap);
    uint64_t held = clock_monotonic_ns() - start;
    shard_give(s);
    job->slices++;
    if (held > job->pause_max_ns)
        job->pause_max_ns = held;
    if (job->error == TN_OK)
        job->error = err;
}

static void
work(struct jobs *j, struct job *job)
{
    struct domain *d = j->domain;
    uint64_t start = clock_monotonic_ns();
    read_sizes(d, &job->before);
    unsigned done = 0;
    for (; done < d->shard_count && !j->cancelled; done++)
        work_on_shard(job, &d->shards[done]);
    read_sizes(d, &job->after);
    job->ns = clock_monotonic_ns() - start;
    job->complete = done == d->shard_count && job->error == TN_OK;
}

static void
log_job(const struct job *job)
{
    enum log_level level = job->error ? LOG_ERROR : LOG_INFO;
    const char *error = job->error ? tn_strerror(job->error) : NULL;
    const struct job_title *t = &job->title;
    if (t->generation >= 0)
        log_event(level, "collection", "cause", "s", job_cause_name(t->cause), "rule", "s", t->rule,
                  "generation", "d", (long)t->generation, "found", "d",
                  (long)(job->found.collected + job->found.uncollectable), "freed_bytes", "d",
                  (long)job->found.bytes_freed, "pause_max_seconds", "f", job->pause_max_ns / 1e9,
                  "residents_before", "d", (long)job->before.users_resident, "residents_after", "d",
                  (long)job->after.users_resident, "complete", "b", (int)job->complete, "error",
                  "s", error, NULL);
    if (t->kind != JOB_COLLECT)
        log_event(level, job_kind_name(t->kind), "cause", "s", job_cause_name(t->cause),
                  "frozen_before", "d", (long)job->before.frozen, "frozen_after", "d",
                  (long)job->after.frozen, "complete", "b", (int)job->complete, "error", "s", error,
                  NULL);
}

// --- The thread ------------------------------------------------------------------------------

static struct job *
timed_job(struct jobs *j, const struct config_rule *rule)
{
    j->timed = (struct job){.title = {.kind = JOB_COLLECT,
                                      .cause = CAUSE_TIMER,
                                      .generation = rule->generation,
                                      .rule = rule->name}};
    return &j->timed;
}

static void
wait_for_work(struct jobs *j)
{
    uint64_t next = scheduler_next_ns(&j->scheduler), now = clock_monotonic_ns();
    if (next == UINT64_MAX)
        lock_wait(&j->lock, &j->wake);
    else if (next > now)
        lock_wait_ms(&j->lock, &j->wake, (long)((next - now + 999999) / 1000000));
}

// The next job to run; NULL when there will be none. A job that was accepted is run, and so
// answered, even after a cancellation: it finds no shard left to do.
static struct job * /* borrowed */
next_job(struct jobs *j)
{
    assert_held(&j->lock);
    for (;; wait_for_work(j)) {
        if (j->submitted)
            return j->submitted;
        if (j->cancelled)
            return NULL;
        const struct config_rule *rule = scheduler_take_due(&j->scheduler, clock_monotonic_ns());
        if (rule)
            return timed_job(j, rule);
    }
}

static void
begin(struct jobs *j, struct job *job)
{
    j->state.busy = true;
    j->state.running = job->title;
}

static void
end(struct jobs *j, struct job *job)
{
    j->state.busy = false;
    j->submitted = j->submitted == job ? NULL : j->submitted;
    int generation = job->title.generation;
    if (generation < 0)
        return;
    j->state.last[generation].at_ms = clock_ms();
    j->state.last[generation].cause = job->title.cause;
}

static void *
maintain(void *arg)
{
    struct jobs *j = arg;
    lock_take(&j->lock);
    for (struct job *job; (job = next_job(j)) != NULL;) {
        begin(j, job);
        lock_give(&j->lock);
        work(j, job);
        log_job(job);
        lock_take(&j->lock);
        end(j, job);
        lock_give(&j->lock);
        if (job->done)
            job->done(job);
        lock_take(&j->lock);
    }
    lock_give(&j->lock);
    return NULL;
}

// --- Everybody else --------------------------------------------------------------------------

// What domain_open did before there was a thread: a full collection, unless nothing was collected.
static void
remember_startup(struct jobs *j)
{
    struct shard_figures f;
    domain_read_figures(j->domain, &f);
    for (int g = 0; g < TN_GENERATIONS; g++)
        if (f.stats[g].collections > 0) {
            j->state.last[g].at_ms = clock_ms();
            j->state.last[g].cause = CAUSE_STARTUP;
        }
}

struct jobs *
jobs_start(struct domain *domain)
{
    struct jobs *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    const struct config *config = domain->config;
    j->domain = domain;
    lock_init(&j->lock, LOCK_JOBS);
    cond_init(&j->wake);
    scheduler_init(&j->scheduler, config->rules, config->rule_count, clock_monotonic_ns());
    remember_startup(j);
    if (pthread_create(&j->thread, NULL, maintain, j) == 0)
        return j;
    pthread_cond_destroy(&j->wake);
    lock_fini(&j->lock);
    free(j);
    return NULL;
}

enum jobs_answer
jobs_submit(struct jobs *j, struct job *job, struct jobs_state *state)
{
    ASSERT(job->title.generation < TN_GENERATIONS);
    enum jobs_answer answer = JOBS_ACCEPTED;
    lock_take(&j->lock);
    if (state)
        *state = j->state;
    if (j->cancelled)
        answer = JOBS_CANCELLED;
    else if (j->state.busy)
        answer = JOBS_BUSY;
    else {
        j->submitted = job;
        begin(j, job);
        pthread_cond_signal(&j->wake);
    }
    lock_give(&j->lock);
    return answer;
}

void
jobs_read(struct jobs *j, struct jobs_state *state)
{
    lock_take(&j->lock);
    *state = j->state;
    lock_give(&j->lock);
}

void
jobs_cancel(struct jobs *j)
{
    lock_take(&j->lock);
    j->cancelled = true;
    pthread_cond_signal(&j->wake);
    lock_give(&j->lock);
}

void
jobs_stop(struct jobs *j)
{
    jobs_cancel(j);
    pthread_join(j->thread, NULL);
    pthread_cond_destroy(&j->wake);
    lock_fini(&j->lock);
    free(j);
}
