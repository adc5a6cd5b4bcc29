// SPDX-License-Identifier: MIT
//
// finish: a set of objects dies together. Each step of the order of destruction is done for the
// whole set before the next one.
#ifndef TNI_GC_FINISH_H
#define TNI_GC_FINISH_H

#include "gc/generations.h"

// Destroys gc->garbage. Cannot fail. What is still referred to after it was cleared, because its
// type has no clear, stays and counts as uncollectable.
void tni_gc_finish(struct tni_gc *gc, tn_gc_result *result);

#endif
