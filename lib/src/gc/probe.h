// SPDX-License-Identifier: MIT
//
// probe: the garbage that is near its suspect, found by looking at a few objects at a time.
//
// A suspect is resolved, and need not be a root of the exact search, only if everything that it
// reaches was looked at, and then either it is held from outside of that, or all of it is held from
// nowhere else. A search that was cut off, or that found only a part captured, decides nothing: two
// pieces of garbage may hold one object together.
#ifndef TNI_GC_PROBE_H
#define TNI_GC_PROBE_H

#include "gc/generations.h"

// Probes gc->roots under the current epoch. What is garbage goes to gc->garbage, marked as found;
// the unresolved roots come to stand first, and [unresolved] is their number. Stops early when too
// many references, of [candidates] objects, were followed in vain. False: no scratch memory.
bool tni_gc_probe(struct tni_gc *gc, int generation, size_t candidates, size_t *unresolved,
                  size_t *visited);

#endif
