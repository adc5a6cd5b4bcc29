// SPDX-License-Identifier: MIT
//
// tally: what a run saw, in all and second by second.
//
// A request belongs to the second in which it was meant to start. Each thread fills one; the mutex
// is for who looks at the progress.
#ifndef LOAD_TALLY_H
#define LOAD_TALLY_H

#include "histogram.h"
#include "scenario.h"

#include <pthread.h>

enum { TALLY_STATUSES = 600 }; // 0: no reply came

enum cache_answer { CACHE_NONE, CACHE_HIT, CACHE_MISS };

struct answer {
    enum ask ask;
    uint64_t intended_ns; // since the run began
    uint64_t latency_ns;  // from there
    long status;
    enum cache_answer cache;
};

struct second {
    uint32_t due, hits, misses, errors;
    struct histogram latency; // coarse
};

struct tally {
    pthread_mutex_t mutex;
    uint64_t counted_from_ns; // warm-up before
    size_t second_count;
    struct second *seconds;
    struct histogram all, lag, asks[ASK_COUNT];
    uint64_t statuses[TALLY_STATUSES], hits, misses;
};

void tally_init(struct tally *t, double warmup, double seconds);
void tally_fini(struct tally *t);
void tally_add(struct tally *t, const struct answer *a);
// A request left so much later than it should have, though nothing but ourselves was in its way.
void tally_add_lag(struct tally *t, uint64_t intended_ns, uint64_t lag_ns);
void tally_merge(struct tally *sum, struct tally *from);
// One second of all of them, to be given back with histogram_fini of its latency.
struct second tally_second(struct tally *tallies, size_t count, size_t number);
bool tally_is_error(long status);

#endif
