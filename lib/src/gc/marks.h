// SPDX-License-Identifier: MIT
//
// marks: what a search writes into an object's header, and which objects it looks at.
//
// A mark is valid while its high byte is the heap's current epoch: the object is stamped. The rest
// counts the references that stamped objects hold to it up to TNI_MARK_FULL, beyond which nobody
// knows any more and the object passes for held from outside. Above that stand two verdicts: live,
// or found to be garbage. Of an object that is never tracked the page tells, so that a search need
// not fetch it, and must not mark it: a str keeps its hash there. Who marks all objects for a while
// gives the marks back (inspect/check.c).
#ifndef TNI_GC_MARKS_H
#define TNI_GC_MARKS_H

#include "gc/generations.h"
#include "gc/pin.h"
#include "object/track.h"

enum {
    TNI_MARK_FOUND = TNI_MARK_LIVE - 1,
    TNI_MARK_FULL = TNI_MARK_FOUND - 1,
};

// A wall is an object that is live in any case, so that what it refers to counts as held from
// outside and nothing behind it need be looked at: pinned, frozen, older, or not tracked at all.
static inline bool
tni_is_candidate(const tn_object *o, int generation)
{
    const struct tni_page *page = tni_page_of(o);
    if (tni_page_kind(page) != TNI_OBJECTS || o->flags & TNI_UNTRACKED || tni_is_pinned(o))
        return false;
    if (generation == 2 && !page->frozen)
        return true;
    struct tni_place at = tni_place_of(o);
    return tni_row_candidates(at.row, generation) & at.bit;
}

static inline bool
tni_is_stamped(const struct tni_gc *gc, const tn_object *o)
{
    return o->mark >> TNI_EPOCH_SHIFT == gc->epoch;
}

static inline void
tni_stamp(const struct tni_gc *gc, tn_object *o, uint32_t count)
{
    o->mark = gc->epoch << TNI_EPOCH_SHIFT | count;
}

// Of a stamped object.
static inline uint32_t
tni_inside_count(const tn_object *o)
{
    return o->mark & TNI_MARK_LIVE;
}

static inline bool
tni_is_live(const tn_object *o)
{
    return tni_inside_count(o) == TNI_MARK_LIVE;
}

static inline bool
tni_is_found(const tn_object *o)
{
    return tni_inside_count(o) == TNI_MARK_FOUND;
}

static inline void
tni_make_live(tn_object *o)
{
    o->mark |= TNI_MARK_LIVE;
}

// One more stamped object refers to [o], which is stamped. A verdict stays.
static inline void
tni_count_reference(tn_object *o)
{
    o->mark += tni_inside_count(o) < TNI_MARK_FULL;
}

// Ends the program, and says of which object: more references to it were found than its count
// says, so that it would die while somebody holds it.
__attribute__((noreturn, cold)) void tni_gc_refuse_count(const tn_object *o);

// Of a stamped object, once all references to it from stamped objects are counted. A reference was
// given back too often, or a traverse reports one that its object does not hold.
static inline void
tni_check_count(const tn_object *o, uint32_t held)
{
    if (__builtin_expect(!tni_is_live(o) && o->refs - held < tni_inside_count(o), 0))
        tni_gc_refuse_count(o);
}

// Whether somebody who is not stamped holds [o], which is stamped and has no verdict, beside the
// [held] references of the collector itself.
static inline bool
tni_is_held_outside(const tn_object *o, uint32_t held)
{
    return o->refs - held > tni_inside_count(o) || tni_inside_count(o) == TNI_MARK_FULL;
}

#endif
