// SPDX-License-Identifier: MIT
#include "memory/pages.h"

#include "base.h"
#include "memory/poison.h"

#include <stdlib.h>
#include <string.h>

// --- Segments --------------------------------------------------------------------------------

// A heap takes its first segments in small pages: it may never need much. And it returns memory to
// the system when so many pages are dirty, 4 MiB.
enum { SMALL_SEGMENTS = 2, MOST_DIRTY = 64 };

static struct tni_segment *
add_segment(struct tni_pages *p)
{
    struct tni_segment *s = tni_segment_map(p->owner, p->segment_count >= SMALL_SEGMENTS);
    if (s == NULL)
        return NULL;
    s->quiet = p->quiet;
    s->next = p->segments;
    if (s->next != NULL)
        s->next->prev = s;
    p->segments = s;
    p->segment_count++;
    p->header_pages += s->header_pages;
    return s;
}

static void
remove_segment(struct tni_pages *p, struct tni_segment *s)
{
    if (p->cursor != NULL && p->cursor->segment == s)
        *p->cursor = (struct tni_cursor){s->next, 1, 0};
    if (s->prev != NULL)
        s->prev->next = s->next;
    else
        p->segments = s->next;
    if (s->next != NULL)
        s->next->prev = s->prev;
    p->segment_count--;
    p->header_pages -= s->header_pages;
    tni_segment_unmap(s);
}

// --- The list of a bin -----------------------------------------------------------------------

// Behind the first page, so that the page in use stays the one in the cache.
static void
list_page(struct tni_bin *bin, struct tni_page *page)
{
    struct tni_page *first = bin->open;
    page->listed = true;
    page->prev = first;
    page->next = first != NULL ? first->next : NULL;
    if (first == NULL)
        bin->open = page;
    else
        first->next = page;
    if (page->next != NULL)
        page->next->prev = page;
}

static void
unlist_page(struct tni_bin *bin, struct tni_page *page)
{
    if (page->prev != NULL)
        page->prev->next = page->next;
    else
        bin->open = page->next;
    if (page->next != NULL)
        page->next->prev = page->prev;
    page->listed = false;
}

static void
clean_segments(struct tni_pages *p)
{
    for (struct tni_segment *s = p->segments; s != NULL && p->dirty_count > 0; s = s->next)
        tni_segment_clean(s);
    p->dirty_count = 0;
}

// --- Opening and closing pages ---------------------------------------------------------------

static bool
add_sites(struct tni_pages *p, struct tni_page *page)
{
    if (TN_CHECKS == 0 || tni_page_kind(page) == TNI_BUFFERS)
        return true;
    const tn_site **sites = calloc(page->slots, sizeof *sites);
    tni_segment_of(page)->sites[tni_page_number(page)] = sites;
    p->site_bytes += sites != NULL ? page->slots * sizeof *sites : 0;
    return sites != NULL;
}

static void
drop_sites(struct tni_pages *p, struct tni_page *page)
{
    const tn_site **sites = tni_page_sites(page);
    p->site_bytes -= sites != NULL ? page->slots * sizeof *sites : 0;
    free(sites);
    tni_segment_of(page)->sites[tni_page_number(page)] = NULL;
}

static size_t
traces_size(const struct tni_page *page)
{
    return sizeof(struct tni_traces) + page->slots * sizeof(uint32_t);
}

struct tni_traces *
tni_pages_add_traces(struct tni_pages *p, struct tni_page *page)
{
    struct tni_traces *traces = calloc(1, traces_size(page));
    tni_segment_of(page)->traces[tni_page_number(page)] = traces;
    p->trace_bytes += traces != NULL ? traces_size(page) : 0;
    return traces;
}

void
tni_pages_drop_traces(struct tni_pages *p, struct tni_page *page)
{
    if (tni_page_traces(page) == NULL)
        return;
    p->trace_bytes -= traces_size(page);
    free(tni_page_traces(page));
    tni_segment_of(page)->traces[tni_page_number(page)] = NULL;
    page->noted = tni_page_serials(page) != NULL;
}

static size_t
serials_size(const struct tni_page *page)
{
    return sizeof(struct tni_serials) + page->slots * sizeof(uint64_t);
}

struct tni_serials *
tni_pages_add_serials(struct tni_pages *p, struct tni_page *page)
{
    struct tni_serials *serials = calloc(1, serials_size(page));
    tni_segment_of(page)->serials[tni_page_number(page)] = serials;
    page->noted |= serials != NULL;
    p->serial_bytes += serials != NULL ? serials_size(page) : 0;
    return serials;
}

static void
drop_serials(struct tni_pages *p, struct tni_page *page)
{
    if (tni_page_serials(page) == NULL)
        return;
    p->serial_bytes -= serials_size(page);
    free(tni_page_serials(page));
    tni_segment_of(page)->serials[tni_page_number(page)] = NULL;
    page->noted = tni_page_traces(page) != NULL && tni_page_traces(page)->count > 0;
}

static unsigned
rows_needed(unsigned slots, unsigned stride)
{
    unsigned words = (slots + TNI_ROW_SLOTS - 1) / TNI_ROW_SLOTS;
    return stride == 1 ? (words + TNI_ROW_WORDS - 1) / TNI_ROW_WORDS : words;
}

static struct tni_page *
take_page(struct tni_pages *p, struct tni_segment *s, unsigned rows)
{
    unsigned former = s->header_pages;
    struct tni_page *page = tni_segment_take_page(s, rows);
    p->header_pages += s->header_pages - former;
    return page;
}

static struct tni_page *
find_page(struct tni_pages *p, unsigned rows)
{
    for (struct tni_segment *s = p->segments; s != NULL; s = s->next) {
        struct tni_page *page = take_page(p, s, rows);
        if (page != NULL)
            return page;
    }
    struct tni_segment *s = add_segment(p);
    return s != NULL ? take_page(p, s, rows) : NULL;
}

// The slots that the last word has room for and the page has not are taken for ever.
static void
seal_last_word(struct tni_page *page)
{
    unsigned last = page->slots % TNI_ROW_SLOTS;
    if (last != 0)
        page->words[(tni_page_word_count(page) - 1) * page->stride] = ~UINT64_C(0) << last;
}

static struct tni_page *
open_page(struct tni_pages *p, unsigned bin)
{
    size_t size = tni_class_size(bin % TNI_CLASSES);
    unsigned stride = bin / TNI_CLASSES == TNI_BUFFERS ? 1 : TNI_ROW_WORDS;
    unsigned slots = (unsigned)(TNI_PAGE_SIZE / size);
    struct tni_page *page = find_page(p, rows_needed(slots, stride));
    if (page == NULL)
        return NULL;
    page->size = (uint16_t)size;
    page->slots = (uint16_t)slots;
    page->stride = (uint8_t)stride;
    page->bin = (uint8_t)bin;
    page->kind = (uint8_t)(bin / TNI_CLASSES);
    page->reciprocal = (uint32_t)((UINT64_C(1) << 32) / size + 1);
    seal_last_word(page);
    if (!add_sites(p, page)) {
        tni_segment_give_page(page);
        return NULL;
    }
    TNI_POISON(tni_page_base(page), TNI_PAGE_SIZE);
    list_page(&p->bins[bin], page);
    p->page_count++;
    return page;
}

static void
close_page(struct tni_pages *p, struct tni_page *page)
{
    struct tni_segment *s = tni_segment_of(page);
    unlist_page(&p->bins[page->bin], page);
    TNI_UNPOISON(tni_page_base(page), TNI_PAGE_SIZE);
    drop_sites(p, page);
    tni_pages_drop_traces(p, page);
    drop_serials(p, page);
    tni_segment_give_page(page);
    p->page_count--;
    if (tni_segment_is_empty(s) && p->segment_count > 1)
        remove_segment(p, s);
    else if (++p->dirty_count > MOST_DIRTY)
        clean_segments(p);
}

// --- Slots -----------------------------------------------------------------------------------

static void
look_into(struct tni_page *page, unsigned word)
{
    page->word = &page->words[word * page->stride];
    page->word_base = tni_slot_at(page, word * TNI_ROW_SLOTS);
}

// The page has a free slot, so the search ends.
static void
find_free_word(struct tni_page *page)
{
    unsigned words = tni_page_word_count(page);
    unsigned word = (unsigned)((page->word - page->words) / page->stride);
    while (~page->words[word * page->stride] == 0)
        word = (word + 1) % words;
    look_into(page, word);
}

struct tni_page *
tni_pages_find_room(struct tni_pages *p, unsigned bin)
{
    struct tni_page *page = p->bins[bin].open;
    if (page != NULL && page->used == page->slots) {
        unlist_page(&p->bins[bin], page);
        page = p->bins[bin].open;
    }
    if (page != NULL)
        find_free_word(page);
    else if ((page = open_page(p, bin)) != NULL)
        look_into(page, 0);
    return page;
}

void
tni_pages_settle(struct tni_pages *p, struct tni_page *page)
{
    struct tni_bin *bin = &p->bins[page->bin];
    if (!page->listed)
        list_page(bin, page);
    else if (!p->held)
        close_page(p, page);
}

void
tni_pages_give_if_empty(struct tni_pages *p, struct tni_page *page)
{
    if (page->used == 0)
        close_page(p, page);
}

void *
tni_pages_quarantine(struct tni_pages *p, void *slot)
{
    struct tni_page *page = tni_page_of(slot);
    struct tni_bin *bin = &p->bins[page->bin];
    if (bin->quarantine == NULL)
        bin->quarantine = calloc(TNI_QUARANTINE, sizeof *bin->quarantine);
    if (bin->quarantine == NULL)
        return slot;
    void *leaves = bin->quarantine[bin->oldest];
    bin->quarantine[bin->oldest] = slot;
    bin->oldest = (bin->oldest + 1) % TNI_QUARANTINE;
    p->quarantined += leaves == NULL ? page->size : 0;
    return leaves;
}

// --- Housekeeping ----------------------------------------------------------------------------

void
tni_pages_init(struct tni_pages *p, struct tni_memory *owner)
{
    memset(p, 0, sizeof *p);
    p->owner = owner;
}

void
tni_pages_set_quiet(struct tni_pages *p, uint32_t quiet)
{
    p->quiet = quiet;
    for (struct tni_segment *s = p->segments; s != NULL; s = s->next)
        s->quiet = quiet;
}

void
tni_pages_flush_quarantine(struct tni_pages *p)
{
    for (unsigned bin = 0; bin < TNI_BINS; bin++) {
        void **quarantine = p->bins[bin].quarantine;
        for (unsigned i = 0; quarantine != NULL && i < TNI_QUARANTINE; i++)
            if (quarantine[i] != NULL)
                tni_pages_reuse(p, quarantine[i]);
        free(quarantine);
        p->bins[bin].quarantine = NULL;
        p->bins[bin].oldest = 0;
    }
    p->quarantined = 0;
}

void
tni_pages_trim(struct tni_pages *p)
{
    for (unsigned bin = 0; bin < TNI_BINS && !p->held; bin++)
        if (p->bins[bin].open != NULL && p->bins[bin].open->used == 0)
            close_page(p, p->bins[bin].open);
    if (p->segment_count == 1 && p->page_count == 0 && !p->held)
        remove_segment(p, p->segments);
    clean_segments(p);
}

void
tni_pages_fini(struct tni_pages *p)
{
    tni_pages_flush_quarantine(p);
    for (struct tni_page *page = NULL; (page = tni_pages_next(p, page)) != NULL;) {
        TNI_UNPOISON(tni_page_base(page), TNI_PAGE_SIZE);
        drop_sites(p, page);
        tni_pages_drop_traces(p, page);
        drop_serials(p, page);
    }
    while (p->segments != NULL)
        remove_segment(p, p->segments);
}

struct tni_page *
tni_pages_next(const struct tni_pages *p, const struct tni_page *after)
{
    struct tni_segment *s = after != NULL ? tni_segment_of(after) : p->segments;
    size_t i = after != NULL ? (size_t)(after - s->pages) + 1 : 1;
    for (; s != NULL; s = s->next, i = 1)
        for (; i < TNI_SEGMENT_PAGES; i++)
            if (s->pages[i].words != NULL)
                return &s->pages[i];
    return NULL;
}

struct tni_page *
tni_pages_next_objects(const struct tni_pages *p, const struct tni_page *after)
{
    struct tni_page *page = tni_pages_next(p, after);
    while (page != NULL && tni_page_kind(page) != TNI_OBJECTS)
        page = tni_pages_next(p, page);
    return page;
}

static bool
page_check(const struct tni_page *page)
{
    unsigned taken = 0, sealed = tni_page_word_count(page) * TNI_ROW_SLOTS - page->slots;
    for (unsigned i = 0; i < tni_page_word_count(page); i++) {
        taken += (unsigned)__builtin_popcountll(page->words[i * page->stride]);
        if (page->stride == TNI_ROW_WORDS && !tni_row_check(tni_page_row(page, i)))
            return false;
    }
    bool is_full = page->used == page->slots;
    return taken == page->used + sealed && (page->listed || is_full) &&
           !(page->listed && is_full && page->prev != NULL);
}

bool
tni_pages_check(const struct tni_pages *p)
{
    size_t pages = 0;
    for (struct tni_page *page = NULL; (page = tni_pages_next(p, page)) != NULL; pages++)
        if (!page_check(page))
            return false;
    return pages == p->page_count;
}
