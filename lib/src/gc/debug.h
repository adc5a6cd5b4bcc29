// SPDX-License-Identifier: MIT
//
// debug: what a collection tells and keeps for those who look for leaks.
//
// The garbage list is a stack of references that the heap holds. Where it cannot grow, the object
// that should have entered it lives on all the same, and counts as uncollectable.
#ifndef TNI_GC_DEBUG_H
#define TNI_GC_DEBUG_H

#include "gc/generations.h"

// The sentences of TN_GC_DEBUG_STATS.
void tni_gc_debug_start(struct tni_gc *gc, int generation);
void tni_gc_debug_stop(struct tni_gc *gc, const tn_gc_result *result);

// A member of the garbage, before its finalizer runs.
void tni_gc_debug_found(struct tni_gc *gc, const tn_object *o);
// What is still there after it was cleared.
void tni_gc_debug_kept(struct tni_gc *gc, tn_object *o);

static inline bool
tni_gc_saves(const struct tni_gc *gc)
{
    return (gc->debug & TN_GC_DEBUG_SAVE_ALL) != 0;
}

// A tracked member, which the caller holds, enters the list with that reference, as if collected.
void tni_gc_save(struct tni_gc *gc, tn_object *o, tn_gc_result *result);

// The heap ends: whoever is left in the list is told of, and let go.
void tni_gc_garbage_end(struct tni_gc *gc);

#endif
