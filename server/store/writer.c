// SPDX-License-Identifier: MIT
//
// writer: a queue of changes and the thread that empties it, batch after batch.
//
// Batches form by themselves: while one is being synced, the next one gathers. Nobody waits for
// more. Locking: [lock] guards the queue and the figures; it is held neither while the store works
// nor while a change's [done] runs.
#include "store/writer.h"

#include "base/assert.h"
#include "base/locks.h"

#include <stdlib.h>

enum { BATCH_LIMIT = 256, PROBE_MS = 1000 };

struct writer {
    struct store *store;
    size_t limit;
    pthread_t thread;
    // Guarded by [lock].
    struct lock lock;
    pthread_cond_t work, progress; // for the thread; for those who flush
    struct change *head, **tail;
    bool asleep, stopping;
    uint64_t submitted, finished;
    struct writer_stats stats;
};

// --- The queue --------------------------------------------------------------------------------

static void
enqueue(struct writer *w, struct change *c)
{
    assert_held(&w->lock);
    ASSERT(c->done);
    c->next = NULL;
    *w->tail = c;
    w->tail = &c->next;
    w->stats.waiting++;
    w->submitted++;
    // A signal costs a system call, and a busy thread looks for itself.
    if (w->asleep)
        pthread_cond_signal(&w->work);
    w->asleep = false;
}

static struct change * /* stolen from the queue */
dequeue_batch(struct writer *w)
{
    assert_held(&w->lock);
    struct change *first = w->head, **end = &w->head;
    for (int n = 0; n < BATCH_LIMIT && *end; n++) {
        end = &(*end)->next;
        w->stats.waiting--;
    }
    w->head = *end;
    *end = NULL;
    if (!w->head)
        w->tail = &w->head;
    return first;
}

// --- The thread -------------------------------------------------------------------------------

// Returns with something to do: a change, the end, or, by a store that failed, a probe that is due.
static void
sleep_until_work(struct writer *w)
{
    bool due = false;
    while (!w->head && !w->stopping && !due) {
        w->asleep = true;
        if (w->store->ops->healthy(w->store))
            lock_wait(&w->lock, &w->work);
        else
            due = !lock_wait_ms(&w->lock, &w->work, PROBE_MS);
    }
    w->asleep = false;
}

static size_t
answer_batch(struct change *first, bool ok)
{
    size_t count = 0;
    for (struct change *c = first, *next; c; c = next) {
        next = c->next;
        c->done(c, ok);
        count++;
    }
    return count;
}

static void
count_batch(struct writer *w, size_t changes, bool ok)
{
    assert_held(&w->lock);
    w->finished += changes;
    w->stats.batches += changes > 0;
    w->stats.changes += changes;
    w->stats.failed += ok ? 0 : changes;
    pthread_cond_broadcast(&w->progress);
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
        struct change *batch = dequeue_batch(w);
        lock_give(&w->lock);
        bool ok = w->store->ops->apply(w->store, batch);
        size_t changes = answer_batch(batch, ok);
        lock_take(&w->lock);
        count_batch(w, changes, ok);
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
writer_start(struct store *store, size_t queue_limit)
{
    struct writer *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    w->store = store;
    w->limit = queue_limit;
    w->tail = &w->head;
    lock_init(&w->lock, LOCK_WRITER);
    cond_init(&w->work);
    cond_init(&w->progress);
    if (pthread_create(&w->thread, NULL, writer_run, w) == 0)
        return w;
    writer_free(w);
    return NULL;
}

bool
writer_submit(struct writer *w, struct change *c)
{
    lock_take(&w->lock);
    bool room = w->stats.waiting < w->limit;
    if (room)
        enqueue(w, c);
    lock_give(&w->lock);
    return room;
}

void
writer_submit_always(struct writer *w, struct change *c)
{
    lock_take(&w->lock);
    enqueue(w, c);
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
