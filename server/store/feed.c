// SPDX-License-Identifier: MIT
//
// feed: what other instances changed, and a proof of how long ago nothing could have been missed.
//
// What pg_notice could not read is a reason to doubt everything, unless it is ours.
#include "store/feed.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/pg_notice.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BEATS_A_BOUND = 4, RETRY_FIRST_MS = 20, RETRY_MOST_MS = 500 };

#define MS UINT64_C(1000000) // in ns

struct feed {
    // Read-only after the start.
    char *conninfo;
    int64_t number, bound_ms;
    const _Atomic int64_t *ours; // of our notices
    struct listener_ops to;
    pthread_t thread;
    // The thread's.
    struct pg *link;
    uint64_t next_beat_ns, retry_ms;
    // Shared. Monotonic; 0: never.
    _Atomic uint64_t listens_since_ns, beat_ns;
    _Atomic uint64_t notices, beats, losses;
    struct histogram beat_time;
    _Atomic bool stopping;
};

// --- What arrives -----------------------------------------------------------------------------

void
feed_doubt(struct feed *f)
{
    atomic_store(&f->listens_since_ns, clock_monotonic_ns());
    f->to.lost(f->to.arg);
}

static void
take_beat(struct feed *f, struct span id)
{
    uint64_t sent = strtoull(id.data, NULL, 10);
    f->beats++;
    histogram_add(&f->beat_time, clock_monotonic_ns() - sent);
    atomic_store(&f->beat_ns, sent);
    f->retry_ms = 0;
}

static void
take_line(void *arg, const struct pg_line *line)
{
    struct feed *f = arg;
    bool ours = line->instance != 0 && line->instance == atomic_load(f->ours);
    if (line->kind == 'b' && line->instance == f->number)
        take_beat(f, line->id);
    else if (!line->kind && !ours)
        feed_doubt(f);
    else if (line->kind != 'b' && !ours)
        f->to.changed(f->to.arg, line->kind, line->id);
}

static void
take_payload(void *arg, struct span payload)
{
    struct feed *f = arg;
    f->notices++;
    pg_notice_read(payload, take_line, f);
}

// --- The thread -------------------------------------------------------------------------------

// What happened while nobody listened is not told: first LISTEN, then everything is doubted.
static bool
listen_again(struct feed *f)
{
    char error[256];
    f->link = pg_open(f->conninfo, error, sizeof error);
    if (f->link && pg_execute(f->link, "LISTEN tenured") == PG_OK) {
        feed_doubt(f);
        f->next_beat_ns = 0;
        return true;
    }
    pg_close(f->link);
    f->link = NULL;
    return false;
}

static void
wait_and_retry(struct feed *f)
{
    f->retry_ms = f->retry_ms == 0                  ? RETRY_FIRST_MS
                  : f->retry_ms * 2 < RETRY_MOST_MS ? f->retry_ms * 2
                                                    : RETRY_MOST_MS;
    usleep((useconds_t)f->retry_ms * 1000);
}

static bool
beat_if_due(struct feed *f)
{
    char sql[128];
    uint64_t now = clock_monotonic_ns();
    if (now < f->next_beat_ns)
        return true;
    f->next_beat_ns = now + (uint64_t)f->bound_ms * MS / BEATS_A_BOUND;
    snprintf(sql, sizeof sql, "SELECT pg_notify('tenured', '%lld:b:%" PRIu64 ":0')",
             (long long)f->number, now);
    return pg_execute(f->link, sql) == PG_OK;
}

static int
until_next_beat_ms(const struct feed *f)
{
    enum { LONGEST_MS = 100 }; // so that a stop is seen
    uint64_t now = clock_monotonic_ns();
    uint64_t ms = f->next_beat_ns > now ? (f->next_beat_ns - now) / MS + 1 : 0;
    return ms < LONGEST_MS ? (int)ms : LONGEST_MS;
}

static void
lose(struct feed *f)
{
    f->losses++;
    log_event(LOG_WARN, "feed_lost", "detail", "s", pg_complaint(f->link), NULL);
    pg_close(f->link);
    f->link = NULL;
}

static void *
run(void *arg)
{
    struct feed *f = arg;
    while (!f->stopping) {
        if (!f->link && !listen_again(f))
            wait_and_retry(f);
        else if (!beat_if_due(f) || !pg_wait(f->link, until_next_beat_ms(f), take_payload, f)) {
            lose(f);
            wait_and_retry(f);
        }
    }
    return NULL;
}

// --- For the others ---------------------------------------------------------------------------

struct feed *
feed_start(const char *conninfo, int64_t number, const _Atomic int64_t *ours, int64_t bound_ms,
           const struct listener_ops *to)
{
    struct feed *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    *f = (struct feed){.conninfo = strdup(conninfo),
                       .number = number,
                       .ours = ours,
                       .bound_ms = bound_ms,
                       .to = *to};
    if (f->conninfo && pthread_create(&f->thread, NULL, run, f) == 0)
        return f;
    free(f->conninfo);
    free(f);
    return NULL;
}

void
feed_stop(struct feed *f)
{
    atomic_store(&f->stopping, true);
    pthread_join(f->thread, NULL);
    pg_close(f->link);
    free(f->conninfo);
    free(f);
}

uint64_t
feed_true_as_of(const struct feed *f, uint64_t read_ns)
{
    uint64_t beat = atomic_load(&f->beat_ns);
    return read_ns > atomic_load(&f->listens_since_ns) && beat > read_ns ? beat : read_ns;
}

struct feed_stats
feed_get_stats(const struct feed *f)
{
    uint64_t beat = f->beat_ns, age = clock_monotonic_ns() - beat;
    bool has_beaten = beat > 0, is_late = age >= (uint64_t)f->bound_ms * MS / 2;
    struct feed_stats stats = {.is_up = has_beaten && !is_late,
                               .notices = f->notices,
                               .beats = f->beats,
                               .losses = f->losses,
                               .age_seconds = has_beaten ? (double)age / 1e9 : -1};
    histogram_add_all(&stats.beat_time, &f->beat_time);
    return stats;
}
