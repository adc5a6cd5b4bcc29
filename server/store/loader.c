// SPDX-License-Identifier: MIT
//
// loader: a bounded queue of lookups and the thread that answers them one by one.
//
// Locking: [lock] guards the queue; it is held neither while the store is asked nor while a
// lookup's [done] runs.
#include "store/loader.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/locks.h"
#include "base/purpose.h"
#include "store/patience.h"

#include <stdlib.h>

struct loader {
    struct store *store;
    struct places *places;
    pthread_t thread;
    // Guarded by [lock].
    struct lock lock;
    pthread_cond_t work;
    struct load *head, **tail;
    struct loader_stats stats;
    bool stopping;
    // Any thread.
    struct patience patience;
};

static struct load * /* stolen from the queue; NULL: the end */
dequeue(struct loader *l)
{
    lock_take(&l->lock);
    while (!l->head && !l->stopping)
        lock_wait(&l->lock, &l->work);
    struct load *load = l->head;
    if (load) {
        l->head = load->next;
        l->stats.waiting--;
        places_give(l->places);
    }
    if (!l->head)
        l->tail = &l->head;
    lock_give(&l->lock);
    return load;
}

static void
answer_found(void *arg, const struct user_row *user)
{
    struct load **load = arg;
    (*load)->done(*load, LOAD_FOUND, user);
    *load = NULL;
}

static void
count(struct loader *l, uint64_t ns, bool asked)
{
    lock_take(&l->lock);
    histogram_add(&l->stats.time, ns);
    l->stats.failed += !asked;
    lock_give(&l->lock);
}

static void
add_to_list(void *arg, const struct user_row *user)
{
    struct load *load = arg;
    load->each(load, user);
}

static enum load_outcome
list(struct loader *l, struct load *load)
{
    bool asked = l->store->ops->list_users(l->store, load->id, load->count, add_to_list, load);
    return asked ? LOAD_FOUND : LOAD_ERROR;
}

// A user who is found is answered while the row is there, and [load] is NULL then.
static void
answer_recalled(void *arg, const struct user_state *state)
{
    struct load **load = arg;
    (*load)->state = state;
    answer_found(load, state->user);
}

static enum load_outcome
find(struct loader *l, struct load **load)
{
    const struct shared_ops *shared = l->store->ops->shared;
    if (shared) {
        const struct load *q = *load;
        bool known = shared->recall(l->store, q->by, q->slot, q->id, answer_recalled, load);
        return known ? LOAD_ABSENT : LOAD_ERROR;
    }
    bool asked = l->store->ops->load_user(l->store, (*load)->id, answer_found, load);
    return asked ? LOAD_ABSENT : LOAD_ERROR;
}

static void *
loader_run(void *arg)
{
    struct loader *l = arg;
    struct load *load;
    while ((load = dequeue(l))) {
        uint64_t start = clock_monotonic_ns();
        purpose_set(load->purpose);
        load->began_ns = start;
        patience_begin(&l->patience, start);
        enum load_outcome outcome = load->count > 0 ? list(l, load) : find(l, &load);
        patience_end(&l->patience);
        count(l, clock_monotonic_ns() - start, outcome != LOAD_ERROR);
        if (load)
            load->done(load, outcome, NULL);
    }
    return NULL;
}

static void
loader_free(struct loader *l)
{
    pthread_cond_destroy(&l->work);
    lock_fini(&l->lock);
    free(l);
}

struct loader *
loader_start(struct store *store, struct places *places)
{
    struct loader *l = calloc(1, sizeof(*l));
    if (!l)
        return NULL;
    l->store = store;
    l->places = places;
    l->tail = &l->head;
    lock_init(&l->lock, LOCK_LOADER);
    cond_init(&l->work);
    if (pthread_create(&l->thread, NULL, loader_run, l) == 0)
        return l;
    loader_free(l);
    return NULL;
}

void
loader_set_patience(struct loader *l, int64_t ms)
{
    patience_set(&l->patience, ms);
}

bool
loader_hangs(const struct loader *l)
{
    return patience_is_over(&l->patience);
}

bool
loader_submit(struct loader *l, struct load *load)
{
    ASSERT(load->done);
    if (loader_hangs(l) || !places_take(l->places))
        return false;
    load->next = NULL;
    load->purpose = purpose_get();
    lock_take(&l->lock);
    *l->tail = load;
    l->tail = &load->next;
    l->stats.waiting++;
    pthread_cond_signal(&l->work);
    lock_give(&l->lock);
    return true;
}

struct loader_stats
loader_get_stats(struct loader *l)
{
    lock_take(&l->lock);
    struct loader_stats stats = l->stats;
    lock_give(&l->lock);
    return stats;
}

void
loader_stop(struct loader *l)
{
    lock_take(&l->lock);
    l->stopping = true;
    pthread_cond_signal(&l->work);
    lock_give(&l->lock);
    pthread_join(l->thread, NULL);
    loader_free(l);
}
