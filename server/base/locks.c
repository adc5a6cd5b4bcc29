// SPDX-License-Identifier: MIT
//
// locks: mutexes of a rank.
//
// Checked builds keep, a thread, the list of the locks that it holds, in the order of their taking.
// Invariant: the ranks in that list rise.
#include "base/locks.h"
#include "base/assert.h"

#include <errno.h>
#include <time.h>

#if TN_CHECKS > 0

static _Thread_local const struct lock *held[LOCK_CLASS_COUNT];
static _Thread_local unsigned held_count;

static bool
is_held(const struct lock *l)
{
    for (unsigned i = 0; i < held_count; i++)
        if (held[i] == l)
            return true;
    return false;
}

// Before the mutex: a wrong order is reported, not waited for.
static void
note_take(const struct lock *l)
{
    ASSERT(held_count == 0 || held[held_count - 1]->rank < l->rank);
    held[held_count++] = l;
}

static void
note_give(const struct lock *l)
{
    ASSERT(is_held(l));
    unsigned i = 0;
    while (held[i] != l)
        i++;
    for (held_count--; i < held_count; i++)
        held[i] = held[i + 1];
}

// Whoever waits for a signal holds nothing that others might need meanwhile.
static void
note_wait(const struct lock *l)
{
    ASSERT(held_count == 1 && held[0] == l);
}

#else

static bool
is_held(const struct lock *l)
{
    return true;
}

static void
note_take(const struct lock *l)
{
}

static void
note_give(const struct lock *l)
{
}

static void
note_wait(const struct lock *l)
{
}

#endif

// A mutex fails only when it is used wrongly.
static void
must(int result)
{
    ASSERT(result == 0);
}

void
lock_init(struct lock *l, enum lock_class rank)
{
    ASSERT(rank < LOCK_CLASS_COUNT);
    l->rank = rank;
    must(pthread_mutex_init(&l->mutex, NULL));
}

void
lock_fini(struct lock *l)
{
    must(pthread_mutex_destroy(&l->mutex));
}

void
lock_take(struct lock *l)
{
    note_take(l);
    must(pthread_mutex_lock(&l->mutex));
}

void
lock_give(struct lock *l)
{
    note_give(l);
    must(pthread_mutex_unlock(&l->mutex));
}

void
lock_wait(struct lock *l, pthread_cond_t *cond)
{
    note_wait(l);
    must(pthread_cond_wait(cond, &l->mutex));
}

bool
lock_wait_ms(struct lock *l, pthread_cond_t *cond, long ms)
{
    struct timespec until;
    note_wait(l);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    int result = pthread_cond_timedwait(cond, &l->mutex, &until);
    ASSERT(result == 0 || result == ETIMEDOUT);
    return result == 0;
}

void
cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t monotonic;
    must(pthread_condattr_init(&monotonic));
    must(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC));
    must(pthread_cond_init(cond, &monotonic));
    pthread_condattr_destroy(&monotonic);
}

void
assert_held(const struct lock *l)
{
    ASSERT(is_held(l));
}
