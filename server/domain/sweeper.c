// SPDX-License-Identifier: MIT
//
// sweeper: a thread that ends the expired sessions that nobody asks for, a few at a time.
//
// Locking: [lock] guards [stopping], and is given while a shard is swept. The cursors are the
// thread's own.
#include "domain/sweeper.h"

#include "base/clock.h"
#include "base/log.h"
#include "domain/expiry.h"
#include "domain/fresh.h"
#include "domain/refresh.h"
#include "domain/session.h"

#include <stdlib.h>
#include <string.h>

struct sweeper {
    struct domain *domain;
    pthread_t thread;
    size_t *cursors;  // one a shard
    bool store_hangs; // as the log knows
    unsigned ticks;
    struct lock lock;
    pthread_cond_t end;
    bool stopping;
};

static uint64_t
ended_of(const struct shard *s)
{
    uint64_t ended = 0;
    for (int reason = 0; reason < END_REASONS; reason++)
        ended += s->counters.sessions_ended[reason];
    return ended;
}

// With all of the user's that have expired, so that the last one is what the user shows. A removal
// may move a session to a slot that was looked at; the next lap finds it.
static void
sweep_slots(struct shard *s, size_t *cursor, size_t end, int64_t now)
{
    uint64_t enough = ended_of(s) + SWEEPER_ENDINGS, now_ns = clock_monotonic_ns();
    while (*cursor < end && ended_of(s) < enough) {
        enum end_reason reason;
        const tn_object *session = s->sessions.slots[(*cursor)++].object;
        if (session && fresh_is_idle(s, session_user(session), now_ns))
            refresh_let_go(s, session_user(session));
        else if (session && session_expiry(session, &reason) <= now)
            expiry_sweep_user(s, session_user(session), now);
    }
}

size_t
sweeper_hold(struct shard *s, size_t *cursor, size_t most, int64_t now)
{
    shard_take(s);
    uint64_t before = ended_of(s);
    size_t room = s->sessions.room;
    if (*cursor >= room) {
        *cursor = 0;
        s->lap_due = now + SWEEPER_LAP_MS;
    }
    sweep_slots(s, cursor, most < room - *cursor ? *cursor + most : room, now);
    size_t ended = (size_t)(ended_of(s) - before);
    shard_give(s);
    return ended;
}

static bool
store_has_room(const struct domain *d)
{
    return d->store->ops->healthy(d->store) &&
           lanes_writer_stats(d->lanes).waiting < (size_t)d->config->store_queue / 2;
}

// A lap's share of the table, in holds. As many sessions may end as the holds allow.
static void
sweep_shard(struct sweeper *w, unsigned number)
{
    struct shard *s = &w->domain->shards[number];
    shard_take(s);
    size_t room = s->sessions.room;
    shard_give(s);
    size_t holds = room / SWEEPER_SLOTS * SWEEPER_TICK_MS / SWEEPER_LAP_MS + 1;
    for (size_t i = 0; i < holds && store_has_room(w->domain); i++)
        while (sweeper_hold(s, &w->cursors[number], SWEEPER_SLOTS, clock_ms()) >= SWEEPER_ENDINGS)
            if (!store_has_room(w->domain))
                return;
}

// Here because it is the store's own threads that hang.
static void
note_store(struct sweeper *w)
{
    bool hangs = domain_store_hangs(w->domain);
    if (hangs != w->store_hangs)
        log_event(hangs ? LOG_ERROR : LOG_INFO, hangs ? "store_hangs" : "store_goes_on", NULL);
    w->store_hangs = hangs;
}

// --- What nobody has in memory ----------------------------------------------------------------

enum { STRANGERS = 64, TICKS_A_LOOK = 10, USER_ID_SIZE = 128 };

// Users of a shared store who have sessions that expired.
struct strangers {
    struct domain *domain;
    size_t count;
    struct stranger {
        char id[USER_ID_SIZE];
        size_t len;
        uint64_t asked_ns, seen;
    } users[STRANGERS];
};

static void
note_stranger(void *arg, struct span id)
{
    struct strangers *all = arg;
    if (all->count == STRANGERS || id.len > USER_ID_SIZE)
        return;
    struct stranger *x = &all->users[all->count++];
    x->len = id.len;
    memcpy(x->id, id.data, id.len);
}

struct meeting {
    struct shard *shard;
    struct stranger *user;
    uint16_t slot;
};

// They are made resident, and then their sessions end as those of others do. What changed meanwhile
// is left to the next look.
static void
meet(void *arg, const struct user_state *state)
{
    const struct meeting *m = arg;
    struct shard *s = m->shard;
    shard_take(s);
    tn_object *user =
        m->user->seen == fresh_count(s, m->slot) ? refresh_take(s, state, m->user->asked_ns) : NULL;
    if (user)
        expiry_sweep_user(s, user, clock_ms());
    tn_decref(user);
    shard_give(s);
}

static void
end_of_stranger(struct domain *d, struct stranger *x)
{
    struct span id = {x->id, x->len};
    uint16_t slot = domain_slot_of_user(d, id);
    struct meeting m = {domain_shard_of_slot(d, slot), x, slot};
    shard_take(m.shard);
    x->asked_ns = clock_monotonic_ns();
    x->seen = fresh_count(m.shard, slot);
    shard_give(m.shard);
    d->store->ops->shared->recall(d->store, RECALL_USER, slot, id, meet, &m);
}

static void
end_of_strangers(struct sweeper *w)
{
    struct domain *d = w->domain;
    struct strangers *all = calloc(1, sizeof *all);
    int64_t grace = d->shards[0].around.grace_ms;
    if (!all)
        return;
    d->store->ops->shared->list_expired(d->store, clock_ms() - grace, STRANGERS, note_stranger,
                                        all);
    for (size_t i = 0; i < all->count && store_has_room(d); i++)
        end_of_stranger(d, &all->users[i]);
    free(all);
}

static void *
run(void *arg)
{
    struct sweeper *w = arg;
    lock_take(&w->lock);
    while (!w->stopping) {
        lock_give(&w->lock);
        note_store(w);
        for (unsigned i = 0; i < w->domain->shard_count; i++)
            sweep_shard(w, i);
        if (w->domain->store->is_shared && store_has_room(w->domain) &&
            ++w->ticks % TICKS_A_LOOK == 0) {
            end_of_strangers(w);
            w->domain->store->ops->shared->sweep(w->domain->store);
        }
        lock_take(&w->lock);
        if (!w->stopping)
            lock_wait_ms(&w->lock, &w->end, SWEEPER_TICK_MS);
    }
    lock_give(&w->lock);
    return NULL;
}

static void
sweeper_free(struct sweeper *w)
{
    pthread_cond_destroy(&w->end);
    lock_fini(&w->lock);
    free(w->cursors);
    free(w);
}

struct sweeper *
sweeper_start(struct domain *d)
{
    struct sweeper *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->domain = d;
    w->cursors = calloc(d->shard_count, sizeof *w->cursors);
    lock_init(&w->lock, LOCK_SWEEPER);
    cond_init(&w->end);
    if (w->cursors && pthread_create(&w->thread, NULL, run, w) == 0)
        return w;
    sweeper_free(w);
    return NULL;
}

void
sweeper_stop(struct sweeper *w)
{
    lock_take(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->end);
    lock_give(&w->lock);
    pthread_join(w->thread, NULL);
    sweeper_free(w);
}
