// SPDX-License-Identifier: MIT
//
// tracer: what the traced blocks add up to, by who allocated them.
//
// A trace is everything that was allocated at one traceback, for one account, under one tag. A
// block remembers the number of its trace, 0 if nobody saw it being made; the block's size and the
// trace's rate tell what it counted, so what its end takes away is exactly that.
//
// Invariant: what is in use of all traces adds up to [current].
#ifndef TNI_TRACE_TRACER_H
#define TNI_TRACE_TRACER_H

#include "trace/stacks.h"
#include "trace/tracked.h"

enum tni_trace_kind { TNI_TRACE_OBJECT, TNI_TRACE_BUFFER, TNI_TRACE_USER };

// Counts are in parts of one block: a sampled block stands for others.
enum { TNI_COUNT_ONE = 1024 };

struct tni_trace_key {
    uint32_t stack;
    uint32_t kind;
    const void *account;
    const char *tag;
    size_t rate; // sampled once in so many bytes; 0: every block
};

struct tni_weight {
    uint64_t count, bytes;
};

struct tni_trace {
    struct tni_trace_key key;
    struct tni_weight made, gone; // ever; what was made and is not gone is in use
};

// The last traces by call site, which spares the hash. Those of every block with one frame alone.
struct tni_trace_recent {
    const tn_site *site;
    uintptr_t owner; // account and kind
    const char *tag;
    uint32_t trace;
};

enum { TNI_RECENT = 256 };

struct tni_tracer {
    struct tni_growth growth;
    unsigned mode;      // tn_trace_mode
    size_t rate;        // of the blocks to come; 0: exact
    uint32_t frames;    // of a traceback
    const char *tag;    // of the blocks to come
    uint64_t random;    // state
    uintptr_t *scratch; // for the addresses of one traceback
    uint32_t scratch_room;
    struct tni_trace_recent *recent; // [TNI_RECENT]
    struct tni_stacks stacks;
    struct tni_table traces; // of struct tni_trace; number 1 is the first
    struct tni_table index;
    struct tni_tracked tracked;
    size_t tables; // bytes of all of these
    size_t current, peak;
    size_t lost;    // blocks that could not be noted, for want of memory
    uint32_t epoch; // how often everything was forgotten; numbers mean others then
};

// Room for tracebacks of [frames], from now on. False: out of memory.
bool tni_tracer_prepare(struct tni_tracer *t, uint32_t frames);
// Forgets everything but the mode.
void tni_tracer_clear(struct tni_tracer *t);
void tni_tracer_drop(struct tni_tracer *t);

// A block of [size] for [account]; the trace that it is to remember, 0: lost.
uint32_t tni_tracer_note_slowly(struct tni_tracer *t, enum tni_trace_kind kind, const void *account,
                                size_t size, const tn_site *site);
// A block of [size] that remembers [trace] is gone.
void tni_tracer_forget_sample(struct tni_tracer *t, struct tni_trace *trace, size_t size);
// Bytes to the next sample: distances of a Poisson process.
int64_t tni_tracer_distance(struct tni_tracer *t);

static inline struct tni_trace *
tni_tracer_at(const struct tni_tracer *t, uint32_t trace)
{
    return (struct tni_trace *)t->traces.items + trace - 1;
}

static inline struct tni_weight
tni_trace_in_use(const struct tni_trace *trace)
{
    return (struct tni_weight){trace->made.count - trace->gone.count,
                               trace->made.bytes - trace->gone.bytes};
}

// An account is aligned, so the kind finds room in its lowest bits.
static inline uintptr_t
tni_trace_owned(const void *account, enum tni_trace_kind kind)
{
    return (uintptr_t)account + kind;
}

static inline struct tni_trace_recent *
tni_tracer_recent(const struct tni_tracer *t, uintptr_t owner, const tn_site *site)
{
    return &t->recent[((uintptr_t)site >> 4 ^ owner >> 5) % TNI_RECENT];
}

// What every block costs that is traced exactly, with one frame, from a line that was seen lately;
// 0: it was not.
static inline uint32_t
tni_tracer_note_again(struct tni_tracer *t, enum tni_trace_kind kind, const void *account,
                      size_t size, const tn_site *site)
{
    uintptr_t owner = tni_trace_owned(account, kind);
    const struct tni_trace_recent *r = tni_tracer_recent(t, owner, site);
    if (r->site != site || r->owner != owner || r->tag != t->tag)
        return 0;
    struct tni_trace *trace = tni_tracer_at(t, r->trace);
    trace->made.count += TNI_COUNT_ONE;
    trace->made.bytes += size;
    t->current += size;
    return r->trace;
}

static inline uint32_t
tni_tracer_note(struct tni_tracer *t, enum tni_trace_kind kind, const void *account, size_t size,
                const tn_site *site)
{
    uint32_t trace = tni_tracer_note_again(t, kind, account, size, site);
    return trace != 0 ? trace : tni_tracer_note_slowly(t, kind, account, size, site);
}

static inline void
tni_tracer_forget(struct tni_tracer *t, uint32_t number, size_t size)
{
    struct tni_trace *trace = tni_tracer_at(t, number);
    if (t->current > t->peak)
        t->peak = t->current;
    if (trace->key.rate != 0) {
        tni_tracer_forget_sample(t, trace, size);
        return;
    }
    TN_DEBUG(tni_trace_in_use(trace).count >= TNI_COUNT_ONE);
    TN_DEBUG(tni_trace_in_use(trace).bytes >= size && t->current >= size);
    trace->gone.count += TNI_COUNT_ONE;
    trace->gone.bytes += size;
    t->current -= size;
}

#endif
