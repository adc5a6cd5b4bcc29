// SPDX-License-Identifier: MIT
//
// gc: questions are answered from the shards' figures, orders become jobs.
//
// An order suspends its request before it submits the job, so that the maintenance thread may
// answer at any moment; a refused one is answered and resumed here.
#include "admin/gc.h"

#include "admin/admin.h"
#include "admin/scope.h"
#include "admin/settings.h"
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
add_title(struct text *t, const struct pass_title *title)
{
    text_addf(t, "{\"operation\":\"%s\",\"cause\":\"%s\"", pass_kind_name(title->kind),
              pass_cause_name(title->cause));
    if (title->generation >= 0)
        text_addf(t, ",\"generation\":%d", title->generation);
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
    text_addf(t,
              "],\"frozen\":{\"objects\":%zu,\"bytes\":%zu},\"in_progress\":", f->population.frozen,
              f->population.frozen_bytes);
    if (state->busy)
        add_title(t, &state->running);
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
add_sizes(struct text *t, const char *name, const struct pass_sizes *s)
{
    text_addf(t, "\"%s\":{\"objects\":%zu,\"bytes\":%zu,\"users_resident\":%zu}", name, s->objects,
              s->bytes, s->users_resident);
}

static void
add_completeness(struct text *t, const struct pass *pass)
{
    text_addf(t, "\"complete\":%s", pass->complete ? "true" : "false");
    if (pass->stopped)
        text_addf(t, ",\"stopped\":\"%s\"", pass->stopped);
}

static void
add_collected(struct text *t, const struct pass *pass)
{
    const tn_gc_result *f = &pass->found;
    text_addf(t, "{\"generation\":%d,\"collected\":%zu,\"uncollectable\":%zu,\"candidates\":%zu,",
              pass->title.generation, f->collected, f->uncollectable, f->candidates);
    text_addf(t, "\"bytes_freed\":%zu,\"seconds\":%.9f,\"pause_max_seconds\":%.9f,", f->bytes_freed,
              seconds(pass->ns), seconds(pass->pause_max_ns));
    text_addf(t, "\"slices\":%u,", pass->slices);
    add_completeness(t, pass);
    text_adds(t, ",");
    add_sizes(t, "before", &pass->before);
    text_adds(t, ",");
    add_sizes(t, "after", &pass->after);
    text_adds(t, "}");
}

static void
add_frozen(struct text *t, const struct pass *pass)
{
    text_addf(t, "{\"frozen\":{\"objects\":%zu,\"bytes\":%zu},", pass->after.frozen,
              pass->after.frozen_bytes);
    text_addf(t, "\"delta\":{\"objects\":%ld,\"bytes\":%ld},",
              (long)pass->after.frozen - (long)pass->before.frozen,
              (long)pass->after.frozen_bytes - (long)pass->before.frozen_bytes);
    add_completeness(t, pass);
    text_adds(t, "}");
}

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
        (pass->title.kind == PASS_COLLECT ? add_collected : add_frozen)(&t, pass);
        reply_json(order->request, 200, &t);
    }
    text_fini(&t);
    request_resume(order->request);
}

static void
refuse(struct request *r, enum jobs_answer why, const struct pass_title *running)
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
    request_resume(r);
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
    if (accepted != JOBS_ACCEPTED)
        refuse(r, accepted, &same);
}

static bool
read_collect(struct request *r, const json_t *body, int *generation, int *budget_ms)
{
    bool wait = true;
    if (!body_get_int(r, body, "generation", 0, TN_GENERATIONS - 1, generation) ||
        !body_get_int(r, body, "budget_ms", 0, CONFIG_MAX_BUDGET_MS, budget_ms) ||
        !body_get_bool(r, body, "wait", &wait))
        return false;
    if (body_borrow(body, "budget_ms") && *generation < TN_GENERATIONS - 1)
        reply_problem(r, "budget-needs-full", "budget_ms goes with generation 2 only.");
    else if (!wait)
        reply_problem(r, "invalid-body", "wait must be true: the answer comes with the result.");
    return r->reply.status == 0;
}

void
gc_collect(struct request *r)
{
    static const char *const names[] = {"generation", "budget_ms", "wait", NULL};
    int generation = TN_GENERATIONS - 1, budget_ms = CONFIG_DEFAULT_BUDGET;
    json_t *body = NULL;
    bool read = body_read_optional(r, &LIMITS, names, &body) &&
                read_collect(r, body, &generation, &budget_ms);
    json_decref(body);
    if (read)
        submit(r, PASS_COLLECT, generation, budget_ms);
}

void
gc_freeze(struct request *r)
{
    static const char *const names[] = {"collect_first", NULL};
    bool collect_first = true;
    json_t *body = NULL;
    bool read = body_read_optional(r, &LIMITS, names, &body) &&
                body_get_bool(r, body, "collect_first", &collect_first);
    json_decref(body);
    if (read)
        submit(r, PASS_FREEZE, collect_first ? TN_GENERATIONS - 1 : -1, 0);
}

void
gc_unfreeze(struct request *r)
{
    static const char *const names[] = {NULL};
    json_t *body = NULL;
    bool read = body_read_optional(r, &LIMITS, names, &body);
    json_decref(body);
    if (read)
        submit(r, PASS_UNFREEZE, -1, 0);
}
