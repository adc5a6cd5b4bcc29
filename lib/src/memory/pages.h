// SPDX-License-Identifier: MIT
//
// pages: slots of fixed sizes. A bin is a kind of content and a size class, and owns the pages that
// hold it; within a page the alloc plane says which slots are taken, and there is no other list.
//
// Classes go by 8 bytes to 128 and by eighths above, so at most 12.5 % of a slot is rounding.
// Invariant: a page is in its bin's list exactly while it has a free slot; no listed page is empty
// but the only one of its bin.
#ifndef TNI_MEMORY_PAGES_H
#define TNI_MEMORY_PAGES_H

#include "memory/poison.h"
#include "memory/segment.h"

enum tni_kind { TNI_OBJECTS, TNI_ACYCLIC, TNI_BUFFERS, TNI_KINDS };

enum {
    TNI_MAX_OBJECT = 512,
    TNI_MAX_SLOT = 4096,
    TNI_CLASSES = 55,
    TNI_BINS = TNI_KINDS * TNI_CLASSES,
};

struct tni_bin {
    struct tni_page *open; // pages with a free slot; the first is used first
    void **quarantine;     // the last freed slots; sanitizer builds only
    unsigned oldest;
};

struct tni_pages {
    struct tni_memory *owner;
    uint32_t quiet; // of every segment
    struct tni_segment *segments;
    struct tni_bin bins[TNI_BINS];
    size_t page_count, segment_count;
    bool held;          // pages stay, even when they become empty
    size_t quarantined; // bytes of freed slots that are not usable again yet
    size_t site_bytes;
};

static inline unsigned
tni_class_of(size_t size)
{
    if (size <= 128)
        return size <= 16 ? 0 : (unsigned)((size + 7) / 8 - 2);
    unsigned log = 63 - (unsigned)__builtin_clzll(size - 1);
    return 15 + (log - 7) * 8 + (unsigned)((size - 1 - ((size_t)1 << log)) >> (log - 3));
}

static inline size_t
tni_class_size(unsigned class_)
{
    if (class_ < 15)
        return 16 + 8 * (size_t)class_;
    unsigned log = 7 + (class_ - 15) / 8, eighth = (class_ - 15) % 8 + 1;
    return ((size_t)1 << log) + ((size_t)eighth << (log - 3));
}

static inline unsigned
tni_bin_of(enum tni_kind kind, size_t size)
{
    return (unsigned)kind * TNI_CLASSES + tni_class_of(size);
}

void tni_pages_init(struct tni_pages *p, struct tni_memory *owner);
void tni_pages_fini(struct tni_pages *p);

// A page of [bin] whose word has a free slot; NULL: out of memory.
struct tni_page *tni_pages_find_room(struct tni_pages *p, unsigned bin);
// After the last free slot of [page] was taken: it leaves the list.
void tni_pages_fill(struct tni_pages *p, struct tni_page *page);
// After a slot of [page] became free: a full page enters the list, an empty one goes back to the
// system.
void tni_pages_settle(struct tni_pages *p, struct tni_page *page);
// Sanitizer builds: puts [slot] aside and returns the one that was put aside longest ago, or NULL.
void *tni_pages_quarantine(struct tni_pages *p, void *slot);
// The flags of objects whose decref the collector need not be told of. O(segments).
void tni_pages_set_quiet(struct tni_pages *p, uint32_t quiet);
// Gives the last empty page of each bin, and empty segments, back too.
void tni_pages_trim(struct tni_pages *p);
// Gives [page] back if it is empty, held or not.
void tni_pages_give_if_empty(struct tni_pages *p, struct tni_page *page);
// Makes quarantined slots usable again.
void tni_pages_flush_quarantine(struct tni_pages *p);
bool tni_pages_check(const struct tni_pages *p);

// The pages in use in no particular order: start with NULL, ends with NULL.
struct tni_page *tni_pages_next(const struct tni_pages *p, const struct tni_page *after);

static inline enum tni_kind
tni_page_kind(const struct tni_page *page)
{
    return (enum tni_kind)(page->bin / TNI_CLASSES);
}

// The next page of objects that may be tracked.
struct tni_page *tni_pages_next_objects(const struct tni_pages *p, const struct tni_page *after);

// A free slot of [bin], contents undefined; NULL: out of memory. The slot's other planes are clear.
static inline void *
tni_pages_alloc(struct tni_pages *p, unsigned bin)
{
    struct tni_page *page = p->bins[bin].open;
    if (__builtin_expect(page == NULL || ~*page->word == 0, 0) &&
        (page = tni_pages_find_room(p, bin)) == NULL)
        return NULL;
    unsigned i = (unsigned)__builtin_ctzll(~*page->word);
    void *slot = page->word_base + (size_t)i * page->size;
    *page->word |= UINT64_C(1) << i;
    if (++page->used == page->slots)
        tni_pages_fill(p, page);
    TNI_UNPOISON(slot, page->size);
    return slot;
}

// Clears the alloc plane only: the others are clear by then. The next slot is looked for here,
// where the cache is warm.
static inline void
tni_pages_reuse(struct tni_pages *p, void *slot)
{
    struct tni_page *page = tni_page_of(slot);
    unsigned i = tni_slot_of(page, slot);
    page->word = &page->words[i / TNI_ROW_SLOTS * page->stride];
    page->word_base = (char *)slot - (size_t)(i % TNI_ROW_SLOTS) * page->size;
    *page->word &= ~(UINT64_C(1) << i % TNI_ROW_SLOTS);
    page->used--;
    bool is_last = page->next == NULL && page->prev == NULL;
    if (__builtin_expect(!page->listed || (page->used == 0 && !is_last), 0))
        tni_pages_settle(p, page);
}

static inline void
tni_pages_free(struct tni_pages *p, void *slot)
{
    TNI_POISON(slot, tni_page_of(slot)->size);
    if (TNI_HAS_QUARANTINE)
        slot = tni_pages_quarantine(p, slot);
    if (slot != NULL)
        tni_pages_reuse(p, slot);
}

#endif
