// SPDX-License-Identifier: MIT
#include "gc/suspects.h"

#include "object/object.h"
#include "object/track.h"

struct visit {
    struct tni_gc *gc;
    int generation;
    tni_suspect_fn *fn;
    void *arg;
};

// What a visit does with a page; false ends it.
typedef bool visit_page_fn(const struct visit *v, struct tni_page *page);

// A page that was closed, and perhaps opened for buffers, has no suspects.
static bool
visit_segment(const struct visit *v, struct tni_segment *segment, visit_page_fn *fn)
{
    unsigned plane = v->gc->objects.plane;
    uint64_t left = segment->suspect_pages[plane];
    for (; left != 0; left &= left - 1) {
        struct tni_page *page = &segment->pages[__builtin_ctzll(left)];
        bool holds_objects = page->words != NULL && tni_page_kind(page) == TNI_OBJECTS;
        if (!holds_objects)
            segment->suspect_pages[plane] &= ~(left & -left);
        else if (!fn(v, page))
            return false;
    }
    return true;
}

static bool
visit_pages(const struct visit *v, visit_page_fn *fn)
{
    const struct tni_objects *s = &v->gc->objects;
    struct tni_segment *segment = s->memory.pages.segments;
    for (; segment != NULL && s->suspects[s->plane] > 0; segment = segment->next)
        if (!visit_segment(v, segment, fn))
            return false;
    return true;
}

// --- Each --------------------------------------------------------------------------------------

// The header says no more that the bit is set: whoever is logged from here on is logged anew.
static void
forget_flag(const struct visit *v, tn_object *o)
{
    if (v->generation == 2 && !tni_breaks(&v->gc->objects.memory, TNI_RULE_FLAG))
        o->flags &= ~((uint32_t)TNI_LOGGED << v->gc->objects.plane);
}

static bool
each_of_page(const struct visit *v, struct tni_page *page)
{
    for (unsigned i = 0; i < tni_page_word_count(page); i++) {
        const struct tni_row *row = tni_page_row(page, i);
        uint64_t left = row->suspect[v->gc->objects.plane];
        for (left &= tni_row_candidates(row, v->generation); left != 0; left &= left - 1) {
            unsigned slot = i * TNI_ROW_SLOTS + (unsigned)__builtin_ctzll(left);
            forget_flag(v, tni_slot_at(page, slot));
            if (!v->fn(tni_slot_at(page, slot), v->arg))
                return false;
        }
    }
    return true;
}

bool
tni_gc_each_suspect(struct tni_gc *gc, int generation, tni_suspect_fn *fn, void *arg)
{
    return visit_pages(&(struct visit){gc, generation, fn, arg}, each_of_page);
}

// --- Settling ----------------------------------------------------------------------------------

static bool
settle_page(const struct visit *v, struct tni_page *page)
{
    struct tni_objects *s = &v->gc->objects;
    uint64_t rest = 0;
    for (unsigned i = 0; i < tni_page_word_count(page); i++) {
        struct tni_row *row = tni_page_row(page, i);
        uint64_t settled = row->suspect[s->plane] & tni_row_candidates(row, v->generation);
        s->suspects[s->plane] -= (size_t)__builtin_popcountll(settled);
        row->suspect[s->plane] &= ~settled;
        rest |= row->suspect[s->plane];
    }
    struct tni_segment *segment = tni_segment_of(page);
    if (rest == 0)
        segment->suspect_pages[s->plane] &= ~(UINT64_C(1) << tni_page_number(page));
    return true;
}

void
tni_gc_settle_suspects(struct tni_gc *gc, int generation)
{
    visit_pages(&(struct visit){.gc = gc, .generation = generation}, settle_page);
}

size_t
tn_gc_suspect_count(const tn_heap *heap)
{
    const struct tni_gc *gc = (const struct tni_gc *)heap;
    return gc->objects.suspects[0] + gc->objects.suspects[1];
}

// --- Between planes ----------------------------------------------------------------------------

static void
move_row(struct tni_objects *s, struct tni_page *page, unsigned i, unsigned plane)
{
    struct tni_row *row = tni_page_row(page, i);
    for (uint64_t left = row->suspect[plane]; left != 0; left &= left - 1) {
        tn_object *o = tni_slot_at(page, i * TNI_ROW_SLOTS + (unsigned)__builtin_ctzll(left));
        tni_unlog(s, o, tni_place_in(page, row, left), plane);
        tni_log_by(o, TNI_RULE_ABORT);
    }
}

void
tni_gc_move_suspects(struct tni_gc *gc, unsigned plane)
{
    struct tni_objects *s = &gc->objects;
    struct tni_page *p = NULL;
    while (s->suspects[plane] > 0 && (p = tni_pages_next_objects(&s->memory.pages, p)) != NULL)
        for (unsigned i = 0; i < tni_page_word_count(p); i++)
            move_row(s, p, i, plane);
}

// Planes only: freezing and unfreezing write to no object.
static void
suspect_page(struct tni_objects *s, struct tni_page *page)
{
    uint64_t any = 0;
    for (unsigned i = 0; i < tni_page_word_count(page); i++) {
        struct tni_row *row = tni_page_row(page, i);
        uint64_t added = row->frozen & ~row->suspect[s->plane];
        s->suspects[s->plane] += (size_t)__builtin_popcountll(added);
        row->suspect[s->plane] |= added;
        any |= row->suspect[s->plane];
    }
    struct tni_segment *segment = tni_segment_of(page);
    segment->suspect_pages[s->plane] |= (uint64_t)(any != 0) << tni_page_number(page);
}

void
tni_gc_suspect_frozen(struct tni_gc *gc)
{
    const struct tni_pages *pages = &gc->objects.memory.pages;
    if (tni_breaks(&gc->objects.memory, TNI_RULE_UNFREEZE))
        return;
    for (struct tni_page *p = NULL; (p = tni_pages_next_objects(pages, p)) != NULL;)
        if (p->frozen)
            suspect_page(&gc->objects, p);
}
