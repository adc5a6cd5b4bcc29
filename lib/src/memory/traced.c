// SPDX-License-Identifier: MIT
#include "memory/traced.h"

#include "memory/alloc.h"

// More bytes than a heap ever makes.
#define FOREVER (INT64_MAX / 4)

static int64_t
distance_of(struct tni_tracer *t)
{
    switch (t->mode) {
    case TN_TRACE_OFF:
        return FOREVER;
    case TN_TRACE_EXACT:
        return -FOREVER;
    default:
        return tni_tracer_distance(t);
    }
}

void
tni_trace_arm(struct tni_memory *m)
{
    m->beyond = distance_of(&m->tracer) - m->until;
    tni_memory_watch(m);
}

bool
tni_trace_is_due(const struct tni_memory *m)
{
    return m->until + m->beyond < 0;
}

static inline void
remember(struct tni_traces *traces, struct tni_page *page, const void *slot, uint32_t trace)
{
    traces->of[tni_slot_of(page, slot)] = trace;
    traces->count++;
    page->noted = true;
}

static struct tni_traces *
traces_of(struct tni_memory *m, struct tni_page *page)
{
    struct tni_traces *traces = tni_page_traces(page);
    if (traces == NULL && !tni_must_fail(m))
        traces = tni_pages_add_traces(&m->pages, page);
    return traces;
}

static __attribute__((noinline)) void
trace_slowly(struct tni_memory *m, enum tni_trace_kind kind, const struct tni_account *account,
             struct tni_page *page, const void *slot, const tn_site *site)
{
    struct tni_traces *traces = traces_of(m, page);
    uint32_t trace = 0;
    if (traces == NULL)
        m->tracer.lost++;
    else
        trace = tni_tracer_note(&m->tracer, kind, account, page->size, site);
    if (trace != 0)
        remember(traces, page, slot, trace);
    if (m->tracer.mode == TN_TRACE_SAMPLED)
        tni_trace_arm(m);
}

// Every block comes here while each is traced, so it makes no call and saves no register.
void
tni_trace_slot(struct tni_memory *m, enum tni_trace_kind kind, const struct tni_account *account,
               struct tni_page *page, const void *slot, const tn_site *site)
{
    struct tni_traces *traces = tni_page_traces(page);
    uint32_t trace = 0;
    if (traces != NULL)
        trace = tni_tracer_note_again(&m->tracer, kind, account, page->size, site);
    if (trace == 0)
        return trace_slowly(m, kind, account, page, slot, site);
    remember(traces, page, slot, trace);
}

static inline void
untrace_slot(struct tni_memory *m, struct tni_page *page, unsigned slot)
{
    struct tni_traces *traces = tni_page_traces(page);
    uint32_t trace = traces != NULL ? traces->of[slot] : 0;
    if (trace == 0)
        return;
    traces->of[slot] = 0;
    if (--traces->count == 0)
        page->noted = tni_page_serials(page) != NULL;
    tni_tracer_forget(&m->tracer, trace, page->size);
}

void
tni_forget_slot(struct tni_memory *m, struct tni_page *page, const void *slot)
{
    unsigned i = tni_slot_of(page, slot);
    if (tni_page_serials(page) != NULL)
        tni_page_serials(page)->of[i] = 0;
    untrace_slot(m, page, i);
}

uint32_t
tni_trace_large(struct tni_memory *m, const struct tni_account *account, size_t size)
{
    uint32_t trace = tni_tracer_note(&m->tracer, TNI_TRACE_BUFFER, account, size, m->site);
    if (m->tracer.mode == TN_TRACE_SAMPLED)
        tni_trace_arm(m);
    return trace;
}

void
tni_untrace_large(struct tni_memory *m, uint32_t trace, size_t size)
{
    if (trace != 0)
        tni_tracer_forget(&m->tracer, trace, size);
}

// It brings the next sample nearer, but takes nothing of the heap. A sample that is due is taken.
static bool
is_wanted(struct tni_memory *m, size_t size)
{
    m->beyond -= (int64_t)size;
    bool wanted = tni_trace_is_due(m);
    if (wanted && m->tracer.mode == TN_TRACE_SAMPLED)
        tni_trace_arm(m);
    else
        tni_memory_watch(m);
    return wanted;
}

bool
tni_trace_track(struct tni_memory *m, const struct tni_account *account, const void *address,
                size_t size, const tn_site *site)
{
    struct tni_tracer *t = &m->tracer;
    struct tni_tracked_block *block = tni_tracked_put(&t->tracked, &t->growth, account, address);
    if (block == NULL)
        return false;
    bool wanted = is_wanted(m, size);
    uint32_t trace = wanted ? tni_tracer_note(t, TNI_TRACE_USER, account, size, site) : 0;
    tni_untrace_large(m, block->trace, block->size);
    block->size = size;
    block->trace = trace;
    if (trace == 0)
        tni_tracked_take(&t->tracked, account, address);
    return !wanted || trace != 0;
}

void
tni_trace_untrack(struct tni_memory *m, const struct tni_account *account, const void *address)
{
    struct tni_tracked_block taken = tni_tracked_take(&m->tracer.tracked, account, address);
    tni_untrace_large(m, taken.trace, taken.size);
}

void
tni_trace_forget_all(struct tni_memory *m)
{
    for (struct tni_page *p = NULL; (p = tni_pages_next(&m->pages, p)) != NULL;)
        tni_pages_drop_traces(&m->pages, p);
    tni_large_forget_traces(m);
}
