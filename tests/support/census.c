// SPDX-License-Identifier: MIT
//
// Every object of a heap: see census.h.
#include "census.h"

#include "memory/poison.h"
#include "object/traverse.h"

typedef int64_t number_of(const tn_object *o);

// Without padding, so that rows compare as bytes.
typedef struct census_row {
    int64_t number;
    uint64_t children; // a sum over their numbers and places
    uint32_t type, refs;
    uint8_t generation, tracked, frozen, finalized;
    uint32_t spare;
} row;

// --- The walk ------------------------------------------------------------------------------------

static bool
is_taken(const struct tni_page *page, unsigned slot)
{
    uint64_t word = page->words[slot / TNI_ROW_SLOTS * page->stride];
    return word >> slot % TNI_ROW_SLOTS & 1 && !TNI_IS_POISONED(tni_slot_at(page, slot));
}

void
census_each(const tn_heap *heap, void (*fn)(tn_object *o, void *arg), void *arg)
{
    const struct tni_pages *pages = &((const struct tni_memory *)heap)->pages;
    for (struct tni_page *p = NULL; (p = tni_pages_next(pages, p)) != NULL;)
        for (unsigned i = 0; tni_page_kind(p) != TNI_BUFFERS && i < p->slots; i++)
            if (is_taken(p, i))
                fn(tni_slot_at(p, i), arg);
}

// --- Rows ----------------------------------------------------------------------------------------

typedef struct children {
    number_of *number;
    uint64_t sum, place;
} children;

static void
add_child(tn_object *child, void *arg)
{
    children *c = arg;
    dice mixed = {.state = ++c->place << 48 ^ (uint64_t)c->number(child)};
    c->sum += dice_next(&mixed);
}

static row
describe(tn_object *o, number_of *number)
{
    children c = {.number = number};
    tni_traverse(tni_type_of(o), o, add_child, &c);
    return (row){.number = number(o),
                 .children = c.sum,
                 .type = o->type,
                 .refs = tn_refcount(o),
                 .generation = (uint8_t)tn_gc_generation(o),
                 .tracked = tn_gc_is_tracked(o),
                 .frozen = tn_gc_is_frozen(o),
                 .finalized = tn_gc_is_finalized(o)};
}

typedef struct take {
    census census;
    number_of *number;
} take;

static void
add_row(tn_object *o, void *arg)
{
    take *t = arg;
    census *c = &t->census;
    if (c->len == c->room) {
        c->room = c->room * 2 + 64;
        c->rows = realloc(c->rows, c->room * sizeof *c->rows);
        assert_non_null(c->rows);
    }
    c->rows[c->len++] = describe(o, t->number);
}

static int
by_content(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(row));
}

census
census_take(const tn_heap *heap, number_of *number)
{
    take t = {.number = number};
    census_each(heap, add_row, &t);
    if (t.census.len > 0)
        qsort(t.census.rows, t.census.len, sizeof *t.census.rows, by_content);
    return t.census;
}

bool
census_is_equal(const census *a, const census *b)
{
    return a->len == b->len &&
           (a->len == 0 || memcmp(a->rows, b->rows, a->len * sizeof *a->rows) == 0);
}

void
census_free(census *c)
{
    free(c->rows);
    *c = (census){NULL, 0, 0};
}
