// SPDX-License-Identifier: MIT
#include "gc/freeze.h"

#include "gc/automatic.h"
#include "gc/collect.h"
#include "gc/step.h"
#include "gc/suspects.h"
#include "object/object.h"
#include "object/reap.h"
#include "object/track.h"

// Returns how many of the page's objects were not frozen before.
static size_t
freeze_page(struct tni_page *page)
{
    size_t added = 0;
    for (unsigned i = 0; i < tni_page_word_count(page); i++) {
        struct tni_row *row = tni_page_row(page, i);
        added += (size_t)__builtin_popcountll(row->tracked & ~row->frozen);
        row->frozen = row->tracked;
        row->gen0 = row->gen1 = 0;
    }
    page->young = false;
    page->frozen |= added > 0;
    return added;
}

void
tni_gc_freeze(struct tni_gc *gc)
{
    tn_gc_population *population = &gc->objects.population;
    const struct tni_pages *pages = &gc->objects.memory.pages;
    for (struct tni_page *p = NULL; (p = tni_pages_next_objects(pages, p)) != NULL;) {
        size_t added = freeze_page(p);
        population->frozen += added;
        population->frozen_bytes += added * p->size;
    }
    for (int g = 0; g < TN_GENERATIONS; g++)
        population->generation[g] = 0;
    tni_gc_reset_counts(gc, 2);
    tni_gc_recount_long_lived(gc);
}

static void
unfreeze_page(struct tni_page *page)
{
    for (unsigned i = 0; i < tni_page_word_count(page); i++)
        tni_page_row(page, i)->frozen = 0;
    page->frozen = false;
}

void
tni_gc_unfreeze(struct tni_gc *gc)
{
    tn_gc_population *population = &gc->objects.population;
    const struct tni_pages *pages = &gc->objects.memory.pages;
    tni_gc_suspect_frozen(gc);
    for (struct tni_page *p = NULL; (p = tni_pages_next_objects(pages, p)) != NULL;)
        unfreeze_page(p);
    population->generation[2] += population->frozen;
    population->frozen = population->frozen_bytes = 0;
    tni_gc_recount_long_lived(gc);
}

// --- Public ----------------------------------------------------------------------------------

tn_err
tn_gc_freeze(tn_heap *heap, bool collect_first)
{
    struct tni_gc *gc = (struct tni_gc *)heap;
    tn_err err = collect_first ? tn_gc_collect(heap, 2, NULL) : TN_OK;
    if (gc->collecting)
        return TN_EBUSY;
    tni_gc_abandon(gc);
    tni_reap_backlog(&gc->objects); // a process forked later shares what is not written to
    if (err == TN_OK)
        tni_gc_freeze(gc);
    return err;
}

void
tn_gc_unfreeze(tn_heap *heap)
{
    struct tni_gc *gc = (struct tni_gc *)heap;
    TN_ASSERT(!gc->collecting);
    tni_gc_abandon(gc);
    tni_gc_unfreeze(gc);
}

void
tn_gc_thaw(tn_object *o)
{
    struct tni_gc *gc = tni_gc_of(o);
    struct tni_place at = tni_place_of(o);
    if (!tn_gc_is_frozen(o))
        return;
    tni_leave_population(&gc->objects, at);
    at.row->frozen &= ~at.bit;
    gc->objects.population.generation[2]++;
    tni_log_by(o, TNI_RULE_THAW);
}

bool
tn_gc_is_frozen(const tn_object *o)
{
    struct tni_place at = tni_place_of(o);
    return at.row->frozen & at.bit;
}
