// SPDX-License-Identifier: MIT
#include "inspect/tracing.h"

static struct tni_memory *
memory_of(tn_heap *heap)
{
    struct tni_memory *m = (struct tni_memory *)heap;
    tni_assert_owner(m);
    return m;
}

static uint64_t
seed_for(const struct tni_objects *s, uint64_t wished)
{
    return wished != 0 ? wished : s->hash_key[0];
}

tn_err
tn_trace_start(tn_heap *heap, const tn_trace_options *options)
{
    static const tn_trace_options every_block = {.mode = TN_TRACE_EXACT};
    const tn_trace_options *o = options != NULL ? options : &every_block;
    struct tni_memory *m = memory_of(heap);
    struct tni_tracer *t = &m->tracer;
    bool is_sampled = o->mode == TN_TRACE_SAMPLED;
    if ((o->mode != TN_TRACE_EXACT && !is_sampled) || o->frames > TN_TRACE_MOST_FRAMES ||
        o->sample_bytes > INT64_MAX / 64)
        return TN_EINVAL;
    if (!tni_tracer_prepare(t, o->frames == 0 ? 1 : o->frames))
        return TN_ENOMEM;
    if (t->mode == TN_TRACE_OFF || o->seed != 0)
        t->random = seed_for((struct tni_objects *)heap, o->seed);
    t->mode = o->mode;
    t->rate = !is_sampled ? 0 : o->sample_bytes != 0 ? o->sample_bytes : TN_TRACE_SAMPLE_BYTES;
    tni_trace_arm(m);
    return TN_OK;
}

void
tn_trace_clear(tn_heap *heap)
{
    struct tni_memory *m = memory_of(heap);
    tni_trace_forget_all(m);
    tni_tracer_clear(&m->tracer);
}

void
tn_trace_stop(tn_heap *heap)
{
    struct tni_memory *m = memory_of(heap);
    tni_trace_forget_all(m);
    tni_tracer_drop(&m->tracer);
    m->tracer.mode = TN_TRACE_OFF;
    tni_trace_arm(m);
}

tn_trace_options
tn_trace_get(const tn_heap *heap)
{
    const struct tni_tracer *t = &((const struct tni_memory *)heap)->tracer;
    if (t->mode == TN_TRACE_OFF)
        return (tn_trace_options){.mode = TN_TRACE_OFF, .frames = 1};
    return (tn_trace_options){(tn_trace_mode)t->mode, t->rate, t->frames, 0};
}

void
tn_trace_get_memory(const tn_heap *heap, tn_traced *memory)
{
    const struct tni_memory *m = (const struct tni_memory *)heap;
    const struct tni_tracer *t = &m->tracer;
    size_t peak = t->current > t->peak ? t->current : t->peak;
    *memory = (tn_traced){t->current, peak, t->tables + m->pages.trace_bytes, t->lost};
}

void
tn_trace_reset_peak(tn_heap *heap)
{
    struct tni_tracer *t = &memory_of(heap)->tracer;
    t->peak = t->current;
}

void
tn_trace_set_tag(tn_heap *heap, const char *tag)
{
    memory_of(heap)->tracer.tag = tag;
}

// --- Running totals ------------------------------------------------------------------------------

const tn_type *
tni_trace_owner(const struct tni_trace *trace)
{
    return (const tn_type *)trace->key.account; // an account is the first part of its type
}

static size_t
blocks(uint64_t count)
{
    return (count + TNI_COUNT_ONE / 2) / TNI_COUNT_ONE;
}

void
tn_trace_visit(tn_heap *heap, bool (*fn)(const tn_trace_total *total, void *arg), void *arg)
{
    const struct tni_tracer *t = &memory_of(heap)->tracer;
    for (uint32_t i = 1; i <= t->traces.count; i++) {
        const struct tni_trace *trace = tni_tracer_at(t, i);
        tn_trace_total total = {
            .site = tni_stacks_at(&t->stacks, trace->key.stack).site,
            .owner = tni_trace_owner(trace),
            .tag = trace->key.tag,
            .objects = trace->key.kind == TNI_TRACE_OBJECT,
            .bytes = tni_trace_in_use(trace).bytes,
            .count = blocks(tni_trace_in_use(trace).count),
            .made_bytes = trace->made.bytes,
            .made_count = blocks(trace->made.count),
        };
        if (!fn(&total, arg))
            return;
    }
}

const tn_site *
tn_trace_site(const tn_object *o)
{
    const struct tni_tracer *t = &tni_memory_of(o)->tracer;
    uint32_t trace = tni_trace_of(tni_page_of(o), o);
    return trace != 0 ? tni_stacks_at(&t->stacks, tni_tracer_at(t, trace)->key.stack).site : NULL;
}

// --- Other people's blocks -----------------------------------------------------------------------

tn_err
tn_trace_track_at(tn_heap *heap, const tn_type *domain, const void *address, size_t size,
                  const tn_site *site)
{
    struct tni_memory *m = memory_of(heap);
    if (m->tracer.mode == TN_TRACE_OFF)
        return TN_EOFF;
    return tni_trace_track(m, &domain->account, address, size, site) ? TN_OK : TN_ENOMEM;
}

tn_err
tn_trace_untrack(tn_heap *heap, const tn_type *domain, const void *address)
{
    struct tni_memory *m = memory_of(heap);
    if (m->tracer.mode == TN_TRACE_OFF)
        return TN_EOFF;
    tni_trace_untrack(m, &domain->account, address);
    return TN_OK;
}
