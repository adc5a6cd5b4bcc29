// SPDX-License-Identifier: MIT
//
// worker: one thread's share of the people, of the filling and of the run.
//
// Worker i of n has the places i, i + n, i + 2n and so on. All of them go through the same steps
// and wait for each other in between.
#ifndef LOAD_WORKER_H
#define LOAD_WORKER_H

#include "asking.h"
#include "keys.h"
#include "options.h"
#include "schedule.h"

#include <stdatomic.h>

struct crew {
    const struct options *options; // borrowed
    struct people people;
    bool known; // who is in was read from a file
    struct worker *workers;
    struct tally *tallies; // one a worker
    pthread_barrier_t barrier;
    // Between two barriers the first worker changes these.
    uint64_t start_ns; // monotonic: when the run begins
    int64_t start_ms;  // the same, since 1970
    atomic_size_t filled;
    atomic_bool running;
    atomic_uint finished;          // workers
    void (*before_run)(void *arg); // called once by the first worker, when everything is filled
    void *arg;
};

struct worker {
    struct crew *crew;
    size_t number, places;
    pthread_t thread;
    struct wire wire;
    struct asking asking;
    struct tally *tally;
    struct keys keys;
    struct schedule schedule;
    uint64_t random;
    uint64_t free_since_ns; // since when a request that is due could leave at once
    bool filling;
};

void crew_init(struct crew *c, const struct options *o);
void crew_start(struct crew *c);
void crew_join(struct crew *c);
void crew_fini(struct crew *c);

#endif
