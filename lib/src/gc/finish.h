// SPDX-License-Identifier: MIT
//
// finish: a set of objects dies together. Each step of the order of destruction is done for the
// whole set before the next one; the steps are numbered in lib/docs/objects.md.
#ifndef TNI_GC_FINISH_H
#define TNI_GC_FINISH_H

#include "gc/generations.h"

// Destroys gc->garbage, found by a collection of [generation]. Cannot fail. What its finalizers
// resurrect, and what is still referred to after it was cleared (uncollectable), goes on living in
// the next older generation.
void tni_gc_finish(struct tni_gc *gc, int generation, tn_gc_result *result);

// Step 6 for one member that was cleared and is held once, by the collector. False: it lives on, in
// generation [older].
bool tni_gc_release(struct tni_gc *gc, tn_object *o, int older);

#endif
