// SPDX-License-Identifier: MIT
//
// What a random run does to two heaps that must not differ. What suspects depend on is drawn often:
// steals, moves, weak upgrades, finalizers that bring back, freezing, thawing, pins.
#ifndef TESTS_TWIN_OPERATIONS_H
#define TESTS_TWIN_OPERATIONS_H

#include "twins.h"

enum { TWIN_HANDLES = 4000, TWIN_PINS = 16, TWIN_WEAKS = 32, TWIN_KEYS = 24 };

// What a run's heaps are like.
typedef struct twin_shape {
    size_t handles; // at most; the run steers towards a part of it
    size_t longest_ring;
    size_t rings, collections; // of a hundred operations, beside those that are drawn by weight
} twin_shape;

typedef struct twin_run {
    twins twins;
    twin_shape shape;
    size_t performed; // operations
    twin handles[TWIN_HANDLES];
    size_t handle_count;
    size_t wanted; // handles
    twin pins[TWIN_PINS];
    twin weaks[TWIN_WEAKS];
    twin map;
} twin_run;

twin_run *twin_run_start(const char *test, twin_shape shape);
// One operation, drawn by its weight. Compares the two after each collection.
void twin_run_perform(twin_run *r);
// Lets go of everything, which must leave nothing, and frees the run.
void twin_run_end(twin_run *r);

#endif
