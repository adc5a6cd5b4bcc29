// SPDX-License-Identifier: MIT
//
// automatic: when a collection runs by itself, and of which generation.
//
// Invariant: the heap fires exactly when the settings say that the next object may not be
// made without a collection; whoever changes the settings or ends a collection arms it again.
#ifndef TNI_GC_AUTOMATIC_H
#define TNI_GC_AUTOMATIC_H

#include "gc/generations.h"

void tni_gc_automatic_init(struct tni_gc *gc);
void tni_gc_arm(struct tni_gc *gc);
// [survivors] of a collection of [generation] enter the totals of the 25 % rule.
void tni_gc_count_survivors(struct tni_gc *gc, int generation, size_t survivors);
// After freezing and unfreezing: the long-lived ones are those that a full collection would meet.
void tni_gc_recount_long_lived(struct tni_gc *gc);
// The generation that the counters ask for; 0 when none is above its threshold.
int tni_gc_choose_generation(const struct tni_gc *gc);

#endif
