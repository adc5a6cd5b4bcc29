// SPDX-License-Identifier: MIT
//
// suspects: the objects that a collection starts from.
//
// Only an object whose situation changed can have become garbage: one that lost a reference, was
// moved inside by a stolen one, was thawed, unfrozen or resurrected. tni_log_by notes each in the
// current suspect plane. Every set of garbage that nothing outside of it refers to holds a suspect,
// so that all garbage is reached from them.
#ifndef TNI_GC_SUSPECTS_H
#define TNI_GC_SUSPECTS_H

#include "gc/generations.h"
#include "object/rules.h"

// Takes the suspects of [generation] and younger out of the plane, into gc->roots. False: no
// memory, and all are in the plane as before.
bool tni_gc_take_suspects(struct tni_gc *gc, int generation);
// Puts gc->roots back, as [rule] demands: nothing was decided about them, or only for their
// generation.
void tni_gc_return_suspects(struct tni_gc *gc, enum tni_rule rule);
// What stands in [plane] comes to stand in the current one.
void tni_gc_move_suspects(struct tni_gc *gc, unsigned plane);
// What was frozen is judged anew.
void tni_gc_suspect_frozen(struct tni_gc *gc);

#endif
