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

// Fills gc->garbage with all garbage of [generation] and younger. False: no scratch memory.
bool tni_gc_find_garbage(struct tni_gc *gc, int generation, tn_gc_result *result);

#endif
