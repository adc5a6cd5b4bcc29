// SPDX-License-Identifier: MIT
//
// alloc: the one front door. Every byte of an object or a buffer comes through here and is counted
// here; the library's own tables come from under the door and count as overhead.
//
//   tni_object_take    a slot with a header, zeroed          at most 512 bytes
//   tni_buffer_alloc   a slot without a header, undefined    at most 4 KiB; larger: the system
//   tni_buffer_resize  in place where the size class stays
//   tni_table_resize   overhead: type tables, the collector's scratch
//
// Invariant: what is in use = sum of the live slots' sizes + large; each account is its owner's
// part of it. It is not counted by itself: [until] falls with what is made, [level] with what is
// freed, and it is the difference.
#ifndef TNI_MEMORY_ALLOC_H
#define TNI_MEMORY_ALLOC_H

#include "base.h"
#include "memory/pages.h"
#include "memory/traced.h"

#include <string.h>

// No request above this is tried; what is added to it cannot overflow.
#define TNI_MAX_BUFFER ((size_t)PTRDIFF_MAX / 2)

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

void tni_memory_init(struct tni_memory *m);
void tni_memory_fini(struct tni_memory *m);

// Sets [until] again: to the next block that is traced, or to the limit. Whoever moves one of them
// calls it.
void tni_memory_watch(struct tni_memory *m);

void *tni_buffer_alloc(struct tni_memory *m, struct tni_account *account, size_t size); /* new */
void *tni_buffer_resize(struct tni_memory *m, struct tni_account *account, void *buffer,
                        size_t size, size_t new_size); /* new */
void tni_buffer_free(struct tni_memory *m, struct tni_account *account, void *buffer, size_t size);

// Bytes that a buffer of [size] occupies.
static inline size_t
tni_buffer_occupies(size_t size)
{
    return size > TNI_MAX_SLOT ? size : tni_class_size(tni_class_of(size));
}

// Large buffers forget their traces.
void tni_large_forget_traces(struct tni_memory *m);

// As realloc; [new_size] 0 frees and gives NULL.
void *tni_table_resize(struct tni_memory *m, void *table, size_t size, size_t new_size); /* new */

// The call site of [object]; NULL in a release.
const tn_site *tni_site_of(const void *object); /* borrowed */

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

// --- Objects -------------------------------------------------------------------------------------

// Zeroes everything but the header, of which the last store may reach half: it is written later. A
// payload is a few words, so a call would cost more than the stores.
static inline void
tni_zero(tn_object *o, size_t size)
{
    enum { STEP = 16 };
    char *at = (char *)(o + 1), *last = (char *)o + size - STEP;
    for (; at < last; at += STEP) {
        memset(at, 0, STEP);
        __asm__("" : "+r"(at)); // or the compiler makes it a call again
    }
    memset(last, 0, STEP);
}

// A slot of [page], which has one at hand; everything but the header is zeroed, and that is still
// to be written.
static inline tn_object * /* new */
tni_object_take(struct tni_memory *m, struct tni_account *account, struct tni_page *page,
                const tn_site *site, struct tni_place *at)
{
    at->page = page;
    at->row = (struct tni_row *)(void *)page->word; // alloc is its first plane
    tn_object *o = tni_pages_take(page, &at->bit);
    tni_zero(o, page->size);
    if (TN_CHECKS > 0)
        tni_page_sites(page)[tni_slot_of(page, o)] = site;
    account->objects++;
    tni_charge(m, account, page->size);
    return o;
}

// The object stands at [at] and is not tracked any more.
static inline void
tni_object_free(struct tni_memory *m, struct tni_account *account, tn_object *o,
                struct tni_place at)
{
    TN_DEBUG(account->objects > 0 && !(at.row->tracked & at.bit));
    at.row->finalized &= ~at.bit;
    account->objects--;
    tni_discharge(m, account, at.page->size);
    if (__builtin_expect(at.page->noted, 0))
        tni_forget_slot(m, at.page, o);
    TNI_POISON(o, at.page->size);
    if (TNI_HAS_QUARANTINE)
        tni_pages_free(&m->pages, o);
    else
        tni_pages_give(&m->pages, at.page, o, &at.row->alloc, at.shift);
}

#endif
