// SPDX-License-Identifier: MIT
//
// jobs: one thread, one job at a time, one shard's lock at a time.
//
// The title of the job under way is cleared before [done] is called, so that whoever got the answer
// may submit the next job at once.
#include "gc/jobs.h"

#include "base/assert.h"
#include "base/clock.h"
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

// --- The thread ------------------------------------------------------------------------------

static struct job *
timed_job(struct jobs *j, const struct config_rule *rule)
{
    j->timed = (struct job){.pass.title = {PASS_COLLECT, PASS_TIMER, rule->generation, rule->name}};
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
    j->state.running = job->pass.title;
}

static void
end(struct jobs *j, struct job *job)
{
    j->state.busy = false;
    j->submitted = j->submitted == job ? NULL : j->submitted;
    int generation = job->pass.title.generation;
    if (generation < 0)
        return;
    j->state.last[generation].at_ms = clock_ms();
    j->state.last[generation].cause = job->pass.title.cause;
}

static void *
maintain(void *arg)
{
    struct jobs *j = arg;
    lock_take(&j->lock);
    for (struct job *job; (job = next_job(j)) != NULL;) {
        begin(j, job);
        lock_give(&j->lock);
        pass_run(j->domain, &job->pass, &j->cancelled);
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
            j->state.last[g].cause = PASS_STARTUP;
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
    ASSERT(job->pass.title.generation < TN_GENERATIONS);
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
