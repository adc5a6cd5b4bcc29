// SPDX-License-Identifier: MIT
//
// cache: finds a user by id, in the weak map or with one load for all who ask.
//
// Locking: the shard's; a load waits for the store without it.
#ifndef DOMAIN_CACHE_H
#define DOMAIN_CACHE_H

#include "domain/user.h"

// One question for a user. It must stay where it is until [found] was called, and an exclusive one
// until cache_leave; op.id is borrowed as long.
struct lookup {
    struct pending_op op; // its id is set by the owner
    struct shard *shard;
    bool is_exclusive; // a write: no load and no other write of this user runs until cache_leave
    // With the lock held; [user] is NULL unless [outcome] is OUTCOME_DONE. What an exclusive lookup
    // returns says whether it goes on to cache_leave; it must be false for any other.
    bool (*found)(struct lookup *l, enum outcome outcome, tn_object *user /* borrowed */);
    bool is_hit; // the user was resident when the question came
    struct load load;
    uint64_t joined_ns, asked_ns, seen;
    unsigned repeats;
};

// The user if resident, counted as a hit.
tn_object *cache_borrow(struct shard *s, struct span id); /* borrowed */
// Puts a user into the map who is not there. NULL: out of memory.
tn_object *cache_add(struct shard *s, const struct user_row *row); /* new */
// With the lock held. [found] may be called before it returns.
void cache_lookup(struct lookup *l);
void cache_leave(struct lookup *l); // with the lock held

#endif
