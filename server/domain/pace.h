// SPDX-License-Identifier: MIT
//
// pace: how a pass that comes back to a shard again and again leaves it to the others in between.
//
// After a hold of t the pass stays away for at least t * (1 / share - 1), and until everybody who
// waited for the lock at its end has had it. Whoever waits is counted in one of two groups: a hold
// closes the open group and opens the other, so that newcomers cannot keep the closed one waiting.
// Invariant: the closed group is empty when such a hold begins.
#ifndef DOMAIN_PACE_H
#define DOMAIN_PACE_H

#include <stdatomic.h>
#include <stdint.h>

struct pace {
    _Atomic unsigned open;       // the group of newcomers
    _Atomic unsigned waiting[2]; // how many, a group
    // Guarded by the shard's lock.
    uint64_t taken; // how often the lock was
    // The pass's own.
    uint64_t seen;    // [taken] at the end of its last hold
    uint64_t back_ns; // when it may come back; monotonic
};

// Somebody is about to wait for the lock; returns their group, for pace_enter.
unsigned pace_come(struct pace *p);
// They have the lock.
void pace_enter(struct pace *p, unsigned group);
// Under the lock, at the end of a hold of [held_ns]. Nobody is made way for where nobody came since
// the last one.
void pace_rest(struct pace *p, uint64_t held_ns, double share, uint64_t now_ns);
// When it is worth to ask again, in ns; 0: the pass may come back.
uint64_t pace_left_ns(const struct pace *p, uint64_t now_ns);

#endif
