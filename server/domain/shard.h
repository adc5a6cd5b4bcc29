// SPDX-License-Identifier: MIT
//
// shard: one heap, one lock, and what lives in it: the users and sessions of a part of all slots.
//
// Everything of one user is in one shard. Whoever touches the heap or a table holds the lock;
// nobody waits for a store or a socket while holding it. What crosses such a wait is a new
// reference. Rows go to the writer under the lock, so the order of rows is the order of what they
// describe. The types of the heap are laid out in user.h and session.h.
#ifndef DOMAIN_SHARD_H
#define DOMAIN_SHARD_H

#include "base/locks.h"
#include "domain/absent.h"
#include "domain/counters.h"
#include "domain/index.h"
#include "domain/pace.h"
#include "domain/pending.h"
#include "store/writer.h"

#include <tenure/containers.h>
#include <tenure/inspect.h>
#include <tenure/tenure.h>

#include <stdatomic.h>

// The structure that [pointer] is the [member] of.
#define CONTAINER_OF(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

// How an operation ended.
enum outcome {
    OUTCOME_DONE,
    OUTCOME_ABSENT,   // there is no such user
    OUTCOME_ENDED,    // there is no such session
    OUTCOME_EXISTS,   // there is one, and it was to be created
    OUTCOME_MISMATCH, // it has another version than the one that was to be changed
    OUTCOME_LARGE,    // the result would be over a limit
    OUTCOME_STALE,    // another instance changed it meanwhile: the same again may succeed
    OUTCOME_FULL,     // the user has all the sessions that they may have
    OUTCOME_BUSY,     // a queue is full
    OUTCOME_SHORT,    // memory is nearly used up
    OUTCOME_NO_STORE, // the store could not be asked, or could not keep it
    OUTCOME_NO_MEMORY,
};

// Somebody who waits for an operation, embedded in it. [tell] is called exactly once, without the
// lock; the operation is the caller's again from then on.
struct answer {
    enum outcome outcome;
    void (*tell)(struct answer *a);
    struct answer *next; // the shard's
};

// What cheap questions are answered from; copied under the lock, read without it.
struct shard_figures {
    tn_gc_population population;
    tn_gc_stats stats[TN_GENERATIONS];
    size_t count[TN_GENERATIONS];
    tn_memory memory;
    size_t users_resident, users_kept, sessions_live, suspects;
    int64_t sweep_lag_ms; // how much longer the sweeper takes for a lap than it should
    struct counters counters;
};

enum { TOUCH_ROWS = 256, TOUCH_KEY_SIZE = 28, SHARD_CHANGES = 256 };

// What touch.c keeps of a shard. Guarded by its lock.
struct touches {
    tn_object *first, *last; // the live sessions whose times the store does not know yet
    size_t count, due;       // how many, and how many of them leave with this flush
    bool is_flushing;        // [change] is on its way
    struct change change;
    struct touch rows[TOUCH_ROWS];
    char ids[TOUCH_ROWS][TOUCH_KEY_SIZE]; // whose rows they are
};

// What kept.c keeps of a shard. Guarded by its lock.
struct kept {
    struct kept_place *first, *last; // in the order of their last use, the latest first
    size_t count, limit;
};

struct ending;
struct feed;

// What a shard needs of the rest of the service.
struct surroundings {
    const struct config *config;
    struct writer *writer;
    struct loader *loader;
    _Atomic int64_t *next_k; // shared by all shards
    const uint8_t *hash_key; // of entity tags: the same on every instance of a store
    bool is_shared;          // other instances change the store too
    struct feed *feed;       // what they change; NULL where they do not
    int64_t grace_ms; // an expired session is refused at once, and ended so much later: another
                      // instance may have a touch of it that is not written yet
};

struct shard {
    struct lock lock;
    unsigned number;
    struct surroundings around; // read-only after the start
    struct pace pace;           // of the passes that collect it
    // Guarded by [lock].
    tn_heap *heap;
    tn_gc_key gc_key; // of the heap's settings: it never collects by itself
    tn_type *user_type, *session_type, *index_domain;
    tn_object *users;                // weakmap: id to user
    struct index sessions;           // live sessions by id; live.c holds a reference for each
    struct index tokens;             // the same sessions by token hash
    struct pending pending;          // writes and loads on their way
    struct absent absent;            // ids that nobody has
    struct absent absent_keys;       // ids of sessions and hashes of tokens that nobody has
    uint64_t changes[SHARD_CHANGES]; // fresh.c's: of the slots, by others and by us
    uint64_t spoiled_ns;             // fresh.c's: whoever was read before is to be read again
    struct kept kept;
    struct touches touches;
    struct ending *parked; // endings whose row could not be kept yet
    int64_t lap_due;       // when the sweeper should have been everywhere once more; 0: no lap yet
    struct answer *answered; // told when the lock is given
    struct counters counters;
};

// A heap with an empty map; its owner adds the types and the indexes. False: out of memory.
bool shard_init(struct shard *s, unsigned number);
// The indexes' references must have been given back. Reports what leaked; debug builds stop.
void shard_fini(struct shard *s);
void shard_take(struct shard *s); // the lock, and ownership of the heap
void shard_give(struct shard *s); // then tells whoever was answered
// With the lock held: [a] is told its outcome when the lock is given.
void shard_answer(struct shard *s, struct answer *a, enum outcome outcome);
void shard_read_figures(struct shard *s, struct shard_figures *figures); // takes the lock

#endif
