// SPDX-License-Identifier: MIT
//
// senses: what rules are judged by, read at one moment.
//
// What does not come from the domain comes from an outlook, so that tests have a clock of their
// own.
#ifndef GC_SENSES_H
#define GC_SENSES_H

#include "domain/domain.h"

struct senses {
    uint64_t now_ns;      // monotonic
    uint64_t requests;    // that the data plane has answered
    uint64_t traced;      // bytes that the heaps hold
    int64_t limit;        // of the control group's memory; -1: none
    uint64_t held;        // bytes that the group cannot give back, of which [traced] are a part
    uint64_t allocations; // more objects made than destroyed since the last collection
};

// Any thread may be asked; [arg] is each one's. A NULL member: the real one, and no requests.
struct outlook {
    uint64_t (*now_ns)(void *arg);
    uint64_t (*requests)(void *arg);
    int64_t (*limit)(void *arg);
    void *arg;
};

uint64_t senses_now_ns(const struct outlook *o);
// Takes each shard's lock for a moment.
void senses_read(struct senses *s, const struct outlook *o, struct domain *d);

#endif
