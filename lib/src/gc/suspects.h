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

// Calls [fn] for each suspect of [generation] and younger in the order of addresses, until it says
// false, which is returned then. In a full search the headers lose the flag of being logged, so
// that they may be settled; the bits stay, and with them all suspects of a search that is given up.
typedef bool tni_suspect_fn(tn_object *o, void *arg);
bool tni_gc_each_suspect(struct tni_gc *gc, int generation, tni_suspect_fn *fn, void *arg);
// The search was made for each of them, so they are suspects no more. Not after a young search:
// what is older may hold them.
void tni_gc_settle_suspects(struct tni_gc *gc, int generation);
// What stands in [plane] comes to stand in the current one.
void tni_gc_move_suspects(struct tni_gc *gc, unsigned plane);
// What was frozen is judged anew.
void tni_gc_suspect_frozen(struct tni_gc *gc);

#endif
