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

// Probes the suspects of [generation] under a new epoch. What is garbage goes to gc->garbage,
// marked as found; who is unresolved, to gc->roots. When too many references were followed in vain,
// the rest goes there without being probed. Not all of them do when they are more than
// [most_roots]. False: no scratch memory.
bool tni_gc_probe(struct tni_gc *gc, int generation, size_t most_roots, tn_gc_result *result);

#endif
