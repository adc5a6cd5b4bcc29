// SPDX-License-Identifier: MIT
//
// closure: the exact verdict about what is reachable from given roots.
//
// The same count and the same rescue as the exhaustive search, over the objects that the roots
// reach instead of over all. Objects are looked at some time after they were met, so that their
// memory has arrived by then.
#ifndef TNI_GC_CLOSURE_H
#define TNI_GC_CLOSURE_H

#include "gc/generations.h"

enum tni_closure { TNI_CLOSURE_DONE, TNI_CLOSURE_TOO_LARGE, TNI_CLOSURE_NO_MEMORY };

// Searches from gc->roots under the current epoch; appends what is garbage to gc->garbage. Gives up
// when more than [limit] objects are reached.
enum tni_closure tni_gc_close(struct tni_gc *gc, int generation, size_t limit, size_t *visited);

#endif
