// SPDX-License-Identifier: MIT
//
// growth: what each type held some time ago, so that a census can tell what has grown since.
//
// A thread of its own notes it every ten seconds, the first time when it starts, and remembers an
// hour. Locking: its own, under which nothing else is taken.
#ifndef ADMIN_GROWTH_H
#define ADMIN_GROWTH_H

#include "admin/types.h"

enum { GROWTH_EVERY_MS = 10000, GROWTH_LONGEST_MS = 3600000 };

struct growth;

// NULL: no memory or no thread.
struct growth *growth_start(struct domain *d); /* new */
void growth_stop(struct growth *g /* stolen, may be NULL */);
// What the types held [window_ms] ago, or as long ago as is known; at least when it started.
// Returns the time of that, in ms since 1970.
int64_t growth_read(struct growth *g, int64_t window_ms, struct types *then);

#endif
