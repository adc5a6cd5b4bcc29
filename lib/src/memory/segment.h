// SPDX-License-Identifier: MIT
//
// segment: one mapping of 4 MiB that holds 61 to 63 pages of slots and, apart from them, their
// headers and planes.
//
// Headers and planes grow from the low end, page by page as they are needed, at most three; slots
// come from the high end.
//
// A segment is aligned to its size, so that header and planes are found from an object's address
// alone, and writing to them never dirties an object's memory: a process forked after a freeze
// keeps sharing it.
#ifndef TNI_MEMORY_SEGMENT_H
#define TNI_MEMORY_SEGMENT_H

#include "memory/planes.h"
#include "tenure/tenure.h"

enum {
    TNI_PAGE_SHIFT = 16,
    TNI_PAGE_SIZE = 1 << TNI_PAGE_SHIFT,
    TNI_SEGMENT_PAGES = TNI_SEGMENT_SIZE / TNI_PAGE_SIZE,
    TNI_MOST_HEADERS = 3,
    TNI_ROWS_AT = 8192,
    TNI_SEGMENT_ROWS =
        (TNI_MOST_HEADERS * TNI_PAGE_SIZE - TNI_ROWS_AT) / (int)sizeof(struct tni_row),
};

struct tni_memory;

// A run of equal slots. In the list of its bin exactly while it has a free slot.
struct tni_page {
    uint64_t *words;              // the alloc plane's words, [stride] apart; NULL: page not in use
    uint64_t *word;               // of them: where a free slot is looked for first
    char *word_base;              // the first slot of that word
    struct tni_page *next, *prev; // in the bin's list
    uint32_t reciprocal;          // 2^32 / size, rounded up: turns an offset into a slot
    uint16_t size;                // of a slot, bytes
    uint16_t slots, used;
    uint16_t rows;
    uint8_t stride; // TNI_ROW_WORDS for objects, 1 for buffers
    uint8_t bin;
    uint8_t kind; // of content: enum tni_kind
    bool listed;
    bool young;  // a slot may be of generation 0 or 1
    bool frozen; // a slot may be frozen
    bool noted;  // a slot has a trace, or may have a serial
};

// Which traces the slots of a page belong to.
struct tni_traces {
    uint32_t count; // of those that have one
    uint32_t of[];  // a slot; 0: unknown
};

// What the slots of a page are called, for ever.
struct tni_serials {
    uint64_t first, last; // that were given to one of them; the rest lies between
    uint64_t of[];        // a slot; 0: none yet
};

struct tni_segment {
    uint32_t quiet; // first: tn_decref reads it; flags of objects that need not be logged
    struct tni_segment *next, *prev;
    unsigned header_pages;     // the first ones
    uint64_t free_pages;       // one bit a page, of the others
    uint64_t dirty_pages;      // of them: those whose memory is still ours
    uint64_t suspect_pages[2]; // one bit a page in which that plane may have a bit
    uint64_t row_taken[(TNI_SEGMENT_ROWS + 63) / 64];
    struct tni_memory *owner; // not among the first words: a page's first slot would alias with it
    const tn_site **sites[TNI_SEGMENT_PAGES];       // of a page's slots, debug builds only
    struct tni_traces *traces[TNI_SEGMENT_PAGES];   // where a slot was traced
    struct tni_serials *serials[TNI_SEGMENT_PAGES]; // where one has been asked for
    _Alignas(64) struct tni_page pages[TNI_SEGMENT_PAGES];
};
_Static_assert(sizeof(struct tni_segment) <= TNI_ROWS_AT, "the headers end before the rows begin");
_Static_assert(sizeof(struct tni_page) == 64, "a page's header is one cache line");

// [huge]: in pages of 2 MiB where the system has them.
struct tni_segment *tni_segment_map(struct tni_memory *owner, bool huge); // new; NULL: no memory
void tni_segment_unmap(struct tni_segment *s);
bool tni_segment_is_empty(const struct tni_segment *s);

// A page with [rows] zeroed rows, base and rows set; NULL when the segment has none left. One that
// is given back is dirty until the segment is cleaned, which returns its memory to the system.
struct tni_page *tni_segment_take_page(struct tni_segment *s, unsigned rows);
void tni_segment_give_page(struct tni_page *page);
void tni_segment_clean(struct tni_segment *s);

static inline struct tni_segment *
tni_segment_of(const void *p)
{
    return (struct tni_segment *)((uintptr_t)p & ~(uintptr_t)(TNI_SEGMENT_SIZE - 1));
}

static inline struct tni_page *
tni_page_of(const void *p)
{
    uintptr_t offset = (uintptr_t)p & (TNI_SEGMENT_SIZE - 1);
    return &tni_segment_of(p)->pages[offset >> TNI_PAGE_SHIFT];
}

static inline unsigned
tni_slot_of(const struct tni_page *page, const void *p)
{
    uint64_t offset = (uintptr_t)p & (TNI_PAGE_SIZE - 1);
    return (unsigned)(offset * page->reciprocal >> 32);
}

static inline unsigned
tni_page_number(const struct tni_page *page)
{
    return (unsigned)(page - tni_segment_of(page)->pages);
}

static inline char *
tni_page_base(const struct tni_page *page)
{
    return (char *)tni_segment_of(page) + ((size_t)tni_page_number(page) << TNI_PAGE_SHIFT);
}

static inline const tn_site **
tni_page_sites(const struct tni_page *page)
{
    return tni_segment_of(page)->sites[tni_page_number(page)];
}

static inline struct tni_traces *
tni_page_traces(const struct tni_page *page)
{
    return tni_segment_of(page)->traces[tni_page_number(page)];
}

static inline struct tni_serials *
tni_page_serials(const struct tni_page *page)
{
    return tni_segment_of(page)->serials[tni_page_number(page)];
}

static inline void *
tni_slot_at(const struct tni_page *page, unsigned slot)
{
    return tni_page_base(page) + (size_t)slot * page->size;
}

static inline struct tni_row *
tni_page_row(const struct tni_page *page, unsigned i)
{
    return (struct tni_row *)(void *)page->words + i;
}

static inline unsigned
tni_page_word_count(const struct tni_page *page)
{
    return (page->slots + TNI_ROW_SLOTS - 1u) / TNI_ROW_SLOTS;
}

// Where an object's bits are.
struct tni_place {
    struct tni_page *page;
    struct tni_row *row;
    uint64_t bit;
    unsigned shift; // of the bit
};

// The place of the lowest bit in [left].
static inline struct tni_place
tni_place_in(struct tni_page *page, struct tni_row *row, uint64_t left)
{
    return (struct tni_place){page, row, left & -left, (unsigned)__builtin_ctzll(left)};
}

// The object's row is wanted soon. Does not look at the object.
static inline void
tni_prefetch_row(const void *object)
{
    const struct tni_page *page = tni_page_of(object);
    __builtin_prefetch(tni_page_row(page, tni_slot_of(page, object) / TNI_ROW_SLOTS), 1);
}

static inline struct tni_place
tni_place_of(const void *object)
{
    struct tni_page *page = tni_page_of(object);
    unsigned slot = tni_slot_of(page, object);
    unsigned shift = slot % TNI_ROW_SLOTS;
    return (struct tni_place){page, tni_page_row(page, slot / TNI_ROW_SLOTS), UINT64_C(1) << shift,
                              shift};
}

#endif
