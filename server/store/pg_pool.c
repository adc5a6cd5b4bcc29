// SPDX-License-Identifier: MIT
//
// pg_pool: connections that are ready for every statement, and idle until a thread takes one.
#include "store/pg_pool.h"

#include "base/clock.h"
#include "store/pg_schema.h"

#include <stdio.h>

#define MS UINT64_C(1000000) // in ns

enum { BACKOFF_FIRST_MS = 20 };

void
pg_pool_init(struct pg_pool *p, const char *conninfo, const char *settings, uint64_t patience_ms)
{
    *p = (struct pg_pool){.conninfo = conninfo, .settings = settings, .patience_ms = patience_ms};
    lock_init(&p->lock, LOCK_STORE);
}

static void
close_idle(struct pg_pool *p)
{
    struct pg *c;
    do {
        lock_take(&p->lock);
        c = p->count > 0 ? p->idle[--p->count] : NULL;
        lock_give(&p->lock);
        pg_close(c); // asks the server, so without the lock
    } while (c);
}

void
pg_pool_fini(struct pg_pool *p)
{
    close_idle(p);
    lock_fini(&p->lock);
}

// --- New ones ---------------------------------------------------------------------------------

static bool
prepare(struct pg *c, const char *settings)
{
    static const char *const statements[][2] = {
#define STATEMENT(name, sql) {#name, sql},
        PG_STATEMENTS(STATEMENT)
#undef STATEMENT
    };
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        if (pg_prepare(c, statements[i][0], statements[i][1]) != PG_OK)
            return false;
    return !settings || pg_execute(c, settings) == PG_OK;
}

static struct pg * /* new */
connect_prepared(const struct pg_pool *p, char *error, size_t error_size)
{
    struct pg *c = pg_open(p->conninfo, error, error_size);
    if (!c || prepare(c, p->settings))
        return c;
    snprintf(error, error_size, "%s", pg_complaint(c));
    pg_close(c);
    return NULL;
}

// Each attempt that fails makes the next one later.
static void
note_attempt(struct pg_pool *p, bool ok)
{
    lock_take(&p->lock);
    uint64_t longer = p->backoff_ms == 0 ? BACKOFF_FIRST_MS : p->backoff_ms * 2;
    p->backoff_ms = ok ? 0 : longer < p->patience_ms ? longer : p->patience_ms;
    p->try_at_ns = clock_monotonic_ns() + p->backoff_ms * MS;
    lock_give(&p->lock);
}

// --- Take and give ----------------------------------------------------------------------------

struct pg *
pg_pool_take(struct pg_pool *p, char *error, size_t error_size)
{
    lock_take(&p->lock);
    struct pg *c = p->count > 0 ? p->idle[--p->count] : NULL;
    bool too_early = clock_monotonic_ns() < p->try_at_ns;
    lock_give(&p->lock);
    if (c)
        return c;
    snprintf(error, error_size, "it is too early to try again");
    if (too_early)
        return NULL;
    c = connect_prepared(p, error, error_size);
    note_attempt(p, c != NULL);
    return c;
}

static bool
keep(struct pg_pool *p, struct pg *c)
{
    lock_take(&p->lock);
    bool room = p->count < PG_POOL_IDLE_MOST;
    if (room)
        p->idle[p->count++] = c;
    lock_give(&p->lock);
    return room;
}

void
pg_pool_give(struct pg_pool *p, struct pg *c, enum pg_fault fault)
{
    if (fault == PG_OK && keep(p, c))
        return;
    pg_close(c);
    if (fault == PG_LOST)
        close_idle(p);
}
