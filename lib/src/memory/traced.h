// SPDX-License-Identifier: MIT
//
// traced: which trace each block belongs to.
//
// A slot's trace stands in an array beside its page, which is made for the first one and goes with
// the page; a large buffer's in front of the buffer. Whoever allocates takes [until] down by the
// block's size, and asks here when it is below zero. The next block that is traced lies [beyond]
// that: it never comes while tracing is off, and has always come while every block is traced.
#ifndef TNI_MEMORY_TRACED_H
#define TNI_MEMORY_TRACED_H

#include "memory/pages.h"
#include "trace/tracer.h"

struct tni_account;

// The block in [slot] of [page] was made at [site].
void tni_trace_slot(struct tni_memory *m, enum tni_trace_kind kind,
                    const struct tni_account *account, struct tni_page *page, const void *slot,
                    const tn_site *site);
// The block is about to go: what is remembered beside its page is forgotten.
void tni_forget_slot(struct tni_memory *m, struct tni_page *page, const void *slot);
// A buffer that does not stand in a slot: the trace to remember.
uint32_t tni_trace_large(struct tni_memory *m, const struct tni_account *account, size_t size);
void tni_untrace_large(struct tni_memory *m, uint32_t trace, size_t size);

// A block of [size] at [address] that was allocated elsewhere. False: out of memory.
bool tni_trace_track(struct tni_memory *m, const struct tni_account *account, const void *address,
                     size_t size, const tn_site *site);
void tni_trace_untrack(struct tni_memory *m, const struct tni_account *account,
                       const void *address);

// Whether the block that was made last is to be traced.
bool tni_trace_is_due(const struct tni_memory *m);
// Sets the next block that is traced as the mode of the tracer demands.
void tni_trace_arm(struct tni_memory *m);
// Every block forgets its trace.
void tni_trace_forget_all(struct tni_memory *m);

// Of the block at [slot]; 0: unknown.
static inline uint32_t
tni_trace_of(const struct tni_page *page, const void *slot)
{
    const struct tni_traces *traces = tni_page_traces(page);
    return traces != NULL ? traces->of[tni_slot_of(page, slot)] : 0;
}

#endif
