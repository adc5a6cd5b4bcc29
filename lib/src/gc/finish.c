// SPDX-License-Identifier: MIT
#include "gc/finish.h"

#include "gc/exhaustive.h"
#include "object/object.h"
#include "object/reap.h"
#include "object/track.h"
#include "object/traverse.h"
#include "object/weak.h"

static const tn_type *
type_of(const struct tni_gc *gc, const tn_object *o)
{
    return gc->objects.types[o->type];
}

// No member may be freed while the set is still being walked.
static void
hold_all(struct tni_stack *set)
{
    for (size_t i = 0; i < set->len; i++)
        set->items[i]->refs++;
}

static int
by_address(const void *a, const void *b)
{
    uintptr_t first = (uintptr_t) * (tn_object *const *)a;
    uintptr_t second = (uintptr_t) * (tn_object *const *)b;
    return (first > second) - (first < second);
}

// However the set was found, its finalizers run in one order.
static void
sort_if_finalized(struct tni_gc *gc, struct tni_stack *set)
{
    size_t i = 0;
    while (i < set->len && type_of(gc, set->items[i])->finalize == NULL)
        i++;
    if (i < set->len)
        qsort(set->items, set->len, sizeof *set->items, by_address);
}

// Step 1.
static void
untrack_all(struct tni_gc *gc, struct tni_stack *set)
{
    struct tni_objects *s = &gc->objects;
    for (size_t i = 0; i < set->len; i++) {
        tni_untrack(s, set->items[i], tni_place_of(set->items[i]));
        if (type_of(gc, set->items[i])->weak_at != 0)
            tni_weak_queue_callbacks(s, set->items[i]);
    }
}

// Step 2. True: a finalizer ran.
static bool
finalize_all(struct tni_gc *gc, struct tni_stack *set)
{
    bool ran = false;
    for (size_t i = 0; i < set->len; i++)
        if (type_of(gc, set->items[i])->finalize != NULL)
            ran |= tni_finalize(&gc->objects, set->items[i]);
    return ran;
}

// Step 3: those leave the set.
static void
let_resurrected_live(struct tni_gc *gc, struct tni_stack *set, int older)
{
    size_t dead = tni_gc_recheck(gc);
    for (size_t i = dead; i < set->len; i++) {
        tni_track_in(&gc->objects, set->items[i], older);
        tni_log_by(set->items[i], TNI_RULE_RESURRECT);
        tn_decref_unchanged(set->items[i]);
    }
    set->len = dead;
}

// Step 4.
static void
clear_weak_references(struct tni_gc *gc, struct tni_stack *set)
{
    for (size_t i = 0; i < set->len; i++)
        if (type_of(gc, set->items[i])->weak_at != 0)
            tni_weak_clear(&gc->objects, set->items[i]);
}

// Step 5.
static void
drop_all_children(struct tni_gc *gc, struct tni_stack *set)
{
    for (size_t i = 0; i < set->len; i++)
        tni_drop_children(type_of(gc, set->items[i]), set->items[i]);
}

// Step 6: with the holds gone, the counts reach zero. Returns how many did not.
static size_t
release_all(struct tni_gc *gc, struct tni_stack *set, int older)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->len; i++) {
        if (set->items[i]->refs > 1) {
            kept++;
            tni_track_in(&gc->objects, set->items[i], older);
            tni_log_by(set->items[i], TNI_RULE_KEEP);
        }
        tn_decref_unchanged(set->items[i]);
    }
    return kept;
}

void
tni_gc_finish(struct tni_gc *gc, int generation, tn_gc_result *result)
{
    struct tni_stack *set = &gc->garbage;
    int older = generation < 2 ? generation + 1 : 2;
    sort_if_finalized(gc, set);
    hold_all(set);
    untrack_all(gc, set);
    if (finalize_all(gc, set))
        let_resurrected_live(gc, set, older);
    tni_reap_begin(&gc->objects);
    clear_weak_references(gc, set);
    drop_all_children(gc, set);
    result->uncollectable = release_all(gc, set, older);
    result->collected = set->len - result->uncollectable;
    tni_reap_end(&gc->objects); // steps 6 and 7
    set->len = 0;
}
