// SPDX-License-Identifier: MIT
#include "memory/segment.h"

#include "base.h"
#include "memory/map.h"

#include <string.h>

struct tni_segment *
tni_segment_map(struct tni_memory *owner, bool huge)
{
    struct tni_segment *s = tni_map_aligned(TNI_SEGMENT_SIZE, huge);
    if (s == NULL)
        return NULL;
    s->owner = owner;
    s->header_pages = 1;
    s->free_pages = ~UINT64_C(0) << 1;
    return s;
}

void
tni_segment_unmap(struct tni_segment *s)
{
    tni_unmap(s, TNI_SEGMENT_SIZE);
}

bool
tni_segment_is_empty(const struct tni_segment *s)
{
    return s->free_pages == ~UINT64_C(0) << s->header_pages;
}

static bool
row_is_taken(const struct tni_segment *s, unsigned row)
{
    return s->row_taken[row / 64] >> row % 64 & 1;
}

static void
flip_rows(struct tni_segment *s, unsigned first, unsigned count)
{
    for (unsigned row = first; row < first + count; row++)
        s->row_taken[row / 64] ^= UINT64_C(1) << row % 64;
}

static unsigned
row_count(const struct tni_segment *s)
{
    return (s->header_pages * TNI_PAGE_SIZE - TNI_ROWS_AT) / (unsigned)sizeof(struct tni_row);
}

// First fit from the low end keeps the rows in use close together. -1: no such run.
static int
find_rows(const struct tni_segment *s, unsigned count)
{
    unsigned run = 0;
    for (unsigned row = 0; row < row_count(s); row++) {
        run = row_is_taken(s, row) ? 0 : run + 1;
        if (run == count)
            return (int)(row + 1 - count);
    }
    return -1;
}

// One more page for rows, if it is not in use and leaves one for slots.
static bool
add_header_page(struct tni_segment *s)
{
    uint64_t bit = UINT64_C(1) << s->header_pages;
    if (s->header_pages == TNI_MOST_HEADERS || !(s->free_pages & bit) || s->free_pages == bit)
        return false;
    s->free_pages &= ~bit;
    s->dirty_pages &= ~bit;
    s->header_pages++;
    return true;
}

static int
make_rows(struct tni_segment *s, unsigned count)
{
    int first = find_rows(s, count);
    return first < 0 && add_header_page(s) ? find_rows(s, count) : first;
}

static char *
rows_at(struct tni_segment *s, unsigned row)
{
    return (char *)s + TNI_ROWS_AT + row * sizeof(struct tni_row);
}

static unsigned
first_row_of(struct tni_segment *s, const struct tni_page *page)
{
    return (unsigned)(((char *)page->words - rows_at(s, 0)) / (ptrdiff_t)sizeof(struct tni_row));
}

struct tni_page *
tni_segment_take_page(struct tni_segment *s, unsigned rows)
{
    int first = s->free_pages != 0 ? make_rows(s, rows) : -1;
    if (first < 0)
        return NULL;
    uint64_t preferred = s->dirty_pages != 0 ? s->dirty_pages : s->free_pages;
    unsigned number = 63 - (unsigned)__builtin_clzll(preferred);
    s->free_pages &= ~(UINT64_C(1) << number);
    s->dirty_pages &= s->free_pages;
    flip_rows(s, (unsigned)first, rows);
    struct tni_page *page = &s->pages[number];
    *page = (struct tni_page){.words = (uint64_t *)(void *)rows_at(s, (unsigned)first),
                              .rows = (uint16_t)rows};
    memset(page->words, 0, rows * sizeof(struct tni_row));
    return page;
}

void
tni_segment_give_page(struct tni_page *page)
{
    struct tni_segment *s = tni_segment_of(page);
    TN_ASSERT(page->words != NULL && page->used == 0);
    uint64_t bit = UINT64_C(1) << tni_page_number(page);
    flip_rows(s, first_row_of(s, page), page->rows);
    s->free_pages |= bit;
    s->dirty_pages |= bit;
    page->words = NULL;
}

// One call a run of neighbours.
void
tni_segment_clean(struct tni_segment *s)
{
    while (s->dirty_pages != 0) {
        unsigned first = (unsigned)__builtin_ctzll(s->dirty_pages);
        uint64_t run = s->dirty_pages >> first;
        unsigned count = ~run != 0 ? (unsigned)__builtin_ctzll(~run) : TNI_SEGMENT_PAGES;
        tni_map_forget((char *)s + (size_t)first * TNI_PAGE_SIZE, (size_t)count * TNI_PAGE_SIZE);
        s->dirty_pages &= s->dirty_pages + (UINT64_C(1) << first); // carries through the run
    }
}
