// SPDX-License-Identifier: MIT
#include "gc/suspects.h"

#include "object/object.h"
#include "object/track.h"

// Header and plane are cleared in the same place (rule 3a).
static bool
take_row(struct tni_gc *gc, struct tni_page *page, unsigned i, int generation)
{
    struct tni_objects *s = &gc->objects;
    struct tni_row *row = tni_page_row(page, i);
    uint64_t left = row->suspect[s->plane] & tni_row_candidates(row, generation);
    for (; left != 0; left &= left - 1) {
        tn_object *o = tni_slot_at(page, i * TNI_ROW_SLOTS + (unsigned)__builtin_ctzll(left));
        if (!tni_stack_push(gc, &gc->roots, o))
            return false;
        tni_unlog(s, o, tni_place_in(page, row, left), s->plane);
    }
    return true;
}

static bool
take_page(struct tni_gc *gc, struct tni_page *page, int generation)
{
    uint64_t rest = 0;
    for (unsigned i = 0; i < tni_page_word_count(page); i++) {
        if (!take_row(gc, page, i, generation))
            return false;
        rest |= tni_page_row(page, i)->suspect[gc->objects.plane];
    }
    if (rest == 0) {
        struct tni_segment *segment = tni_segment_of(page);
        segment->suspect_pages[gc->objects.plane] &= ~(UINT64_C(1) << (page - segment->pages));
    }
    return true;
}

// A page that was closed, and perhaps opened for buffers, has no suspects.
static bool
take_segment(struct tni_gc *gc, struct tni_segment *segment, int generation)
{
    uint64_t left = segment->suspect_pages[gc->objects.plane];
    for (; left != 0; left &= left - 1) {
        struct tni_page *page = &segment->pages[__builtin_ctzll(left)];
        bool holds_objects = page->words != NULL && tni_page_kind(page) == TNI_OBJECTS;
        if (!holds_objects)
            segment->suspect_pages[gc->objects.plane] &= ~(left & -left);
        else if (!take_page(gc, page, generation))
            return false;
    }
    return true;
}

bool
tni_gc_take_suspects(struct tni_gc *gc, int generation)
{
    struct tni_segment *segment = gc->objects.memory.pages.segments;
    gc->roots.len = 0;
    if (gc->objects.suspects[gc->objects.plane] == 0)
        return true;
    for (; segment != NULL; segment = segment->next)
        if (!take_segment(gc, segment, generation)) {
            tni_gc_return_suspects(gc, TNI_RULE_ABORT);
            return false;
        }
    return true;
}

void
tni_gc_return_suspects(struct tni_gc *gc, enum tni_rule rule)
{
    for (size_t i = 0; i < gc->roots.len; i++)
        tni_log_by(gc->roots.items[i], rule);
    gc->roots.len = 0;
}

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
    segment->suspect_pages[s->plane] |= (uint64_t)(any != 0) << (page - segment->pages);
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
