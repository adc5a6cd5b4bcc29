// SPDX-License-Identifier: MIT
#include "memory/segment.h"

#include "base.h"

#include <string.h>
#include <sys/mman.h>

// Maps twice the size and gives back what lies outside of the aligned half.
struct tni_segment *
tni_segment_map(struct tni_memory *owner, bool huge)
{
    char *raw = mmap(NULL, 2 * TNI_SEGMENT_SIZE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (raw == MAP_FAILED)
        return NULL;
    char *aligned = (char *)tni_segment_of(raw + TNI_SEGMENT_SIZE - 1);
    if (aligned > raw)
        munmap(raw, (size_t)(aligned - raw));
    if (aligned < raw + TNI_SEGMENT_SIZE)
        munmap(aligned + TNI_SEGMENT_SIZE, (size_t)(raw + TNI_SEGMENT_SIZE - aligned));
    if (huge)
        madvise(aligned, TNI_SEGMENT_SIZE, MADV_HUGEPAGE);
    struct tni_segment *s = (struct tni_segment *)(void *)aligned;
    s->owner = owner;
    s->free_pages = ~UINT64_C(0) << TNI_HEADER_PAGES;
    return s;
}

void
tni_segment_unmap(struct tni_segment *s)
{
    munmap(s, TNI_SEGMENT_SIZE);
}

bool
tni_segment_is_empty(const struct tni_segment *s)
{
    return s->free_pages == ~UINT64_C(0) << TNI_HEADER_PAGES;
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

// First fit from the low end keeps the rows in use close together. -1: no such run.
static int
find_rows(const struct tni_segment *s, unsigned count)
{
    unsigned run = 0;
    for (unsigned row = 0; row < TNI_SEGMENT_ROWS; row++) {
        run = row_is_taken(s, row) ? 0 : run + 1;
        if (run == count)
            return (int)(row + 1 - count);
    }
    return -1;
}

static char *
rows_at(struct tni_segment *s, unsigned row)
{
    return (char *)s + TNI_ROWS_AT + row * sizeof(struct tni_row);
}

struct tni_page *
tni_segment_take_page(struct tni_segment *s, unsigned rows)
{
    int first = s->free_pages != 0 ? find_rows(s, rows) : -1;
    if (first < 0)
        return NULL;
    uint64_t preferred = s->dirty_pages != 0 ? s->dirty_pages : s->free_pages;
    unsigned number = (unsigned)__builtin_ctzll(preferred);
    s->free_pages &= ~(preferred & -preferred);
    s->dirty_pages &= s->free_pages;
    flip_rows(s, (unsigned)first, rows);
    struct tni_page *page = &s->pages[number];
    *page = (struct tni_page){.base = (char *)s + (size_t)number * TNI_PAGE_SIZE,
                              .words = (uint64_t *)(void *)rows_at(s, (unsigned)first),
                              .first_row = (uint16_t)first,
                              .rows = (uint16_t)rows};
    memset(page->words, 0, rows * sizeof(struct tni_row));
    return page;
}

void
tni_segment_give_page(struct tni_page *page)
{
    struct tni_segment *s = tni_segment_of(page);
    TN_ASSERT(page->words != NULL && page->used == 0);
    uint64_t bit = UINT64_C(1) << (page - s->pages);
    flip_rows(s, page->first_row, page->rows);
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
        madvise((char *)s + (size_t)first * TNI_PAGE_SIZE, (size_t)count * TNI_PAGE_SIZE,
                MADV_DONTNEED);
        s->dirty_pages &= s->dirty_pages + (UINT64_C(1) << first); // carries through the run
    }
}
