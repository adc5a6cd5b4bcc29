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

enum { LOOK_MS = 100, LIMIT_S = 60 };

struct jobs {
    struct domain *domain;
    pthread_t thread;
    pthread_cond_t wake;
    _Atomic bool cancelled;
    struct lock lock;
    // Guarded by [lock].
    struct job *first; // the first of those that were accepted and not begun
    struct jobs_state state;
    // The thread's own.
    struct scheduler scheduler;
    struct job own;   // that nobody submitted
    uint64_t look_ns; // when the counters are looked at next, if they are
};

// --- The thread ------------------------------------------------------------------------------

static struct job *
own_job(struct jobs *j, enum pass_cause cause, int generation, int budget_ms, const char *rule)
{
    j->own =
        (struct job){.pass.title = {PASS_COLLECT, cause, generation, rule}, .budget_ms = budget_ms};
    return &j->own;
}

// What the counters ask for, at most every LOOK_MS; -1: nothing. Gives the lock while it looks.
static int
look_at_counters(struct jobs *j)
{
    uint64_t now = clock_monotonic_ns();
    if (!j->state.policy.enabled || now < j->look_ns)
        return -1;
    struct policy policy = j->state.policy;
    j->look_ns = now + LOOK_MS * UINT64_C(1000000);
    lock_give(&j->lock);
    int generation = policy_due(&policy, j->domain);
    lock_take(&j->lock);
    return generation;
}

static void
wait_for_work(struct jobs *j)
{
    uint64_t next = scheduler_next_ns(&j->scheduler), now = clock_monotonic_ns();
    if (j->first || j->cancelled)
        return; // it came while the counters were looked at
    if (j->state.policy.enabled && j->look_ns < next)
        next = j->look_ns;
    if (next == UINT64_MAX)
        lock_wait(&j->lock, &j->wake);
    else if (next > now)
        lock_wait_ms(&j->lock, &j->wake, (long)((next - now + 999999) / 1000000));
}

static struct job * /* borrowed */
take_first(struct jobs *j)
{
    struct job *job = j->first;
    j->first = job->next;
    return job;
}

// The next job to run; NULL when there will be none. A job that was accepted is run, and so
// answered, even after a cancellation: it finds no shard left to do.
static struct job * /* borrowed */
next_job(struct jobs *j)
{
    assert_held(&j->lock);
    for (;; wait_for_work(j)) {
        if (j->first)
            return take_first(j);
        if (j->cancelled)
            return NULL;
        const struct config_rule *rule = scheduler_take_due(&j->scheduler, clock_monotonic_ns());
        if (rule)
            return own_job(j, PASS_TIMER, rule->generation, rule->budget_ms, rule->name);
        int generation = look_at_counters(j);
        if (generation >= 0 && !j->first)
            return own_job(j, PASS_THRESHOLD, generation, CONFIG_DEFAULT_BUDGET, NULL);
    }
}

static bool
may_have_budget(const struct pass_title *t)
{
    return t->kind == PASS_COLLECT && t->generation == TN_GENERATIONS - 1;
}

static void
begin(struct jobs *j, struct job *job)
{
    int ms = job->budget_ms == CONFIG_DEFAULT_BUDGET ? j->state.policy.default_budget_ms
                                                     : job->budget_ms;
    if (may_have_budget(&job->pass.title))
        job->pass.pace.budget_ns = (uint64_t)ms * 1000000;
    job->pass.pace.share = j->domain->config->gc_share;
    job->pass.pace.limit_ns = LIMIT_S * UINT64_C(1000000000);
    j->state.busy = true;
    j->state.running = job->pass.title;
}

static void
end(struct jobs *j, struct job *job)
{
    j->state.busy = false;
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
    policy_init(&j->state.policy, config);
    policy_apply(&j->state.policy, domain);
    if (pthread_create(&j->thread, NULL, maintain, j) == 0)
        return j;
    pthread_cond_destroy(&j->wake);
    lock_fini(&j->lock);
    free(j);
    return NULL;
}

static bool
do_the_same(const struct pass_title *a, const struct pass_title *b)
{
    return a->kind == b->kind && a->generation == b->generation;
}

// The title of the job that does the same and is not over; NULL: there is none.
static const struct pass_title * /* borrowed */
find_same(const struct jobs *j, const struct pass_title *t)
{
    if (j->state.busy && do_the_same(&j->state.running, t))
        return &j->state.running;
    for (const struct job *w = j->first; w; w = w->next)
        if (do_the_same(&w->pass.title, t))
            return &w->pass.title;
    return NULL;
}

static void
append(struct jobs *j, struct job *job)
{
    struct job **end = &j->first;
    while (*end)
        end = &(*end)->next;
    *end = job;
    job->next = NULL;
    pthread_cond_signal(&j->wake);
}

enum jobs_answer
jobs_submit(struct jobs *j, struct job *job, struct pass_title *same)
{
    ASSERT(job->pass.title.generation < TN_GENERATIONS);
    enum jobs_answer answer = JOBS_ACCEPTED;
    lock_take(&j->lock);
    const struct pass_title *found = find_same(j, &job->pass.title);
    if (j->cancelled)
        answer = JOBS_CANCELLED;
    else if (found) {
        answer = JOBS_BUSY;
        *same = *found;
    } else
        append(j, job);
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
jobs_change_policy(struct jobs *j, const struct policy *policy)
{
    lock_take(&j->lock);
    j->state.policy = *policy;
    pthread_cond_signal(&j->wake);
    lock_give(&j->lock);
    policy_apply(policy, j->domain);
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
