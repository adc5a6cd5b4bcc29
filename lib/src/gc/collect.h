// SPDX-License-Identifier: MIT
//
// collect: the driver of one collection: find, promote, finish, count.
#ifndef TNI_GC_COLLECT_H
#define TNI_GC_COLLECT_H

#include "gc/generations.h"

tn_err tni_gc_collect(struct tni_gc *gc, int generation, tn_gc_result *result);
// What objects.trigger calls: a collection of the generation that the counters ask for.
void tni_gc_fire(struct tni_objects *s);

#endif
