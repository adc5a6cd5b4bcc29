// SPDX-License-Identifier: MIT
//
// domain: all shards, and the store behind them.
//
// The start runs on one thread but for the loading: load, end what expired meanwhile, collect,
// freeze. Sessions that expired are loaded like the others and then end like the others, so their
// users show them.
#include "domain/domain.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/process.h"
#include "domain/cache.h"
#include "domain/ending.h"
#include "domain/expiry.h"
#include "domain/fresh.h"
#include "domain/kept.h"
#include "domain/live.h"
#include "domain/pass.h"
#include "domain/session.h"
#include "domain/sweeper.h"
#include "domain/touch.h"
#include "store/feed.h"

#include <stdio.h>
#include <stdlib.h>

// --- Slots -----------------------------------------------------------------------------------

enum { SLOTS = 65536 };

struct shard *
domain_shard_of_slot(struct domain *d, uint16_t slot)
{
    return &d->shards[(size_t)slot * d->shard_count / SLOTS];
}

uint16_t
domain_slot_of_user(const struct domain *d, struct span id)
{
    return store_slot_of_user(d->store->slot_key, id);
}

// --- Loading ---------------------------------------------------------------------------------

enum { LOADING_MOST = 8 }; // threads; each reads the whole table

#define IDLE_TTL_MOST (INT64_C(3650) * 86400000) // ms, as of the configuration

struct found_user {
    struct shard *shard;
    tn_object *user; // NULL: not found, or no memory
};

static void
on_user(void *arg, const struct user_row *row)
{
    struct found_user *f = arg;
    f->user = cache_add(f->shard, row);
}

static tn_object * /* new */
get_user(struct domain *d, struct shard *s, struct span id)
{
    struct found_user f = {s, cache_borrow(s, id)};
    if (f.user)
        return tn_incref(f.user);
    d->store->ops->load_user(d->store, id, on_user, &f);
    return f.user;
}

static bool
join(struct shard *s, tn_object *user, const struct session_row *row)
{
    tn_object *session = session_new(s, user, row);
    bool done = session && live_reserve(s, user, row->k);
    if (done)
        live_join(s, session);
    tn_decref(session);
    return done;
}

// One of several threads, each of which reads all sessions and keeps those of its shards: those of
// a shard come in the order of k that way.
struct loading {
    struct domain *domain;
    unsigned number, count; // of the threads
    pthread_t thread;
    bool is_started, done;
    int64_t unsound; // the key of a row that is not a session's; 0: none
    char error[512];
};

// Nothing looks at the checksum of a page, so a row may be anything that SQLite can hold.
static bool
is_sound(const struct domain *d, const struct shard *s, const struct session_row *row)
{
    uint16_t slot;
    return row->user_id.data && user_id_is_valid(row->user_id) && session_read_id(row->id, &slot) &&
           slot == domain_slot_of_user(d, row->user_id) && row->k > 0 && row->data.len >= 2 &&
           row->idle_ttl > 0 && row->idle_ttl <= IDLE_TTL_MOST &&
           !index_borrow(&s->sessions, row->id.data) && !index_borrow(&s->tokens, row->token_hash);
}

static bool
on_session(void *arg, const struct session_row *row)
{
    struct loading *l = arg;
    struct domain *d = l->domain;
    struct shard *s = domain_shard_of_slot(d, domain_slot_of_user(d, row->user_id));
    if (s->number % l->count != l->number)
        return true;
    shard_take(s);
    bool sound = is_sound(d, s, row);
    tn_object *user = sound ? get_user(d, s, row->user_id) : NULL;
    bool joined = user && join(s, user, row);
    tn_decref(user);
    shard_give(s);
    l->unsound = sound ? 0 : row->k ? row->k : -1;
    return joined;
}

static void
log_load(struct domain *d)
{
    struct shard_figures f;
    domain_read_figures(d, &f);
    log_event(LOG_INFO, "load", "sessions", "d", (long)f.sessions_live, "users", "d",
              (long)f.users_resident, "seconds", "f", (clock_monotonic_ns() - d->started_ns) / 1e9,
              NULL);
}

static void *
load_part(void *arg)
{
    struct loading *l = arg;
    struct store *s = l->domain->store;
    l->done = s->ops->load_sessions(s, on_session, l, l->error, sizeof l->error);
    if (l->unsound)
        snprintf(l->error, sizeof l->error,
                 "store.path: %s is damaged: row %lld is no session; restore it from a backup",
                 l->domain->config->store_path, (long long)l->unsound);
    else if (!l->done && !l->error[0])
        snprintf(l->error, sizeof l->error,
                 "the sessions could not be loaded: out of memory, or the store lacks a user");
    return NULL;
}

// Where there is no thread to be had, ours does its part.
static void
load_parts(struct loading *parts, unsigned count)
{
    for (unsigned i = 1; i < count; i++)
        parts[i].is_started = pthread_create(&parts[i].thread, NULL, load_part, &parts[i]) == 0;
    for (unsigned i = 0; i < count; i++)
        if (parts[i].is_started)
            pthread_join(parts[i].thread, NULL);
        else
            load_part(&parts[i]);
}

static bool
load(struct domain *d, char *error, size_t error_size)
{
    struct loading parts[LOADING_MOST] = {0};
    unsigned cores = process_cores(0, 1), count = cores < d->shard_count ? cores : d->shard_count;
    count = count < LOADING_MOST ? count : LOADING_MOST;
    for (unsigned i = 0; i < count; i++)
        parts[i] = (struct loading){.domain = d, .number = i, .count = count};
    load_parts(parts, count);
    for (unsigned i = 0; i < count; i++)
        if (!parts[i].done) {
            snprintf(error, error_size, "%s", parts[i].error);
            return false;
        }
    log_load(d);
    return true;
}

// --- Before the first request ----------------------------------------------------------------

struct sweep {
    struct shard *shard;
    int64_t now;
};

static bool
sweep_user(tn_value key, tn_object *user, void *arg)
{
    const struct sweep *sweep = arg;
    expiry_sweep_user(sweep->shard, user, sweep->now);
    return true;
}

static tn_err
end_expired(struct shard *s)
{
    struct sweep sweep = {s, clock_ms()};
    shard_take(s);
    s->counters = (struct counters){0}; // loading does not count
    tn_err err = tn_weakmap_each(s->users, sweep_user, &sweep);
    shard_give(s);
    return err;
}

// The rows of what expired are flushed first: until then they hold their users.
static bool
settle(struct domain *d, char *error, size_t error_size)
{
    struct pass pass = {.title = {d->config->gc_freeze_at_start ? PASS_FREEZE : PASS_COLLECT,
                                  PASS_STARTUP, TN_GENERATIONS - 1, NULL}};
    for (unsigned i = 0; i < d->shard_count && pass.error == TN_OK; i++)
        pass.error = end_expired(&d->shards[i]);
    lanes_flush(d->lanes);
    if (pass.error == TN_OK)
        pass_run(d, &pass, NULL);
    if (pass.error != TN_OK)
        snprintf(error, error_size, "the first collection failed: %s", tn_strerror(pass.error));
    return pass.error == TN_OK;
}

// --- Open and close --------------------------------------------------------------------------

static bool
add_types(struct shard *s)
{
    static const tn_type_spec index = {.name = "index", .flags = TN_DOMAIN};
    return user_type_register(s->heap, &s->user_type) == TN_OK &&
           session_type_register(s->heap, &s->session_type) == TN_OK &&
           tn_type_register(s->heap, &index, &s->index_domain) == TN_OK;
}

static size_t
keep_of_each(const struct config *c)
{
    size_t shards = process_cores(c->shards, 1);
    return ((size_t)c->cache_keep + shards - 1) / shards;
}

static bool
open_shard(struct domain *d, struct shard *s)
{
    if (!shard_init(s, d->shard_count))
        return false;
    d->shard_count++; // closed from here on, whatever comes
    s->around =
        (struct surroundings){.config = d->config,
                              .writer = lanes_writer(d->lanes, s->number),
                              .loader = lanes_loader(d->lanes, s->number),
                              .next_k = &d->next_k,
                              .hash_key = d->store->slot_key,
                              .is_shared = d->store->is_shared,
                              .grace_ms = d->store->is_shared ? d->config->sessions_touch_flush_ms +
                                                                    d->config->store_bound_ms
                                                              : 0};
    s->kept.limit = keep_of_each(d->config);
    if (!add_types(s))
        return false;
    index_init(&s->sessions, s->heap, s->index_domain, offsetof(struct session, id),
               SESSION_ID_LEN);
    index_init(&s->tokens, s->heap, s->index_domain, offsetof(struct session, token_hash),
               TOKEN_HASH_SIZE);
    return true;
}

static bool
open_shards(struct domain *d)
{
    unsigned wanted = process_cores(d->config->shards, 1);
    d->shards = calloc(wanted, sizeof *d->shards);
    while (d->shards && d->shard_count < wanted)
        if (!open_shard(d, &d->shards[d->shard_count]))
            return false;
    return d->shards != NULL;
}

// On the writer's thread.
static void
flush_touches(void *arg)
{
    struct domain *d = arg;
    for (unsigned i = 0; i < d->shard_count; i++) {
        shard_take(&d->shards[i]);
        touch_flush(&d->shards[i]);
        shard_give(&d->shards[i]);
    }
}

// --- Other instances --------------------------------------------------------------------------

static struct shard *
shard_of_notice(struct domain *d, char kind, struct span id)
{
    uint16_t slot = 0;
    if (kind == 'u')
        slot = domain_slot_of_user(d, id);
    else if (!session_read_id(id, &slot))
        return NULL;
    return domain_shard_of_slot(d, slot);
}

void
domain_spoil_all(struct domain *d)
{
    for (unsigned i = 0; i < d->shard_count; i++) {
        shard_take(&d->shards[i]);
        fresh_spoil_all(&d->shards[i]);
        shard_give(&d->shards[i]);
    }
}

static void
take_notice(struct shard *s, char kind, struct span id)
{
    if (!s)
        return;
    shard_take(s);
    fresh_take_notice(s, kind, id);
    shard_give(s);
}

// On the feed's thread, as the next.
static void
on_changed(void *arg, char kind, struct span id)
{
    struct domain *d = arg;
    if (kind == 'e')
        domain_spoil_all(d);
    else
        take_notice(shard_of_notice(d, kind, id), kind, id);
}

static void
on_lost(void *arg)
{
    struct domain *d = arg;
    for (unsigned i = 0; i < d->shard_count; i++) {
        shard_take(&d->shards[i]);
        fresh_note_anything(&d->shards[i]);
        shard_give(&d->shards[i]);
    }
}

// Nothing is loaded: users come when they are asked for.
static bool
listen(struct domain *d, char *error, size_t error_size)
{
    const struct listener_ops to = {on_changed, on_lost, d};
    d->feed = d->store->ops->shared->listen(d->store, &to);
    for (unsigned i = 0; i < d->shard_count; i++)
        d->shards[i].around.feed = d->feed;
    if (!d->feed)
        snprintf(error, error_size, "there is no thread to listen to other instances");
    return d->feed != NULL;
}

static bool
sweep(struct domain *d, char *error, size_t error_size)
{
    d->sweeper = sweeper_start(d);
    if (!d->sweeper)
        snprintf(error, error_size, "there is no thread to end what expires");
    return d->sweeper != NULL;
}

static bool
open_all(struct domain *d, char *error, size_t error_size)
{
    d->next_k = d->store->next_k;
    d->lanes = lanes_start(d->store, d->config);
    if (d->lanes && open_shards(d))
        return (d->store->is_shared ? listen(d, error, error_size)
                                    : load(d, error, error_size) && settle(d, error, error_size)) &&
               sweep(d, error, error_size);
    snprintf(error, error_size, "there is no memory, or no thread, for %u shards",
             process_cores(d->config->shards, 1));
    return false;
}

struct domain *
domain_open(const struct config *config, struct store *store, char *error, size_t error_size)
{
    struct domain *d = calloc(1, sizeof *d);
    if (!d) {
        store->ops->close(store);
        snprintf(error, error_size, "there is no memory to start");
        return NULL;
    }
    d->config = config;
    d->store = store;
    d->started_ns = clock_monotonic_ns();
    d->started_at = clock_ms();
    if (!open_all(d, error, error_size)) {
        domain_close(d);
        return NULL;
    }
    writer_ring_every(lanes_writer(d->lanes, 0), config->sessions_touch_flush_ms, flush_touches, d);
    return d;
}

// The last try for the rows of what ended or was touched.
static void
send_the_rest(struct shard *s)
{
    shard_take(s);
    ending_retry(s);
    touch_flush(s);
    shard_give(s);
}

static void
close_shard(struct shard *s)
{
    size_t cursor = 0;
    tn_object *session;
    shard_take(s);
    ending_drop_parked(s);
    kept_drop_all(s);
    while (index_next(&s->sessions, &cursor, &session))
        tn_decref(session);
    shard_give(s);
    shard_fini(s);
}

// A lookup may still submit a write, so the loader ends first.
void
domain_close(struct domain *d)
{
    if (d->sweeper)
        sweeper_stop(d->sweeper);
    if (d->lanes)
        lanes_stop_loaders(d->lanes);
    if (d->feed)
        feed_stop(d->feed);
    for (unsigned i = 0; i < d->shard_count; i++)
        d->shards[i].around.feed = NULL;
    for (unsigned i = 0; i < d->shard_count; i++)
        send_the_rest(&d->shards[i]);
    lanes_stop(d->lanes);
    for (unsigned i = 0; i < d->shard_count; i++)
        close_shard(&d->shards[i]);
    free(d->shards);
    d->store->ops->close(d->store);
    free(d);
}

// --- Readiness --------------------------------------------------------------------------------

bool
domain_store_hangs(const struct domain *d)
{
    return lanes_hang(d->lanes);
}

bool
domain_is_ready(const struct domain *d, const char **why)
{
    *why = d->retired                          ? "The service is stopping."
           : !d->store->ops->healthy(d->store) ? "The store does not answer."
           : domain_store_hangs(d)             ? "The store hangs."
                                               : NULL;
    return *why == NULL;
}

bool
domain_retire(struct domain *d)
{
    return !atomic_exchange(&d->retired, true);
}

// --- Figures ---------------------------------------------------------------------------------

static void
add_generation(struct shard_figures *sum, const struct shard_figures *f, int g)
{
    tn_gc_stats *to = &sum->stats[g];
    const tn_gc_stats *from = &f->stats[g];
    sum->population.generation[g] += f->population.generation[g];
    sum->count[g] += f->count[g];
    to->collections += from->collections;
    to->collected += from->collected;
    to->uncollectable += from->uncollectable;
    to->candidates += from->candidates;
    to->ns += from->ns;
    to->last_ns = from->last_ns > to->last_ns ? from->last_ns : to->last_ns;
    to->longest_ns = from->longest_ns > to->longest_ns ? from->longest_ns : to->longest_ns;
}

static void
add_figures(struct shard_figures *sum, const struct shard_figures *f)
{
    for (int g = 0; g < TN_GENERATIONS; g++)
        add_generation(sum, f, g);
    sum->population.frozen += f->population.frozen;
    sum->population.frozen_bytes += f->population.frozen_bytes;
    sum->memory.current += f->memory.current;
    sum->memory.peak += f->memory.peak;
    sum->memory.reserved += f->memory.reserved;
    sum->memory.overhead += f->memory.overhead;
    sum->users_resident += f->users_resident;
    sum->users_kept += f->users_kept;
    sum->sessions_live += f->sessions_live;
    sum->suspects += f->suspects;
    if (f->sweep_lag_ms > sum->sweep_lag_ms)
        sum->sweep_lag_ms = f->sweep_lag_ms;
    counters_add(&sum->counters, &f->counters);
}

void
domain_read_figures(struct domain *d, struct shard_figures *sum)
{
    *sum = (struct shard_figures){0};
    for (unsigned i = 0; i < d->shard_count; i++) {
        struct shard_figures f;
        shard_read_figures(&d->shards[i], &f);
        add_figures(sum, &f);
    }
}
