// SPDX-License-Identifier: MIT
#include "gc/finish.h"

#include "gc/debug.h"
#include "gc/exhaustive.h"
#include "object/object.h"
#include "object/reap.h"
#include "object/track.h"
#include "object/traverse.h"
#include "object/weak.h"

// Members of the set whose memory is asked for before their turn; and what one holds.
enum { AHEAD = 8, MOST_AHEAD = 8 };

static const tn_type *
type_of(const struct tni_gc *gc, const tn_object *o)
{
    return gc->objects.types[o->type];
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

// Step 1. Each member is held as well: none may be freed while the set is still being walked.
static void
untrack_all(struct tni_gc *gc, struct tni_stack *set)
{
    struct tni_objects *s = &gc->objects;
    for (size_t i = 0; i < set->len; i++) {
        tn_object *o = set->items[i];
        if (i + AHEAD < set->len)
            tni_prefetch_row(set->items[i + AHEAD]);
        if (i + 2 * AHEAD < set->len)
            __builtin_prefetch(set->items[i + 2 * AHEAD], 1);
        o->refs++;
        tni_gc_debug_found(gc, o);
        tni_untrack(s, o, tni_place_of(o));
        if (type_of(gc, o)->weak_at != 0)
            tni_weak_queue_callbacks(s, o);
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

// Instead of steps 4 to 6: the garbage list takes over the holds.
static void
save_all(struct tni_gc *gc, struct tni_stack *set, int older, tn_gc_result *result)
{
    for (size_t i = 0; i < set->len; i++) {
        tni_track_in(&gc->objects, set->items[i], older);
        tni_gc_save(gc, set->items[i], result);
    }
}

// Step 4.
static void
clear_weak_references(struct tni_gc *gc, struct tni_stack *set)
{
    for (size_t i = 0; i < set->len; i++)
        if (type_of(gc, set->items[i])->weak_at != 0)
            tni_weak_clear(&gc->objects, set->items[i]);
}

// What the member at [i] holds is on its way from memory when its turn comes, a long list's first
// items only; and the row of a small buffer.
static inline void
prefetch_children(struct tni_gc *gc, const struct tni_stack *set, size_t i)
{
    if (i >= set->len)
        return;
    const tn_type *type = type_of(gc, set->items[i]);
    struct tni_span span = tni_span_of(type, set->items[i]);
    if (type->spilled && span.count > 0 && span.room <= MOST_AHEAD)
        tni_prefetch_row(span.values); // a buffer in a page
    for (size_t k = 0; k < span.count && k < MOST_AHEAD; k++)
        if (tn_is_object(span.values[k])) {
            __builtin_prefetch(tn_as_object(span.values[k]), 1);
            tni_prefetch_row(tn_as_object(span.values[k]));
        }
}

// Step 5.
static void
drop_all_children(struct tni_gc *gc, struct tni_stack *set)
{
    for (size_t i = 0; i < set->len; i++) {
        prefetch_children(gc, set, i + AHEAD);
        tni_drop_children(type_of(gc, set->items[i]), set->items[i]);
    }
}

// Nothing is left of [o] but its block: it has no clear hook of its own, which would be called once
// more, and nobody who died with it made a weak reference to it.
static bool
is_empty(const tn_type *type, const tn_object *o)
{
    return (type->plain || type->spilled) && (type->weak_at == 0 || *tni_weak_word(type, o) == 0);
}

bool
tni_gc_release(struct tni_gc *gc, tn_object *o, int older)
{
    struct tni_objects *s = &gc->objects;
    tn_type *type = s->types[o->type];
    bool kept = o->refs > 1;
    if (kept) {
        o->mark = 0;
        tni_track_in(s, o, older);
        tni_log_by(o, TNI_RULE_KEEP);
        tni_gc_debug_kept(gc, o);
    }
    if (kept || !is_empty(type, o))
        tn_decref_unchanged(o);
    else
        tni_object_free(&s->memory, &type->account, o, tni_place_of(o));
    return !kept;
}

// Step 6. Returns how many are still referred to.
static size_t
release_all(struct tni_gc *gc, struct tni_stack *set, int older)
{
    size_t freed = 0;
    for (size_t i = 0; i < set->len; i++)
        freed += tni_gc_release(gc, set->items[i], older);
    return set->len - freed;
}

static void
destroy_all(struct tni_gc *gc, struct tni_stack *set, int older, tn_gc_result *result)
{
    clear_weak_references(gc, set);
    drop_all_children(gc, set);
    result->uncollectable = release_all(gc, set, older);
    result->collected = set->len - result->uncollectable;
}

void
tni_gc_finish(struct tni_gc *gc, int generation, tn_gc_result *result)
{
    struct tni_stack *set = &gc->garbage;
    int older = generation < 2 ? generation + 1 : 2;
    sort_if_finalized(gc, set);
    untrack_all(gc, set);
    if (finalize_all(gc, set))
        let_resurrected_live(gc, set, older);
    tni_reap_begin(&gc->objects);
    if (tni_gc_saves(gc))
        save_all(gc, set, older, result);
    else
        destroy_all(gc, set, older, result);
    size_t before = gc->objects.called.freed;
    tni_reap_end(&gc->objects); // steps 6 and 7
    result->collected += gc->objects.called.freed - before;
    set->len = 0;
}
