// SPDX-License-Identifier: MIT
//
// sweeper: a thread that ends the expired sessions that nobody asks for, a few at a time.
//
// Every table is walked once in SWEEPER_LAP_MS, in holds of the shard's lock of so few slots that
// no request notices. Sessions that expire together end over many holds; a reader finds none of
// them meanwhile. While the store has no room, or fails, nothing is swept.
#ifndef DOMAIN_SWEEPER_H
#define DOMAIN_SWEEPER_H

#include "domain/domain.h"

enum { SWEEPER_TICK_MS = 100, SWEEPER_LAP_MS = 10000 };
enum { SWEEPER_SLOTS = 512, SWEEPER_ENDINGS = 64 }; // of one hold

struct sweeper;

struct sweeper *sweeper_start(struct domain *d); /* new */ // NULL: no memory, or no thread
void sweeper_stop(struct sweeper *w /* stolen */);

// One hold: looks at [most] slots of the table from [*cursor] on, and begins again behind its end.
// Returns how many sessions it ended.
size_t sweeper_hold(struct shard *s, size_t *cursor, size_t most, int64_t now);

#endif
