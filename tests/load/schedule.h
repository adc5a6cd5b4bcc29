// SPDX-License-Identifier: MIT
//
// schedule: when requests are meant to start, whatever became of those before.
#ifndef LOAD_SCHEDULE_H
#define LOAD_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct schedule {
    bool poisson; // else at equal distances
    double next_ns;
};

// The first one is meant for [offset_ns], so that threads do not all begin at once.
void schedule_init(struct schedule *s, bool poisson, double offset_ns);
// When the next one is due, and then the one after that, at [rate] a second from there on.
uint64_t schedule_next(struct schedule *s, double rate, uint64_t *random);
uint64_t schedule_due(const struct schedule *s);

#endif
