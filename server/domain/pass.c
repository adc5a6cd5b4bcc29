// SPDX-License-Identifier: MIT
//
// pass: sizes before, each shard in turn, sizes after.
#include "domain/pass.h"

#include "base/clock.h"
#include "base/log.h"

const char *
pass_kind_name(enum pass_kind kind)
{
    static const char *const names[] = {"collect", "freeze", "unfreeze"};
    return names[kind];
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
work_on_heap(struct pass *pass, tn_heap *heap)
{
    tn_gc_result r = {0};
    tn_err err = TN_OK;
    if (pass->title.generation >= 0)
        err = tn_gc_collect(heap, pass->title.generation, &r);
    add_result(&pass->found, &r);
    if (pass->title.kind == PASS_FREEZE && err == TN_OK)
        err = tn_gc_freeze(heap, false);
    if (pass->title.kind == PASS_UNFREEZE)
        tn_gc_unfreeze(heap);
    return err;
}

static void
count(struct shard *s, const struct pass_title *title, uint64_t held_ns)
{
    if (title->generation < 0)
        return;
    s->counters.collections[title->generation][title->cause]++;
    histogram_add(&s->counters.pauses[title->generation], held_ns);
}

static void
work_on_shard(struct pass *pass, struct shard *s)
{
    shard_take(s);
    uint64_t start = clock_monotonic_ns();
    tn_err err = work_on_heap(pass, s->heap);
    uint64_t held = clock_monotonic_ns() - start;
    count(s, &pass->title, held);
    shard_give(s);
    pass->slices++;
    if (held > pass->pause_max_ns)
        pass->pause_max_ns = held;
    if (pass->error == TN_OK)
        pass->error = err;
}

static void
log_pass(const struct pass *pass)
{
    enum log_level level = pass->error ? LOG_ERROR : LOG_INFO;
    const char *error = pass->error ? tn_strerror(pass->error) : NULL;
    const struct pass_title *t = &pass->title;
    if (t->generation >= 0)
        log_event(level, "collection", "cause", "s", pass_cause_name(t->cause), "rule", "s",
                  t->rule, "generation", "d", (long)t->generation, "found", "d",
                  (long)(pass->found.collected + pass->found.uncollectable), "freed_bytes", "d",
                  (long)pass->found.bytes_freed, "pause_max_seconds", "f", pass->pause_max_ns / 1e9,
                  "residents_before", "d", (long)pass->before.users_resident, "residents_after",
                  "d", (long)pass->after.users_resident, "complete", "b", (int)pass->complete,
                  "error", "s", error, NULL);
    if (t->kind != PASS_COLLECT)
        log_event(level, pass_kind_name(t->kind), "cause", "s", pass_cause_name(t->cause),
                  "frozen_before", "d", (long)pass->before.frozen, "frozen_after", "d",
                  (long)pass->after.frozen, "complete", "b", (int)pass->complete, "error", "s",
                  error, NULL);
}

void
pass_run(struct domain *d, struct pass *pass, const _Atomic bool *cancelled)
{
    uint64_t start = clock_monotonic_ns();
    read_sizes(d, &pass->before);
    unsigned done = 0;
    for (; done < d->shard_count && !(cancelled && *cancelled); done++)
        work_on_shard(pass, &d->shards[done]);
    read_sizes(d, &pass->after);
    pass->ns = clock_monotonic_ns() - start;
    pass->complete = done == d->shard_count && pass->error == TN_OK;
    log_pass(pass);
}
