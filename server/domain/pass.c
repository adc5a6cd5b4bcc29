// SPDX-License-Identifier: MIT
//
// pass: sizes before, each shard in turn, sizes after.
//
// A budgeted collection of a shard is a run of slices; the next shard's begins when it is over, so
// the pass takes at most [share] of one core while requests come.
#include "domain/pass.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/log.h"

#include <time.h>

enum { NAP_NS = 10000000 }; // a cancellation is noticed within

// A pass under way.
struct run {
    struct pass *pass;
    uint64_t start_ns;
    const _Atomic bool *cancelled; // or NULL
};

const char *
pass_kind_name(enum pass_kind kind)
{
    static const char *const names[] = {"collect", "freeze", "unfreeze", "refreeze", "preview"};
    return names[kind];
}

bool
pass_may_have_budget(const struct pass_title *t)
{
    return t->kind != PASS_PREVIEW && t->generation == TN_GENERATIONS - 1;
}

// --- One pass ---------------------------------------------------------------------------------

static void
read_sizes(struct domain *d, struct pass_sizes *sizes)
{
    struct shard_figures f;
    domain_read_figures(d, &f);
    *sizes = (struct pass_sizes){.objects = f.population.frozen,
                                 .bytes = f.memory.current,
                                 .users_resident = f.users_resident,
                                 .frozen = f.population.frozen,
                                 .frozen_bytes = f.population.frozen_bytes,
                                 .hits = f.counters.cache_hits,
                                 .misses = f.counters.cache_misses};
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

// [done]: there is no more to do for this heap.
static tn_err
collect(struct pass *pass, tn_heap *heap, bool *done)
{
    tn_gc_result r = {0};
    bool sliced = pass->pace.budget_ns > 0;
    tn_err err;
    if (sliced)
        err = tn_gc_step(heap, pass->pace.budget_ns, &r);
    else if (pass->title.kind == PASS_PREVIEW)
        err = tn_gc_preview(heap, pass->title.generation, &r);
    else
        err = tn_gc_collect(heap, pass->title.generation, &r);
    *done = !sliced || err != TN_OK || r.complete;
    if (*done)
        add_result(&pass->found, &r);
    return err;
}

// [first]: nothing was done for this heap yet.
static tn_err
work_on_heap(struct pass *pass, tn_heap *heap, bool first, bool *done)
{
    enum pass_kind kind = pass->title.kind;
    tn_err err = TN_OK;
    *done = true;
    if (first && (kind == PASS_UNFREEZE || kind == PASS_REFREEZE))
        tn_gc_unfreeze(heap);
    if (pass->title.generation >= 0)
        err = collect(pass, heap, done);
    if (*done && (kind == PASS_FREEZE || kind == PASS_REFREEZE) && err == TN_OK)
        err = tn_gc_freeze(heap, false);
    return err;
}

static void
count(struct shard *s, const struct pass *pass, uint64_t held_ns, bool done)
{
    const struct pass_title *title = &pass->title;
    uint64_t budget = pass->pace.budget_ns;
    if (title->generation < 0 || title->kind == PASS_PREVIEW)
        return;
    s->counters.collections[title->generation][title->cause] += done;
    s->counters.over_budget[title->generation] += budget > 0 && held_ns > 2 * budget;
    histogram_add(&s->counters.pauses[title->generation], held_ns);
}

// One hold of the lock. True: the shard is done.
static bool
work_on_shard(struct pass *pass, struct shard *s, bool first)
{
    bool done;
    shard_take(s);
    uint64_t start = clock_monotonic_ns();
    tn_err err = work_on_heap(pass, s->heap, first, &done);
    uint64_t now = clock_monotonic_ns(), held = now - start;
    count(s, pass, held, done);
    if (pass->pace.budget_ns > 0)
        pace_rest(&s->pace, held, pass->pace.share, now);
    shard_give(s);
    pass->slices++;
    if (held > pass->pause_max_ns)
        pass->pause_max_ns = held;
    if (pass->error == TN_OK)
        pass->error = err;
    return done;
}

// --- Between two holds ------------------------------------------------------------------------

static bool
is_stopped(const struct run *run, uint64_t now)
{
    struct pass *pass = run->pass;
    if (run->cancelled && *run->cancelled)
        pass->stopped = "cancelled";
    else if (pass->pace.limit_ns > 0 && now - run->start_ns >= pass->pace.limit_ns)
        pass->stopped = "deadline";
    return pass->stopped != NULL;
}

static void
nap(uint64_t ns)
{
    struct timespec t = {.tv_nsec = ns < NAP_NS ? (long)ns : NAP_NS};
    nanosleep(&t, NULL);
}

// Until the shard's pace allows a hold. False: the pass is stopped.
static bool
wait_for_turn(const struct run *run, const struct shard *s)
{
    for (;;) {
        uint64_t now = clock_monotonic_ns();
        if (is_stopped(run, now))
            return false;
        uint64_t left = run->pass->pace.budget_ns > 0 ? pace_left_ns(&s->pace, now) : 0;
        if (left == 0)
            return true;
        nap(left);
    }
}

static void
abandon(struct shard *s)
{
    shard_take(s);
    tn_gc_abandon(s->heap);
    shard_give(s);
}

// False: the pass was stopped before the shard was done.
static bool
finish_shard(const struct run *run, struct shard *s)
{
    for (bool first = true; wait_for_turn(run, s); first = false)
        if (work_on_shard(run->pass, s, first))
            return true;
    abandon(s);
    return false;
}

static void
log_pass(const struct pass *pass)
{
    enum log_level level = pass->error ? LOG_ERROR : LOG_INFO;
    const char *error = pass->error ? tn_strerror(pass->error) : NULL;
    const struct pass_title *t = &pass->title;
    if (t->kind == PASS_PREVIEW)
        return;
    if (t->generation >= 0)
        log_event(level, "collection", "cause", "s", pass_cause_name(t->cause), "rule", "s",
                  t->rule, "generation", "d", (long)t->generation, "found", "d",
                  (long)(pass->found.collected + pass->found.uncollectable), "freed_bytes", "d",
                  (long)pass->found.bytes_freed, "slices", "d", (long)pass->slices,
                  "pause_max_seconds", "f", pass->pause_max_ns / 1e9, "residents_before", "d",
                  (long)pass->before.users_resident, "residents_after", "d",
                  (long)pass->after.users_resident, "complete", "b", (int)pass->complete, "stopped",
                  "s", pass->stopped, "error", "s", error, NULL);
    if (t->kind != PASS_COLLECT)
        log_event(level, pass_kind_name(t->kind), "cause", "s", pass_cause_name(t->cause),
                  "frozen_before", "d", (long)pass->before.frozen, "frozen_after", "d",
                  (long)pass->after.frozen, "complete", "b", (int)pass->complete, "stopped", "s",
                  pass->stopped, "error", "s", error, NULL);
}

void
pass_run(struct domain *d, struct pass *pass, const _Atomic bool *cancelled)
{
    ASSERT(pass->pace.budget_ns == 0 || pass_may_have_budget(&pass->title));
    const struct run run = {pass, clock_monotonic_ns(), cancelled};
    read_sizes(d, &pass->before);
    unsigned done = 0;
    while (done < d->shard_count && finish_shard(&run, &d->shards[done]))
        done++;
    read_sizes(d, &pass->after);
    pass->ns = clock_monotonic_ns() - run.start_ns;
    pass->complete = done == d->shard_count && pass->error == TN_OK;
    log_pass(pass);
}
