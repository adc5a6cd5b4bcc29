// SPDX-License-Identifier: MIT
//
// search: finds all garbage of a generation, starting from the suspects. Same answer as exhaustive.
#ifndef TNI_GC_SEARCH_H
#define TNI_GC_SEARCH_H

#include "gc/generations.h"

// As tni_gc_find_garbage, whose words hold here too. The suspects of a full search are used up;
// those of a younger one stay, because what is older may hold them.
bool tni_gc_search(struct tni_gc *gc, int generation, tn_gc_result *result);

#endif
