// SPDX-License-Identifier: MIT
//
// jobs: one thread, one job at a time, one shard's lock at a time.
//
// The title of the job under way is cleared before [done] is called, so that whoever got the answer
// may submit the next job at once.
#include "gc/jobs.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/pressure.h"
#include "base/process.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOOK_MS = 100, LIMIT_S = 60 };
enum { QUESTION_MS = 2, NAP_NS = 1000000 }; // a slice where the policy has none; a look at the pace

struct jobs {
    struct domain *domain;
    struct outlook outlook;
    pthread_t thread;
    pthread_cond_t wake;
    _Atomic bool cancelled;
    struct lock lock;
    // Guarded by [lock].
    struct job *first; // the first of those that were accepted and not begun
    struct job *running;
    struct question *asked; // under way, or about to be
    struct jobs_state state;
    struct scheduler scheduler;
    struct history history;
    // The thread's own.
    struct job own;                       // that nobody submitted
    char own_rule[CONFIG_RULE_NAME_SIZE]; // the rule that did, which may be removed meanwhile
    uint64_t looked_ns;                   // when nothing was due; 0: something was
    uint64_t give_back_ns;                // when memory may be given back again
};

// --- The thread ------------------------------------------------------------------------------

static struct job *
own_job(struct jobs *j, const struct pass_title *title, int budget_ms)
{
    j->own = (struct job){.pass.title = *title, .budget_ms = budget_ms};
    j->looked_ns = 0;
    return &j->own;
}

static struct job *
job_of_rule(struct jobs *j, const struct config_rule *rule)
{
    static const enum pass_kind kinds[] = {[RULE_COLLECT] = PASS_COLLECT,
                                           [RULE_FREEZE] = PASS_FREEZE,
                                           [RULE_REFREEZE] = PASS_REFREEZE};
    static const enum pass_cause causes[RULE_TRIGGERS] = {[RULE_EVERY] = PASS_TIMER,
                                                          [RULE_EVERY_REQUESTS] = PASS_REQUESTS,
                                                          [RULE_IDLE_FOR] = PASS_IDLE,
                                                          [RULE_MEMORY_ABOVE] = PASS_MEMORY,
                                                          [RULE_ALLOCATIONS_ABOVE] =
                                                              PASS_THRESHOLD};
    const struct pass_title title = {kinds[rule->action], causes[rule->trigger], rule->generation,
                                     j->own_rule};
    memcpy(j->own_rule, rule->name, sizeof j->own_rule);
    return own_job(j, &title, rule->budget_ms);
}

// When the rules and counters are looked at next. A rule that is due and was not run then, and what
// nobody knows the time of, is looked for every LOOK_MS.
static uint64_t
next_look_ns(const struct jobs *j)
{
    uint64_t next = scheduler_next_ns(&j->scheduler);
    uint64_t poll = j->looked_ns + LOOK_MS * UINT64_C(1000000);
    bool polls = j->state.policy.enabled || scheduler_watches(&j->scheduler);
    return next <= j->looked_ns || (polls && poll < next) ? poll : next;
}

// While memory is short (pressure.h), what sessions left behind when they ended is returned once a
// second, so that there is room for others again.
static void
give_back(struct jobs *j)
{
    uint64_t now = clock_monotonic_ns();
    if (now < j->give_back_ns || !pressure_is_high())
        return;
    process_give_memory_back();
    j->give_back_ns = now + UINT64_C(1000000000);
}

// What rules or counters ask for; NULL: nothing. Gives the lock while it looks.
static struct job * /* borrowed */
look(struct jobs *j)
{
    struct policy policy = j->state.policy;
    struct senses now;
    if (senses_now_ns(&j->outlook) < next_look_ns(j))
        return NULL;
    lock_give(&j->lock);
    give_back(j);
    senses_read(&now, &j->outlook, j->domain);
    int generation = policy.enabled ? policy_due(&policy, j->domain) : -1;
    lock_take(&j->lock);
    j->looked_ns = now.now_ns;
    if (j->first || j->cancelled)
        return NULL; // they come first
    const struct schedule *due = scheduler_take_due(&j->scheduler, &now, clock_ms());
    if (due)
        return job_of_rule(j, &due->rule);
    const struct pass_title title = {PASS_COLLECT, PASS_THRESHOLD, generation, NULL};
    return generation >= 0 ? own_job(j, &title, CONFIG_DEFAULT_BUDGET) : NULL;
}

static void
wait_for_work(struct jobs *j)
{
    uint64_t next = next_look_ns(j), now = senses_now_ns(&j->outlook);
    if (j->first || j->asked || j->cancelled)
        return; // it came while the counters were looked at
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

// The next job to run, or none where it is the question's turn; false when there will be neither.
// What was accepted is run, and so answered, even after a cancellation: a job finds no shard left
// to do.
static bool
next_work(struct jobs *j, struct job **job /* borrowed */)
{
    assert_held(&j->lock);
    for (;; wait_for_work(j)) {
        *job = j->first ? take_first(j) : NULL;
        if (*job || j->cancelled)
            return *job || j->asked;
        *job = look(j);
        if (*job || j->asked)
            return true;
    }
}

static void
begin(struct jobs *j, struct job *job)
{
    int ms = job->budget_ms == CONFIG_DEFAULT_BUDGET ? j->state.policy.default_budget_ms
                                                     : job->budget_ms;
    if (pass_may_have_budget(&job->pass.title))
        job->pass.pace.budget_ns = (uint64_t)ms * 1000000;
    job->pass.pace.share = j->domain->config->gc_share;
    job->pass.pace.limit_ns = LIMIT_S * UINT64_C(1000000000);
    if (j->cancelled)
        job->cancelled = true;
    job->begun = true;
    j->running = job;
    j->state.busy = true;
    j->state.running = job->pass.title;
    j->state.running.rule = NULL;
}

static void
note_pass(struct jobs *j, const struct pass *pass, uint64_t began_ns, const struct senses *now)
{
    static const int actions[] = {[PASS_COLLECT] = RULE_COLLECT,
                                  [PASS_FREEZE] = RULE_FREEZE,
                                  [PASS_UNFREEZE] = -1,
                                  [PASS_REFREEZE] = RULE_REFREEZE,
                                  [PASS_PREVIEW] = -1};
    int action = actions[pass->title.kind], generation = pass->title.generation;
    if (action >= 0 && generation >= 0 && pass->complete)
        scheduler_note_pass(&j->scheduler, (enum rule_action)action, generation, began_ns, now);
}

static void
end(struct jobs *j, struct job *job, uint64_t began_ns, const struct senses *now)
{
    const struct pass_title *title = &job->pass.title;
    j->running = NULL;
    j->state.busy = false;
    if (title->kind == PASS_PREVIEW)
        return;
    history_add(&j->history, &job->pass, clock_ms());
    note_pass(j, &job->pass, began_ns, now);
    if (title->generation < 0)
        return;
    j->state.last[title->generation].at_ms = clock_ms();
    j->state.last[title->generation].cause = title->cause;
}

// Takes the lock when the job is over, and gives it.
static void
run(struct jobs *j, struct job *job)
{
    uint64_t began_ns = senses_now_ns(&j->outlook);
    struct senses now;
    pass_run(j->domain, &job->pass, &job->cancelled);
    senses_read(&now, &j->outlook, j->domain);
    lock_take(&j->lock);
    end(j, job, began_ns, &now);
    lock_give(&j->lock);
}

static void
run_job(struct jobs *j, struct job *job)
{
    begin(j, job);
    lock_give(&j->lock);
    run(j, job);
    if (job->done)
        job->done(job);
    lock_take(&j->lock);
}

// --- Its questions ---------------------------------------------------------------------------

// One slice, unless the shard is still to be left alone. False: there will be no more.
static bool
ask_heap(struct jobs *j, struct question *q, uint64_t budget_ns)
{
    struct shard *s = q->shard;
    uint64_t now = clock_monotonic_ns(), left = pace_left_ns(&s->pace, now);
    if (left > 0) {
        nanosleep(&(struct timespec){.tv_nsec = left < NAP_NS ? (long)left : NAP_NS}, NULL);
        return true;
    }
    shard_take(s);
    uint64_t start = clock_monotonic_ns();
    bool more = q->slice(q, budget_ns);
    uint64_t end = clock_monotonic_ns(), held = end - start;
    pace_rest(&s->pace, held, j->domain->config->gc_share, end);
    shard_give(s);
    q->slices++;
    q->pause_max_ns = held > q->pause_max_ns ? held : q->pause_max_ns;
    return more && (!q->between || q->between(q));
}

static bool
is_late(const struct question *q)
{
    return clock_monotonic_ns() - q->begun_ns >= LIMIT_S * UINT64_C(1000000000);
}

static void
go_on_asking(struct jobs *j)
{
    struct question *q = j->asked;
    int64_t ms =
        j->state.policy.default_budget_ms > 0 ? j->state.policy.default_budget_ms : QUESTION_MS;
    if (q->begun_ns == 0)
        q->begun_ns = clock_monotonic_ns();
    q->stopped = j->cancelled ? "cancelled" : is_late(q) ? "deadline" : NULL;
    lock_give(&j->lock);
    bool more = !q->stopped && ask_heap(j, q, (uint64_t)ms * 1000000);
    lock_take(&j->lock);
    if (more)
        return;
    j->asked = NULL;
    lock_give(&j->lock);
    q->done(q);
    lock_take(&j->lock);
}

static void *
maintain(void *arg)
{
    struct jobs *j = arg;
    struct job *job;
    lock_take(&j->lock);
    while (next_work(j, &job)) {
        if (job)
            run_job(j, job);
        else
            go_on_asking(j);
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
jobs_start(struct domain *domain, const struct outlook *outlook)
{
    struct jobs *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    const struct config *config = domain->config;
    struct senses now;
    j->domain = domain;
    lock_init(&j->lock, LOCK_JOBS);
    cond_init(&j->wake);
    j->outlook = *outlook;
    senses_read(&now, outlook, domain);
    scheduler_init(&j->scheduler, config->rules, config->rule_count, &now, clock_monotonic_ns());
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

enum jobs_answer
jobs_ask(struct jobs *j, struct question *q, const char **running)
{
    enum jobs_answer answer = JOBS_ACCEPTED;
    lock_take(&j->lock);
    if (j->cancelled)
        answer = JOBS_CANCELLED;
    else if (j->asked) {
        answer = JOBS_BUSY;
        *running = j->asked->name;
    } else {
        j->asked = q;
        pthread_cond_signal(&j->wake);
    }
    lock_give(&j->lock);
    return answer;
}

bool
jobs_is_cancelled(const struct jobs *j)
{
    return j->cancelled;
}

void
jobs_read(struct jobs *j, struct jobs_state *state)
{
    lock_take(&j->lock);
    *state = j->state;
    lock_give(&j->lock);
}

size_t
jobs_read_history(struct jobs *j, uint64_t below, struct history_run *runs, size_t most)
{
    lock_take(&j->lock);
    size_t count = history_read(&j->history, below, runs, most);
    lock_give(&j->lock);
    return count;
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

// --- Rules -----------------------------------------------------------------------------------

uint64_t
jobs_now_ns(const struct jobs *j)
{
    return senses_now_ns(&j->outlook);
}

size_t
jobs_read_rules(struct jobs *j, struct schedule *rules)
{
    lock_take(&j->lock);
    size_t count = j->scheduler.count;
    memcpy(rules, j->scheduler.rules, count * sizeof *rules);
    lock_give(&j->lock);
    return count;
}

enum scheduler_answer
jobs_put_rule(struct jobs *j, const struct config_rule *rule)
{
    struct senses now;
    senses_read(&now, &j->outlook, j->domain);
    lock_take(&j->lock);
    enum scheduler_answer answer = scheduler_put(&j->scheduler, rule, &now);
    pthread_cond_signal(&j->wake);
    lock_give(&j->lock);
    return answer;
}

bool
jobs_remove_rule(struct jobs *j, const char *name)
{
    lock_take(&j->lock);
    bool removed = scheduler_remove(&j->scheduler, name);
    lock_give(&j->lock);
    return removed;
}

void
jobs_replace_rules(struct jobs *j, const struct config_rule *rules, size_t count)
{
    struct senses now;
    senses_read(&now, &j->outlook, j->domain);
    lock_take(&j->lock);
    scheduler_replace(&j->scheduler, rules, count, &now);
    pthread_cond_signal(&j->wake);
    lock_give(&j->lock);
}

// --- The end ---------------------------------------------------------------------------------

void
jobs_cancel(struct jobs *j)
{
    lock_take(&j->lock);
    j->cancelled = true;
    if (j->running)
        j->running->cancelled = true;
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
