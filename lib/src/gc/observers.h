// SPDX-License-Identifier: MIT
//
// observers: who is told when a collection starts and stops.
#ifndef TNI_GC_OBSERVERS_H
#define TNI_GC_OBSERVERS_H

#include "gc/generations.h"

void tni_gc_tell(struct tni_gc *gc, tn_gc_phase phase, const tn_gc_info *info);
void tni_gc_observers_fini(struct tni_gc *gc);

#endif
