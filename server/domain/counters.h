// SPDX-License-Identifier: MIT
//
// counters: what has happened in a shard since the start, and the words for why.
//
// Locking: the shard's.
#ifndef DOMAIN_COUNTERS_H
#define DOMAIN_COUNTERS_H

#include "base/histogram.h"
#include "store/loader.h"

#include <tenure/tenure.h>

// Why a session ended.
enum end_reason { END_REVOKED, END_EVICTED, END_EXPIRED_IDLE, END_EXPIRED_ABSOLUTE, END_REASONS };

// Why a pass ran.
enum pass_cause {
    PASS_STARTUP,
    PASS_MANUAL,
    PASS_TIMER,
    PASS_REQUESTS,
    PASS_IDLE,
    PASS_MEMORY,
    PASS_THRESHOLD,
    PASS_CAUSES
};

const char *end_reason_name(enum end_reason reason); /* borrowed */
const char *pass_cause_name(enum pass_cause cause);  /* borrowed */

// Every member is a uint64_t, or made of them.
struct counters {
    uint64_t sessions_created, sessions_ended[END_REASONS];
    uint64_t cache_hits, cache_misses;
    uint64_t cache_coalesced; // misses that found the user asked for already, and waited too
    uint64_t cache_negative;  // misses that were answered by what the store had said before
    uint64_t cache_loads[LOAD_OUTCOMES];
    uint64_t cache_rereads;      // of what was resident, and no longer known to be true
    uint64_t cache_refused;      // loads for which there was no place
    uint64_t cache_known_absent; // sessions and tokens that the store did not know a moment ago
    uint64_t cache_promotion_failures; // users who were found, and whom no memory could hold
    struct histogram load_time;        // from the question to the answer
    uint64_t collections[TN_GENERATIONS][PASS_CAUSES];
    uint64_t over_budget[TN_GENERATIONS];    // slices that took more than twice their budget
    struct histogram pauses[TN_GENERATIONS]; // how long a collection held the shard
    struct histogram dump_holds;             // how long a slice of a heap dump did
};

void counters_add(struct counters *sum, const struct counters *from);

#endif
