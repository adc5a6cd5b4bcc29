// SPDX-License-Identifier: MIT
//
// locks: every mutex of the server is of a class with a rank; a thread takes locks only in rising
// rank. With TN_CHECKS > 0 a wrong order, or a missing lock where one must be held, stops the
// program.
#ifndef BASE_LOCKS_H
#define BASE_LOCKS_H

#include <pthread.h>
#include <stdbool.h>

// One row a class, in the only order in which a thread may take them.
#define LOCK_CLASSES(X)                                                                            \
    X(OPERATIONS, "operations: the list of those that nobody waits for")                           \
    X(JOBS, "jobs: the maintenance thread's list")                                                 \
    X(SWEEPER, "sweeper: whether it stops")                                                        \
    X(SHARD, "shard: one heap and its tables")                                                     \
    X(WRITER, "writer: the queue of changes")                                                      \
    X(LOADER, "loader: the queue of lookups")                                                      \
    X(STORE, "store: a store's own state")                                                         \
    X(CONNECTIONS, "connections: the listener's list")                                             \
    X(GROWTH, "growth: what types held some time ago")

enum lock_class {
#define LOCK_NAME(name, meaning) LOCK_##name,
    LOCK_CLASSES(LOCK_NAME)
#undef LOCK_NAME
        LOCK_CLASS_COUNT
};

struct lock {
    pthread_mutex_t mutex;
    enum lock_class rank;
};

void lock_init(struct lock *l, enum lock_class rank);
void lock_fini(struct lock *l);
void lock_take(struct lock *l);
void lock_give(struct lock *l);
// Gives, waits, takes again. Whoever waits holds no other lock.
void lock_wait(struct lock *l, pthread_cond_t *cond);
// False after [ms] without a signal.
bool lock_wait_ms(struct lock *l, pthread_cond_t *cond, long ms); // cond made by cond_init
void cond_init(pthread_cond_t *cond);                             // on the monotonic clock
void assert_held(const struct lock *l);                           // nothing in a release

#endif
