// SPDX-License-Identifier: MIT
//
// pg_pool: connections that are ready for every statement, and idle until a thread takes one.
//
// A connection belongs to the thread that took it. One that had a fault is closed, and after a loss
// those that idle are as well, most probably lost like it; the next one goes to whichever host
// takes writes by then.
#ifndef STORE_PG_POOL_H
#define STORE_PG_POOL_H

#include "base/locks.h"
#include "store/pg.h"

enum { PG_POOL_IDLE_MOST = 64 }; // more are closed when they are given back

struct pg_pool {
    const char *conninfo; // borrowed
    const char *settings; // a statement that each begins with, or NULL
    uint64_t patience_ms; // after failed attempts the next one is so much later at most; 0: never
    struct lock lock;
    // Guarded by [lock].
    struct pg *idle[PG_POOL_IDLE_MOST];
    size_t count;
    uint64_t backoff_ms, try_at_ns; // monotonic
};

void pg_pool_init(struct pg_pool *p, const char *conninfo, const char *settings,
                  uint64_t patience_ms);
void pg_pool_fini(struct pg_pool *p); // all must have been given back
// NULL: there is no connection, or it is too early to try again; [error] says why.
struct pg *pg_pool_take(struct pg_pool *p, char *error, size_t error_size);
void pg_pool_give(struct pg_pool *p, struct pg *c /* stolen */, enum pg_fault fault);

#endif
