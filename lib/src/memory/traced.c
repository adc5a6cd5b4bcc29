// SPDX-License-Identifier: MIT
#include "memory/traced.h"

#include "memory/alloc.h"

void
tni_trace_arm(struct tni_memory *m)
{
    switch (m->tracer.mode) {
    case TN_TRACE_OFF:
        m->until = TNI_UNTIL_NEVER;
        break;
    case TN_TRACE_EXACT:
        m->until = TNI_UNTIL_NOW;
        break;
    default:
        m->until = tni_tracer_distance(&m->tracer);
    }
}

// What stands in the array of [page] for [slot]; NULL: out of memory.
static uint32_t *
place_of(struct tni_memory *m, struct tni_page *page, const void *slot)
{
    uint32_t *traces = tni_page_traces(page);
    if (traces == NULL && !tni_must_fail(m))
        traces = tni_pages_add_traces(&m->pages, page);
    return traces != NULL ? traces + tni_slot_of(page, slot) : NULL;
}

void
tni_trace_slot(struct tni_memory *m, enum tni_trace_kind kind, const struct tni_account *account,
               struct tni_page *page, const void *slot, const tn_site *site)
{
    uint32_t *place = place_of(m, page, slot);
    if (place != NULL)
        *place = tni_tracer_note(&m->tracer, kind, account, page->size, site);
    else
        m->tracer.lost++;
    if (m->tracer.mode == TN_TRACE_SAMPLED)
        tni_trace_arm(m);
}

static void
untrace_slot(struct tni_memory *m, struct tni_page *page, const void *slot)
{
    uint32_t *place = tni_page_traces(page) + tni_slot_of(page, slot);
    if (*place != 0)
        tni_tracer_forget(&m->tracer, *place, page->size);
    *place = 0;
}

void
tni_forget_slot(struct tni_memory *m, struct tni_page *page, const void *slot)
{
    if (tni_page_traces(page) != NULL)
        untrace_slot(m, page, slot);
    if (tni_page_serials(page) != NULL)
        tni_page_serials(page)->of[tni_slot_of(page, slot)] = 0;
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

// A sample that is due is taken.
static bool
is_wanted(struct tni_memory *m, size_t size)
{
    m->until -= (int64_t)size;
    bool wanted = m->until < 0;
    if (wanted && m->tracer.mode == TN_TRACE_SAMPLED)
        tni_trace_arm(m);
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
