// SPDX-License-Identifier: MIT
//
// gc: questions are answered from the shards' figures, orders become jobs.
//
// An order suspends its request before it submits the job, so that the maintenance thread may
// answer at any moment; a refused one is answered and resumed here.
#include "admin/gc.h"

#include "admin/admin.h"
#include "admin/operations.h"
#include "admin/passes.h"
#include "admin/quota.h"
#include "admin/scope.h"
#include "admin/settings.h"
#include "admin/window.h"
#include "http/body.h"

#include <stdlib.h>

// An order has a handful of members.
static const struct json_limits LIMITS = {.depth = 4, .members = 16, .string = 256};

// --- GET /v1/gc ------------------------------------------------------------------------------

static double
seconds(uint64_t ns)
{
    return ns / 1e9;
}

static void
add_last_run(struct text *t, const struct jobs_state *state, int g)
{
    if (state->last[g].at_ms == 0) {
        text_adds(t, "\"last_run\":null,\"last_cause\":null");
        return;
    }
    text_adds(t, "\"last_run\":");
    text_add_time(t, state->last[g].at_ms);
    text_addf(t, ",\"last_cause\":\"%s\"", pass_cause_name(state->last[g].cause));
}

// Of all holds; as exact as the histogram's bounds, and never above the longest.
static double
quantile(const struct shard_figures *f, int g, double share)
{
    uint64_t ns = histogram_quantile_ns(&f->counters.pauses[g], share);
    uint64_t longest = f->stats[g].longest_ns;
    return seconds(ns < longest ? ns : longest);
}

static void
add_generation(struct text *t, const struct shard_figures *f, const struct jobs_state *state, int g)
{
    const tn_gc_stats *s = &f->stats[g];
    text_addf(t, "{\"generation\":%d,\"objects\":%zu,\"count\":%zu,\"threshold\":%zu,", g,
              f->population.generation[g], f->count[g], state->policy.thresholds[g]);
    text_addf(t, "\"collections\":%lu,\"collected\":%lu,\"uncollectable\":%lu,\"candidates\":%lu,",
              (unsigned long)s->collections, (unsigned long)s->collected,
              (unsigned long)s->uncollectable, (unsigned long)s->candidates);
    text_addf(t, "\"time_seconds\":%.9f,\"pause\":{\"last\":%.9f,\"max\":%.9f,", seconds(s->ns),
              seconds(s->last_ns), seconds(s->longest_ns));
    text_addf(t, "\"p50\":%.9f,\"p99\":%.9f},", quantile(f, g, 0.5), quantile(f, g, 0.99));
    add_last_run(t, state, g);
    text_adds(t, "}");
}

static void
add_state(struct text *t, const struct shard_figures *f, const struct jobs_state *state)
{
    text_adds(t, "{");
    settings_add_json(t, &state->policy);
    text_adds(t, ",\"generations\":[");
    for (int g = 0; g < TN_GENERATIONS; g++) {
        text_adds(t, g ? "," : "");
        add_generation(t, f, state, g);
    }
    text_addf(t, "],\"frozen\":{\"objects\":%zu,\"bytes\":%zu},\"suspects\":%zu,\"in_progress\":",
              f->population.frozen, f->population.frozen_bytes, f->suspects);
    if (state->busy)
        passes_add_title(t, &state->running);
    else
        text_adds(t, "null");
    text_adds(t, "}");
}

void
gc_show(struct request *r)
{
    struct admin *admin = r->app;
    struct scope scope;
    if (!scope_read(r, admin->domain, &scope))
        return;
    struct jobs_state state;
    struct shard_figures f;
    jobs_read(admin->jobs, &state);
    if (scope.count == admin->domain->shard_count)
        domain_read_figures(admin->domain, &f);
    else
        shard_read_figures(scope.shards, &f);
    struct text t;
    text_init(&t);
    add_state(&t, &f, &state);
    reply_json(r, 200, &t);
}

// --- Orders ----------------------------------------------------------------------------------

// A job and the request that waits for it. The request owns it.
struct order {
    struct job job;
    struct request *request;
};

static void
answer(struct job *job)
{
    struct order *order = (struct order *)job;
    const struct pass *pass = &job->pass;
    struct text t;
    text_init(&t);
    if (pass->error)
        reply_problem(order->request, "out-of-memory", "A shard was left as it was: %s.",
                      tn_strerror(pass->error));
    else {
        passes_add_result(&t, pass);
        reply_json(order->request, 200, &t);
    }
    text_fini(&t);
    request_resume(order->request);
}

void
gc_refuse(struct request *r, enum jobs_answer why, const struct pass_title *running)
{
    if (why == JOBS_CANCELLED)
        reply_problem(r, "shutting-down", "The service is about to stop.");
    else if (running->generation < 0)
        reply_problem(r, "operation-in-progress", "A %s %s is running.",
                      pass_cause_name(running->cause), pass_kind_name(running->kind));
    else
        reply_problem(r, "operation-in-progress", "A %s %s of generation %d is running.",
                      pass_cause_name(running->cause), pass_kind_name(running->kind),
                      running->generation);
}

static void
submit(struct request *r, enum pass_kind kind, int generation, int budget_ms)
{
    struct admin *admin = r->app;
    struct order *order = calloc(1, sizeof *order);
    if (!order) {
        reply_problem(r, "out-of-memory", "There is no memory for the request.");
        return;
    }
    order->request = r;
    order->job.pass.title = (struct pass_title){kind, PASS_MANUAL, generation, NULL};
    order->job.budget_ms = budget_ms;
    order->job.done = answer;
    r->state = order;
    r->state_free = free;
    request_suspend(r, NULL);
    struct pass_title same;
    enum jobs_answer accepted = jobs_submit(admin->jobs, &order->job, &same);
    if (accepted == JOBS_ACCEPTED)
        return;
    gc_refuse(r, accepted, &same);
    request_resume(r);
}

// What POST /v1/gc/collect may say.
struct wish {
    int generation, budget_ms;
    bool wait, dry_run;
};

static bool
read_collect(struct request *r, const json_t *body, struct wish *w)
{
    bool has_budget = body_borrow(body, "budget_ms") != NULL;
    if (!body_get_int(r, body, "generation", 0, TN_GENERATIONS - 1, &w->generation) ||
        !body_get_int(r, body, "budget_ms", 0, CONFIG_MAX_BUDGET_MS, &w->budget_ms) ||
        !body_get_bool(r, body, "wait", &w->wait) ||
        !body_get_bool(r, body, "dry_run", &w->dry_run))
        return false;
    if (has_budget && w->generation < TN_GENERATIONS - 1)
        reply_problem(r, "budget-needs-full", "budget_ms goes with generation 2 only.");
    else if (has_budget && w->dry_run)
        reply_problem(r, "invalid-body", "budget_ms goes with a collection, not with a dry run.");
    return r->reply.status == 0;
}

void
gc_collect(struct request *r)
{
    static const char *const names[] = {"generation", "budget_ms", "wait", "dry_run", NULL};
    struct wish w = {TN_GENERATIONS - 1, CONFIG_DEFAULT_BUDGET, true, false};
    json_t *body = NULL;
    bool read =
        quota_allow(r) && body_read_optional(r, &LIMITS, names, &body) && read_collect(r, body, &w);
    enum pass_kind kind = w.dry_run ? PASS_PREVIEW : PASS_COLLECT;
    json_decref(body);
    if (read && w.wait)
        submit(r, kind, w.generation, w.budget_ms);
    else if (read)
        operations_begin(r, kind, w.generation, w.budget_ms);
}

void
gc_freeze(struct request *r)
{
    static const char *const names[] = {"collect_first", NULL};
    bool collect_first = true;
    json_t *body = NULL;
    bool read = quota_allow(r) && body_read_optional(r, &LIMITS, names, &body) &&
                body_get_bool(r, body, "collect_first", &collect_first);
    json_decref(body);
    if (read)
        submit(r, PASS_FREEZE, collect_first ? TN_GENERATIONS - 1 : -1, CONFIG_DEFAULT_BUDGET);
}

static void
order_without_words(struct request *r, enum pass_kind kind, int generation)
{
    static const char *const names[] = {NULL};
    json_t *body = NULL;
    bool read = quota_allow(r) && body_read_optional(r, &LIMITS, names, &body);
    json_decref(body);
    if (read)
        submit(r, kind, generation, CONFIG_DEFAULT_BUDGET);
}

void
gc_unfreeze(struct request *r)
{
    order_without_words(r, PASS_UNFREEZE, -1);
}

void
gc_refreeze(struct request *r)
{
    order_without_words(r, PASS_REFREEZE, TN_GENERATIONS - 1);
}

// --- GET /v1/gc/history ------------------------------------------------------------------------

void
gc_show_history(struct request *r)
{
    struct admin *admin = r->app;
    struct window w;
    struct history_run *runs = NULL;
    if (!window_read(r, HISTORY_SIZE, &w))
        return;
    if (!(runs = calloc(w.limit, sizeof *runs))) {
        reply_problem(r, "out-of-memory", "There is no memory for the request.");
        return;
    }
    size_t count = jobs_read_history(admin->jobs, w.below, runs, w.limit);
    struct text t;
    text_init(&t);
    text_adds(&t, "{\"items\":[");
    for (size_t i = 0; i < count; i++) {
        text_adds(&t, i > 0 ? "," : "");
        passes_add_run(&t, &runs[i]);
    }
    struct history_run next;
    bool more = count > 0 && jobs_read_history(admin->jobs, runs[count - 1].number, &next, 1) > 0;
    window_end(&t, more ? runs[count - 1].number : 0);
    free(runs);
    reply_json(r, 200, &t);
}
