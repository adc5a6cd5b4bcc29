// SPDX-License-Identifier: MIT
//
// outcome: what a client is told when the domain did not do what they asked for.
#ifndef API_OUTCOME_H
#define API_OUTCOME_H

#include "domain/shard.h"
#include "http/request.h"

// Fills the reply with the problem of [outcome], which is not OUTCOME_DONE.
void outcome_reply(struct request *r, enum outcome outcome);

// While memory is nearly used up (pressure.h) true, and the reply says so: for calls that keep more
// than they find.
bool outcome_is_short(struct request *r);

#endif
