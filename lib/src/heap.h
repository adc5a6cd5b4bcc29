// SPDX-License-Identifier: MIT
//
// heap: the composition root. Builds the floors in order and undoes them in reverse.
#ifndef TNI_HEAP_H
#define TNI_HEAP_H

#include "gc/generations.h"

struct tn_heap {
    struct tni_gc gc; // first: an object's address leads to it
};

#endif
