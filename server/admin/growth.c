// SPDX-License-Identifier: MIT
//
// growth: a ring of notes, each with as many rows as there were types.
#include "admin/growth.h"

#include "base/clock.h"
#include "base/locks.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT = GROWTH_LONGEST_MS / GROWTH_EVERY_MS + 1 };

struct note {
    int64_t at;  // ms since 1970
    uint64_t ns; // monotonic
    tn_usage *rows;
    size_t count;
};

struct growth {
    struct domain *domain;
    pthread_t thread;
    pthread_cond_t end;
    struct types now; // the thread's own
    struct lock lock;
    // Guarded by [lock].
    bool stopping;
    size_t count; // of all notes so far
    struct note notes[KEPT];
};

// --- Noting --------------------------------------------------------------------------------------

static void
keep(struct growth *g, struct note note)
{
    struct note *place = &g->notes[g->count % KEPT];
    free(place->rows);
    *place = note;
    g->count++;
}

// Without memory there is a note less.
static void
take_note(struct growth *g)
{
    const struct scope all = {g->domain->shards, g->domain->shard_count};
    types_read(&g->now, &all);
    struct note note = {clock_ms(), clock_monotonic_ns(), NULL, g->now.count};
    size_t size = g->now.count * sizeof *note.rows;
    note.rows = malloc(size + 1);
    if (!note.rows)
        return;
    memcpy(note.rows, g->now.rows, size);
    lock_take(&g->lock);
    keep(g, note);
    lock_give(&g->lock);
}

static void *
run(void *arg)
{
    struct growth *g = arg;
    lock_take(&g->lock);
    while (!g->stopping) {
        if (lock_wait_ms(&g->lock, &g->end, GROWTH_EVERY_MS))
            continue;
        lock_give(&g->lock);
        take_note(g);
        lock_take(&g->lock);
    }
    lock_give(&g->lock);
    return NULL;
}

static void
growth_free(struct growth *g)
{
    for (int i = 0; i < KEPT; i++)
        free(g->notes[i].rows);
    pthread_cond_destroy(&g->end);
    lock_fini(&g->lock);
    free(g);
}

struct growth *
growth_start(struct domain *d)
{
    struct growth *g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    g->domain = d;
    lock_init(&g->lock, LOCK_GROWTH);
    cond_init(&g->end);
    take_note(g);
    if (g->count > 0 && pthread_create(&g->thread, NULL, run, g) == 0)
        return g;
    growth_free(g);
    return NULL;
}

void
growth_stop(struct growth *g)
{
    if (!g)
        return;
    lock_take(&g->lock);
    g->stopping = true;
    pthread_cond_signal(&g->end);
    lock_give(&g->lock);
    pthread_join(g->thread, NULL);
    growth_free(g);
}

// --- Reading -------------------------------------------------------------------------------------

// The last note that is at least so old, else the oldest.
static const struct note * /* borrowed */
find(const struct growth *g, uint64_t window_ns)
{
    uint64_t now = clock_monotonic_ns();
    size_t at = g->count, first = g->count > KEPT ? g->count - KEPT : 0;
    while (at-- > first)
        if (at == first || now - g->notes[at % KEPT].ns >= window_ns)
            break;
    return &g->notes[at % KEPT];
}

int64_t
growth_read(struct growth *g, int64_t window_ms, struct types *then)
{
    lock_take(&g->lock);
    const struct note *note = find(g, (uint64_t)window_ms * 1000000);
    int64_t at = note->at;
    then->count = note->count;
    memcpy(then->rows, note->rows, note->count * sizeof *note->rows);
    lock_give(&g->lock);
    return at;
}
