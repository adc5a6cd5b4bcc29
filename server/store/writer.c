// SPDX-License-Identifier: MIT
//
// writer: a queue of changes and the thread that empties it, batch after batch.
//
// Batches form by themselves: while one is being synced, the next one gathers. Nobody waits for
// more. Locking: [lock] guards the queue and the figures; it is held neither while the store works
// nor while a change's [done] runs.
#include "store/writer.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/locks.h"
#include "base/purpose.h"
#include "store/patience.h"

#include <stdlib.h>

#define MS UINT64_C(1000000) // in ns

enum { BATCH_ROWS = 256, PROBE_MS = 1000 };

struct bell {
    void (*ring)(void *arg); // NULL: there is none
    void *arg;
    uint64_t every_ns, due_ns;
};

struct writer {
    struct store *store;
    struct places *places;
    pthread_t thread;
    // Guarded by [lock].
    struct lock lock;
    pthread_cond_t work, progress; // for the thread; for those who flush
    struct change *head, **tail;
    bool asleep, stopping;
    uint64_t submitted, finished;
    struct writer_stats stats;
    struct bell bell;
    uint64_t probe_ns; // when a store that failed is tried again
    // Any thread.
    struct patience patience;
};

// --- The queue --------------------------------------------------------------------------------

static void
enqueue(struct writer *w, struct change *c)
{
    assert_held(&w->lock);
    ASSERT(c->done);
    c->next = NULL;
    c->purpose = purpose_get();
    *w->tail = c;
    w->tail = &c->next;
    w->stats.waiting++;
    w->submitted++;
    // A signal costs a system call, and a busy thread looks for itself.
    if (w->asleep)
        pthread_cond_signal(&w->work);
    w->asleep = false;
}

static size_t
rows_of(const struct change *c)
{
    return c->count > 0 ? c->count : 1;
}

// At most so many rows, or one change of more: whoever comes next does not wait for all the touches
// of many shards, and what others are told of it fits in one notice.
static struct change * /* stolen from the queue */
dequeue_batch(struct writer *w)
{
    assert_held(&w->lock);
    struct change *first = w->head, **end = &w->head;
    for (size_t rows = 0; *end && (rows == 0 || rows + rows_of(*end) <= BATCH_ROWS);) {
        rows += rows_of(*end);
        end = &(*end)->next;
        w->stats.waiting--;
        places_give(w->places);
    }
    w->head = *end;
    *end = NULL;
    if (!w->head)
        w->tail = &w->head;
    return first;
}

// --- The thread -------------------------------------------------------------------------------

// Monotonic; UINT64_MAX: nothing is due without a change.
static uint64_t
next_due_ns(const struct writer *w)
{
    uint64_t bell = w->bell.ring ? w->bell.due_ns : UINT64_MAX;
    uint64_t probe = w->store->ops->healthy(w->store) ? UINT64_MAX : w->probe_ns;
    return bell < probe ? bell : probe;
}

// Returns with something to do: a change, the end, the bell, or, by a store that failed, a probe.
static void
sleep_until_work(struct writer *w)
{
    while (!w->head && !w->stopping) {
        uint64_t due = next_due_ns(w), now = clock_monotonic_ns();
        if (due <= now)
            break;
        w->asleep = true;
        if (due == UINT64_MAX)
            lock_wait(&w->lock, &w->work);
        else
            lock_wait_ms(&w->lock, &w->work, (long)((due - now + MS - 1) / MS));
    }
    w->asleep = false;
}

// Gives the lock while it rings.
static void
ring_if_due(struct writer *w)
{
    struct bell bell = w->bell;
    uint64_t now = clock_monotonic_ns();
    if (!bell.ring || now < bell.due_ns)
        return;
    w->bell.due_ns = now + bell.every_ns;
    lock_give(&w->lock);
    bell.ring(bell.arg);
    lock_take(&w->lock);
}

static size_t
answer_batch(struct change *first, bool ok)
{
    size_t count = 0;
    for (struct change *c = first, *next; c; c = next) {
        next = c->next;
        purpose_set(c->purpose);
        c->done(c, ok);
        count++;
    }
    return count;
}

static void
count_batch(struct writer *w, size_t changes, bool ok, uint64_t ns)
{
    assert_held(&w->lock);
    w->finished += changes;
    w->stats.batches += changes > 0;
    w->stats.changes += changes;
    w->stats.failed += ok ? 0 : changes;
    w->stats.failed_batches += !ok && changes > 0;
    if (changes > 0) // a probe is nobody's batch
        histogram_add(&w->stats.time, ns);
    pthread_cond_broadcast(&w->progress);
}

// With a batch, or when a probe is due.
static bool
must_apply(const struct writer *w, const struct change *batch)
{
    return batch || (!w->store->ops->healthy(w->store) && clock_monotonic_ns() >= w->probe_ns);
}

// Gives the lock while the store works.
static void
apply(struct writer *w, struct change *batch)
{
    lock_give(&w->lock);
    uint64_t start = clock_monotonic_ns();
    patience_begin(&w->patience, start);
    bool ok = w->store->ops->apply(w->store, batch);
    patience_end(&w->patience);
    uint64_t ns = clock_monotonic_ns() - start;
    size_t changes = answer_batch(batch, ok);
    lock_take(&w->lock);
    w->probe_ns = clock_monotonic_ns() + PROBE_MS * MS;
    count_batch(w, changes, ok, ns);
}

static void *
writer_run(void *arg)
{
    struct writer *w = arg;
    lock_take(&w->lock);
    for (;;) {
        sleep_until_work(w);
        if (!w->head && w->stopping)
            break;
        ring_if_due(w);
        struct change *batch = dequeue_batch(w);
        if (must_apply(w, batch))
            apply(w, batch);
    }
    lock_give(&w->lock);
    return NULL;
}

// --- For the others ---------------------------------------------------------------------------

static void
writer_free(struct writer *w)
{
    pthread_cond_destroy(&w->progress);
    pthread_cond_destroy(&w->work);
    lock_fini(&w->lock);
    free(w);
}

struct writer *
writer_start(struct store *store, struct places *places)
{
    struct writer *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    w->store = store;
    w->places = places;
    w->tail = &w->head;
    lock_init(&w->lock, LOCK_WRITER);
    cond_init(&w->work);
    cond_init(&w->progress);
    if (pthread_create(&w->thread, NULL, writer_run, w) == 0)
        return w;
    writer_free(w);
    return NULL;
}

void
writer_set_patience(struct writer *w, int64_t ms)
{
    patience_set(&w->patience, ms);
}

bool
writer_hangs(const struct writer *w)
{
    return patience_is_over(&w->patience);
}

bool
writer_submit(struct writer *w, struct change *c)
{
    if (writer_hangs(w) || !places_take(w->places))
        return false;
    lock_take(&w->lock);
    enqueue(w, c);
    lock_give(&w->lock);
    return true;
}

void
writer_submit_always(struct writer *w, struct change *c)
{
    places_take_always(w->places);
    lock_take(&w->lock);
    enqueue(w, c);
    lock_give(&w->lock);
}

void
writer_ring_every(struct writer *w, int64_t ms, void (*ring)(void *arg), void *arg)
{
    uint64_t every_ns = (uint64_t)ms * MS;
    lock_take(&w->lock);
    w->bell = (struct bell){ring, arg, every_ns, clock_monotonic_ns() + every_ns};
    pthread_cond_signal(&w->work);
    lock_give(&w->lock);
}

struct writer_stats
writer_get_stats(struct writer *w)
{
    lock_take(&w->lock);
    struct writer_stats stats = w->stats;
    lock_give(&w->lock);
    return stats;
}

void
writer_flush(struct writer *w)
{
    ASSERT(!pthread_equal(pthread_self(), w->thread));
    lock_take(&w->lock);
    uint64_t last = w->submitted;
    while (w->finished < last)
        lock_wait(&w->lock, &w->progress);
    lock_give(&w->lock);
}

void
writer_stop(struct writer *w)
{
    lock_take(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->work);
    lock_give(&w->lock);
    pthread_join(w->thread, NULL);
    writer_free(w);
}
