// SPDX-License-Identifier: MIT
//
// pages: slots of fixed sizes. A bin is a kind of content and a size class, and owns the pages that
// hold it; within a page the alloc plane says which slots are taken, and there is no other list.
//
// Classes go by 8 bytes to 128 and by eighths above, so at most 12.5 % of a slot is rounding.
// Invariant: a page that has a free slot is in its bin's list; of the full ones only the first may
// still stand there. No listed page is empty but the only one of its bin.
#ifndef TNI_MEMORY_PAGES_H
#define TNI_MEMORY_PAGES_H

#include "memory/poison.h"
#include "memory/segment.h"

enum tni_kind { TNI_OBJECTS, TNI_ACYCLIC, TNI_BUFFERS, TNI_KINDS };

enum {
    TNI_MAX_OBJECT = 512,
    TNI_MAX_SLOT = 4096,
    TNI_CLASSES = 56,
    TNI_BINS = TNI_KINDS * TNI_CLASSES,
};

struct tni_bin {
    struct tni_page *open; // pages with a free slot; the first is used first
    void **quarantine;     // the last freed slots; sanitizer builds only
    unsigned oldest;
};

// Where a walk that pauses is: at a slot that it has not looked at yet. What is born and dies
// meanwhile may change everything but the order of the segments.
struct tni_cursor {
    struct tni_segment *segment; // NULL: the walk is at its end
    unsigned page, slot;
};

struct tni_pages {
    struct tni_memory *owner;
    uint32_t quiet; // of every segment
    struct tni_segment *segments;
    struct tni_bin bins[TNI_BINS];
    size_t page_count, segment_count, header_pages;
    size_t dirty_count;        // at most so many pages were given back and are still ours
    struct tni_cursor *cursor; // that is told when its segment goes; NULL: nobody walks
    bool held;                 // pages stay, even when they become empty
    size_t quarantined;        // bytes of freed slots that are not usable again yet
    size_t site_bytes, trace_bytes, serial_bytes; // of what stands beside the pages
};

static inline unsigned
tni_class_of(size_t size)
{
    if (size <= 128)
        return size <= 8 ? 0 : (unsigned)((size + 7) / 8 - 1);
    unsigned log = 63 - (unsigned)__builtin_clzll(size - 1);
    return 16 + (log - 7) * 8 + (unsigned)((size - 1 - ((size_t)1 << log)) >> (log - 3));
}

static inline size_t
tni_class_size(unsigned class_)
{
    if (class_ < 16)
        return 8 + 8 * (size_t)class_;
    unsigned log = 7 + (class_ - 16) / 8, eighth = (class_ - 16) % 8 + 1;
    return ((size_t)1 << log) + ((size_t)eighth << (log - 3));
}

static inline unsigned
tni_bin_of(enum tni_kind kind, size_t size)
{
    return (unsigned)kind * TNI_CLASSES + tni_class_of(size);
}

void tni_pages_init(struct tni_pages *p, struct tni_memory *owner);
void tni_pages_fini(struct tni_pages *p);

// A page of [bin] whose word has a free slot, the first of its list; NULL: out of memory.
struct tni_page *tni_pages_find_room(struct tni_pages *p, unsigned bin);
// After a slot of [page] became free: one that was full enters the list, an empty one goes back to
// the system unless it is the only one in the list.
void tni_pages_settle(struct tni_pages *p, struct tni_page *page);
// Sanitizer builds: puts [slot] aside and returns the one that was put aside longest ago, or NULL.
void *tni_pages_quarantine(struct tni_pages *p, void *slot);
// The flags of objects whose decref the collector need not be told of. O(segments).
void tni_pages_set_quiet(struct tni_pages *p, uint32_t quiet);
// Gives the last empty page of each bin, empty segments and everything dirty back too.
void tni_pages_trim(struct tni_pages *p);
// Gives [page] back if it is empty, held or not.
void tni_pages_give_if_empty(struct tni_pages *p, struct tni_page *page);
// Room for the traces of the slots of [page], none of which has one yet. NULL: out of memory.
struct tni_traces *tni_pages_add_traces(struct tni_pages *p, struct tni_page *page);
void tni_pages_drop_traces(struct tni_pages *p, struct tni_page *page);
// The same for their serials, which stay until the page goes.
struct tni_serials *tni_pages_add_serials(struct tni_pages *p, struct tni_page *page);
// Makes quarantined slots usable again.
void tni_pages_flush_quarantine(struct tni_pages *p);
bool tni_pages_check(const struct tni_pages *p);

// The pages in use in no particular order: start with NULL, ends with NULL.
struct tni_page *tni_pages_next(const struct tni_pages *p, const struct tni_page *after);

static inline enum tni_kind
tni_page_kind(const struct tni_page *page)
{
    return (enum tni_kind)page->kind;
}

// The next page of objects that may be tracked.
struct tni_page *tni_pages_next_objects(const struct tni_pages *p, const struct tni_page *after);

// The page that the next slot of [bin] comes from without a search; NULL: there has to be one.
static inline struct tni_page *
tni_pages_at_hand(const struct tni_pages *p, unsigned bin)
{
    struct tni_page *page = p->bins[bin].open;
    return page != NULL && ~*page->word != 0 ? page : NULL;
}

// A free slot of [page], whose word has one, contents undefined. Its other planes are clear. [bit]
// is its place in the word.
static inline void *
tni_pages_take(struct tni_page *page, uint64_t *bit)
{
    uint64_t word = *page->word;
    unsigned i = (unsigned)__builtin_ctzll(~word);
    void *slot = page->word_base + (size_t)i * page->size;
    *bit = ~word & (word + 1);
    *page->word = word | (word + 1);
    page->used++;
    TNI_UNPOISON(slot, page->size);
    return slot;
}

// A slot of [bin]; NULL: out of memory.
static inline void *
tni_pages_alloc(struct tni_pages *p, unsigned bin)
{
    uint64_t bit;
    struct tni_page *page = tni_pages_at_hand(p, bin);
    if (page == NULL && (page = tni_pages_find_room(p, bin)) == NULL)
        return NULL;
    return tni_pages_take(page, &bit);
}

// Clears the [i]-th bit of [word], which is [slot]'s in the alloc plane: the other planes are clear
// by then. The next slot is looked for here, where the cache is warm.
static inline void
tni_pages_give(struct tni_pages *p, struct tni_page *page, void *slot, uint64_t *word, unsigned i)
{
    if (page->word != word) {
        page->word = word;
        page->word_base = (char *)slot - (size_t)i * page->size;
    }
    *word &= ~(UINT64_C(1) << i);
    page->used--;
    bool is_spare = page->used == 0 && (page->next != NULL || page->prev != NULL);
    if (__builtin_expect(!page->listed || is_spare, 0))
        tni_pages_settle(p, page);
}

static inline void
tni_pages_reuse(struct tni_pages *p, void *slot)
{
    struct tni_page *page = tni_page_of(slot);
    unsigned i = tni_slot_of(page, slot);
    uint64_t *word = &page->words[i / TNI_ROW_SLOTS * page->stride];
    tni_pages_give(p, page, slot, word, i % TNI_ROW_SLOTS);
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
