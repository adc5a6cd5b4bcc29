// SPDX-License-Identifier: MIT
//
// shard: one heap, one lock, and what lives in it: the users and sessions of a part of all slots.
//
// Everything of one user is in one shard. Whoever touches the heap or a table holds the lock; nobody
// waits for a store or a socket while holding it. What crosses such a wait is a new reference.
// The types of the heap are laid out in user.h and session.h.
#ifndef DOMAIN_SHARD_H
#define DOMAIN_SHARD_H

#include "base/locks.h"
#include "domain/index.h"
#include "domain/pending.h"

#include <tenure/containers.h>
#include <tenure/inspect.h>
#include <tenure/tenure.h>

// What cheap questions are answered from; copied under the lock, read without it.
struct shard_figures {
    tn_gc_population population;
    tn_gc_stats stats[TN_GENERATIONS];
    size_t count[TN_GENERATIONS];
    tn_memory memory;
    size_t users_resident, sessions_live;
    uint64_t cache_hits, cache_misses;
};

struct shard {
    struct lock lock;
    unsigned number;
    // Guarded by [lock].
    tn_heap *heap;
    tn_type *user_type, *session_type, *index_domain;
    tn_object *users;        // weakmap: id to user
    struct index sessions;   // live sessions by id; holds a reference to each
    struct index tokens;     // the same sessions by token hash; holds none
    struct pending pending;  // writes and loads on their way
    uint64_t cache_hits, cache_misses;
};

bool shard_init(struct shard *s, unsigned number); // false: out of memory
void shard_fini(struct shard *s);                  // reports what leaked, debug builds stop
void shard_take(struct shard *s);                  // the lock, and ownership of the heap
void shard_give(struct shard *s);
void shard_read_figures(struct shard *s, struct shard_figures *figures); // takes the lock

#endif
