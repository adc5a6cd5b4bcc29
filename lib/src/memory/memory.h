// SPDX-License-Identifier: MIT
//
// memory: the state of this floor, and what is in use of it.
//
// Invariant: what is in use = sum of the live slots' sizes + large; each account is its owner's
// part of it. It is not counted by itself: [until] falls with what is made, [level] with what is
// freed, and it is the difference.
#ifndef TNI_MEMORY_MEMORY_H
#define TNI_MEMORY_MEMORY_H

#include "base.h"
#include "memory/pages.h"
#include "trace/tracer.h"

// What one type or domain holds.
struct tni_account {
    size_t objects;
    size_t bytes;
};

struct tni_memory {
    uint64_t magic;
    struct tni_pages pages;
    int64_t until;  // bytes before somebody asks what is made; below zero: of every block
    size_t level;   // in use when [until] is zero
    int64_t beyond; // from there to the next block that is traced
    size_t limit;   // in use, above which a tracked object may not be made unasked
    size_t highest; // in use so far, as far as it has fallen since
    struct tni_large *first_large; // buffers that come from the system
    size_t large;                  // their bytes
    size_t tables;                 // bytes of tni_table_resize
    long fail_after;   // tests: this many allocations succeed, the next fails; negative: none fails
    unsigned mutant;   // tests: the number of the rule that this heap breaks (object/rules.h)
    unsigned stress;   // tests: not 0: a collection with every object that is made
    const void *owner; // of the calls, in checked builds
    void (*report)(void *arg, const char *sentence);
    void *report_arg;
    const tn_site *site; // of the next buffer; NULL: nobody said
    struct tni_tracer tracer;
};

#define TNI_MEMORY_MAGIC UINT64_C(0x70616568656e6574) // "tenheap"

// Sets [until] again: to the next block that is traced, or to the limit. Whoever moves one of them
// calls it.
void tni_memory_watch(struct tni_memory *m);

// Formats a sentence and hands it to the heap's report function.
void tni_report(struct tni_memory *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline struct tni_memory *
tni_memory_of(const void *object)
{
    struct tni_memory *m = tni_segment_of(object)->owner;
    TN_DEBUG(m->magic == TNI_MEMORY_MAGIC);
    return m;
}

// --- Hooks of checked builds -----------------------------------------------------------------

// Tests: [after] allocations succeed, the next one fails, and the hook is off again; -1: off.
static inline void
tni_fail_after(struct tni_memory *m, long after)
{
    m->fail_after = after;
}

// Identifies the calling thread.
const void *tni_this_thread(void);

static inline void
tni_assert_owner(const struct tni_memory *m)
{
    TN_DEBUG(m->owner == tni_this_thread());
}

// True once, for the allocation that a test wants to fail.
static inline bool
tni_must_fail(struct tni_memory *m)
{
    return TN_CHECKS > 0 && m->fail_after >= 0 && m->fail_after-- == 0;
}

// --- The account ---------------------------------------------------------------------------------

static inline void
tni_charge(struct tni_memory *m, struct tni_account *account, size_t size)
{
    account->bytes += size;
    m->until -= (int64_t)size;
}

// Bytes of the live blocks.
static inline size_t
tni_in_use(const struct tni_memory *m)
{
    return m->level - (size_t)m->until;
}

static inline size_t
tni_peak(const struct tni_memory *m)
{
    size_t in_use = tni_in_use(m);
    return in_use > m->highest ? in_use : m->highest;
}

// A peak is over when less is in use: so it is noted here, and not with every charge.
static inline void
tni_discharge(struct tni_memory *m, struct tni_account *account, size_t size)
{
    size_t in_use = tni_in_use(m);
    TN_DEBUG(account->bytes >= size && in_use >= size);
    account->bytes -= size;
    if (__builtin_expect(in_use > m->highest, 0))
        m->highest = in_use;
    m->level -= size;
}

#endif
