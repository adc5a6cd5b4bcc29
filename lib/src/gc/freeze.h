// SPDX-License-Identifier: MIT
//
// freeze: objects set aside from collections, by planes alone.
#ifndef TNI_GC_FREEZE_H
#define TNI_GC_FREEZE_H

#include "gc/generations.h"

void tni_gc_freeze(struct tni_gc *gc);
void tni_gc_unfreeze(struct tni_gc *gc);

#endif
