// SPDX-License-Identifier: MIT
//
// exhaustive: the exact verdict by looking at every candidate.
//
// A set of objects is garbage when every reference to each of them comes from the set. Counting,
// for each candidate, the references that candidates hold leaves the true count larger where
// somebody outside holds one too; what those reach is live, and the rest is the largest such set.
// Nothing is freed or changed here.
#ifndef TNI_GC_EXHAUSTIVE_H
#define TNI_GC_EXHAUSTIVE_H

#include "gc/generations.h"

// Fills gc->garbage with all garbage of [generation] and younger. False: no scratch memory. When it
// succeeds, gc->stack has room for all of the garbage, so that the recheck cannot fail.
bool tni_gc_find_garbage(struct tni_gc *gc, int generation, tn_gc_result *result);

// The same question about gc->garbage alone, each member of which the caller holds once, after the
// user's finalizers ran. What is not garbage any more comes to stand behind the rest; returns the
// length of the rest.
size_t tni_gc_recheck(struct tni_gc *gc);

#endif
