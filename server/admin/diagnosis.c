// SPDX-License-Identifier: MIT
//
// diagnosis: a function a rule, each of which adds an item or does not.
#include "admin/diagnosis.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    FULL = TN_GENERATIONS - 1,
    ASKED_LEAST = 100, // questions for a user, from which a ratio of hits says something
    SLOW_STORE_NS = 50000000,
    FEW = 20, // of slices or batches: too few for a verdict
};

struct report {
    struct text *text;
    const struct facts *facts;
    unsigned count;
};

struct verdict {
    const char *severity, *code, *message;
    const char *call; // method and path of what helps, and a body
    const char *body; // or NULL
};

// [evidence] makes the members of an object.
static void
add(struct report *r, const struct verdict *v, const char *evidence, ...)
{
    char members[256], command[512];
    va_list args;
    va_start(args, evidence);
    vsnprintf(members, sizeof members, evidence, args);
    va_end(args);
    text_addf(r->text,
              "%s{\"severity\":\"%s\",\"code\":\"%s\",\"message\":", r->count++ > 0 ? "," : "",
              v->severity, v->code);
    text_add_json(r->text, span_of(v->message));
    text_addf(r->text, ",\"evidence\":{%s},\"suggestion\":", members);
    int method = (int)strcspn(v->call, " ");
    if (v->body)
        snprintf(command, sizeof command, "curl -X %.*s localhost:%u%s --json '%s'", method,
                 v->call, r->facts->port, v->call + method + 1, v->body);
    else
        snprintf(command, sizeof command, "curl -X %.*s localhost:%u%s", method, v->call,
                 r->facts->port, v->call + method + 1);
    text_add_json(r->text, span_of(command));
    text_adds(r->text, "}");
}

static bool
is_full_collection(const struct history_run *run)
{
    return run->pass.title.kind == PASS_COLLECT && run->pass.title.generation == FULL &&
           run->pass.complete;
}

// --- Rules -------------------------------------------------------------------------------------

// The last three full collections found more each time, and the last one a tenth of memory.
static void
see_garbage(struct report *r)
{
    const struct history_run *last[3];
    size_t count = 0;
    for (size_t i = 0; i < r->facts->run_count && count < 3; i++)
        if (is_full_collection(&r->facts->runs[i]))
            last[count++] = &r->facts->runs[i];
    if (count < 3)
        return;
    const struct pass *a = &last[2]->pass, *b = &last[1]->pass, *c = &last[0]->pass;
    bool grows =
        a->found.bytes_freed < b->found.bytes_freed && b->found.bytes_freed < c->found.bytes_freed;
    if (!grows || c->found.bytes_freed < c->before.bytes / 10)
        return;
    static const struct verdict v = {
        "warning", "garbage-grows",
        "More garbage comes between two full collections each time: collect more often.",
        "PUT /v1/gc/schedules/full", "{\"when\":{\"every\":\"10s\"},\"action\":\"collect\"}"};
    add(r, &v, "\"bytes_freed\":[%zu,%zu,%zu],\"bytes_before\":%zu", a->found.bytes_freed,
        b->found.bytes_freed, c->found.bytes_freed, c->before.bytes);
}

static void
see_frozen(struct report *r)
{
    const tn_gc_population *p = &r->facts->figures.population;
    size_t all = p->frozen + p->generation[0] + p->generation[1] + p->generation[2];
    if (p->frozen == 0 || p->frozen * 2 <= all)
        return;
    static const struct verdict v = {
        "info", "frozen-share",
        "More than half of the objects are frozen: garbage among them is not looked for.",
        "POST /v1/gc/refreeze", NULL};
    add(r, &v, "\"frozen\":%zu,\"objects\":%zu", p->frozen, all);
}

static void
see_uncollectable(struct report *r)
{
    uint64_t sum = 0;
    for (int g = 0; g < TN_GENERATIONS; g++)
        sum += r->facts->figures.stats[g].uncollectable;
    static const struct verdict v = {
        "error", "uncollectable",
        "Collections found objects that are garbage and that they could not free.",
        "POST /v1/gc/collect", "{\"dry_run\":true}"};
    if (sum > 0)
        add(r, &v, "\"uncollectable\":%lu", (unsigned long)sum);
}

// The heaps are less than a third of the process, which holds more than 64 MiB besides.
static void
see_memory(struct report *r)
{
    int64_t traced = (int64_t)r->facts->figures.memory.current, rss = r->facts->rss;
    if (rss <= 3 * traced || rss - traced < (INT64_C(64) << 20))
        return;
    static const struct verdict v = {
        "warning", "untraced-memory",
        "The process holds far more memory than the heaps account for: a full collection gives "
        "free pages back.",
        "POST /v1/gc/collect", "{\"budget_ms\":0}"};
    add(r, &v, "\"traced\":%ld,\"rss\":%ld", (long)traced, (long)rss);
}

// More than a hundredth of the slices took more than twice their budget.
static void
see_pauses(struct report *r)
{
    const struct counters *c = &r->facts->figures.counters;
    uint64_t slices = histogram_count(&c->pauses[FULL]);
    if (slices < FEW || c->over_budget[FULL] * 100 <= slices)
        return;
    static const struct verdict v = {
        "warning", "pauses-over-budget",
        "Slices of full collections often take more than twice their budget.", "PATCH /v1/gc",
        "{\"default_budget_ms\":1}"};
    add(r, &v, "\"slices\":%lu,\"over_budget\":%lu", (unsigned long)slices,
        (unsigned long)c->over_budget[FULL]);
}

struct ratio {
    uint64_t hits, asked;
};

static struct ratio
ratio_of(const struct history_run *runs, size_t count)
{
    struct ratio sum = {0};
    for (size_t i = 0; i < count; i++) {
        sum.hits += runs[i].hits;
        sum.asked += runs[i].hits + runs[i].misses;
    }
    return sum;
}

// The newer half of the last runs against the older one: ten points less.
static void
see_hits(struct report *r)
{
    const struct facts *f = r->facts;
    struct ratio now = ratio_of(f->runs, f->run_count / 2);
    struct ratio before = ratio_of(f->runs + f->run_count / 2, f->run_count - f->run_count / 2);
    if (now.asked < ASKED_LEAST || before.asked < ASKED_LEAST)
        return;
    double is = (double)now.hits / (double)now.asked;
    double was = (double)before.hits / (double)before.asked;
    static const struct verdict v = {
        "warning", "hit-ratio-falls",
        "Fewer users are in memory when they are asked for: collect less often.",
        "PUT /v1/gc/schedules/full", "{\"when\":{\"every\":\"5m\"},\"action\":\"collect\"}"};
    if (was - is >= 0.1)
        add(r, &v, "\"hit_ratio_before\":%.3f,\"hit_ratio\":%.3f", was, is);
}

// A lap later than it should be: expired sessions stay in memory as long.
static void
see_sweeper(struct report *r)
{
    enum { LATE_MS = 10000 };
    int64_t lag = r->facts->figures.sweep_lag_ms;
    static const struct verdict v = {
        "warning", "sweeper-late",
        "The sweeper of expired sessions is late: the store has no room for what it ends.",
        "POST /v1/cache/sweep", NULL};
    if (lag > LATE_MS)
        add(r, &v, "\"lag_seconds\":%.3f,\"waiting\":%zu", (double)lag / 1e3,
            r->facts->store.waiting);
}

static void
see_store(struct report *r)
{
    const struct histogram *h = &r->facts->store.time;
    uint64_t p99 = histogram_quantile_ns(h, 0.99);
    if (histogram_count(h) < FEW || p99 <= SLOW_STORE_NS)
        return;
    static const struct verdict v = {
        "warning", "store-slow",
        "One batch in a hundred takes the store more than 50 ms: look at its disk.", "GET /metrics",
        NULL};
    add(r, &v, "\"batches\":%lu,\"p99_seconds_at_least\":0.05,\"waiting\":%zu",
        (unsigned long)histogram_count(h), r->facts->store.waiting);
}

static void
see_enabled(struct report *r)
{
    const struct policy *p = &r->facts->jobs.policy;
    static const struct verdict v = {
        "info", "collector-enabled",
        "Somebody lets crossed thresholds ask for collections, besides the rules.", "PATCH /v1/gc",
        "{\"enabled\":false}"};
    if (!p->enabled)
        return;
    struct text name;
    text_init(&name);
    text_add_json(&name, span_of(p->changed_by));
    add(r, &v, "\"changed_by\":%s", name.failed ? "null" : name.data);
    text_fini(&name);
}

void
diagnosis_add(struct text *t, const struct facts *f)
{
    static void (*const rules[])(struct report *) = {see_garbage, see_frozen, see_uncollectable,
                                                     see_memory,  see_pauses, see_hits,
                                                     see_sweeper, see_store,  see_enabled};
    struct report r = {t, f, 0};
    text_adds(t, "{\"items\":[");
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        rules[i](&r);
    text_adds(t, "],\"next_cursor\":null}");
}
