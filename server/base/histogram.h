// SPDX-License-Identifier: MIT
//
// histogram: how often something took how long, in buckets from 50 us to 2 s.
//
// One set of bounds for all, so that they can be added up and laid beside each other. Every member
// is a uint64_t.
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_BOUNDS = 15, HISTOGRAM_BUCKETS = HISTOGRAM_BOUNDS + 1 };

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS]; // each of its own bucket only; the last has no bound
    uint64_t sum_ns;
};

extern const char *const histogram_bounds[HISTOGRAM_BOUNDS]; // in seconds

// Any thread: two additions, neither of which orders anything.
void histogram_add(struct histogram *h, uint64_t ns);
uint64_t histogram_count(const struct histogram *h); // of all buckets
// The bound of the bucket that holds the one below which [share] of all are; 0 without any,
// UINT64_MAX where that has no bound.
uint64_t histogram_quantile_ns(const struct histogram *h, double share);
// Adds [from] to [sum]. While others add to [from], its sum may lag behind its counts.
void histogram_add_all(struct histogram *sum, const struct histogram *from);

#endif
