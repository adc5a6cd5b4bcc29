// SPDX-License-Identifier: MIT
//
// postgres: a PostgreSQL server, or several of which one takes writes, that any number of instances
// share.
//
// A connection that is lost is not mourned: the next question opens another, to whichever host
// takes writes by then.
#include "base/assert.h"
#include "base/log.h"
#include "store/feed.h"
#include "store/pg_batch.h"
#include "store/pg_layout.h"
#include "store/pg_pool.h"
#include "store/pg_rows.h"
#include "store/pg_schema.h"
#include "store/pg_sweep.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFLICTS_MOST = 8, BACKOFF_MOST_MS = 1000, PAGE = 500 };

struct postgres {
    struct store store;
    // Read-only after open.
    char *conninfo;
    int64_t bound_ms, number;
    // Shared.
    struct pg_author author;
    struct pg_pool writers, readers;
    _Atomic(enum pg_fault) write_fault, read_fault;
    _Atomic uint64_t syncs;
    _Atomic unsigned part; // of the slots, where list_expired looks next
    // Of the thread that sweeps.
    unsigned clean_parts; // that it has seen, so where it looks next
};

static struct postgres *
postgres_of(struct store *s)
{
    return (struct postgres *)s;
}

// One line when the fault changes.
static bool
fault_note(_Atomic(enum pg_fault) *now, const char *work, enum pg_fault fault, const char *detail)
{
    if (atomic_exchange(now, fault) == fault)
        return fault == PG_OK;
    if (fault == PG_OK)
        log_event(LOG_INFO, "store_recovered", "work", "s", work, NULL);
    else
        log_event(LOG_ERROR, "store_failed", "work", "s", work, "reason", "s",
                  pg_fault_sentence(fault), "detail", "s", detail, NULL);
    return fault == PG_OK;
}

// --- Batches ----------------------------------------------------------------------------------

// A batch that was lost may be committed later, when whoever was told that it failed has read again
// what was there before it. Its notice tells that, if it does not count as ours any more: so from
// the loss on we have no number, and then another one.
static enum pg_fault
get_number(struct postgres *p, struct pg *c)
{
    int64_t number = 0;
    if (p->author.instance != 0)
        return PG_OK;
    enum pg_fault fault = pg_select_int(c, "SELECT nextval('tenured.instances')", &number);
    if (fault == PG_OK)
        p->author.instance = number;
    return fault;
}

static enum pg_fault
run(struct postgres *p, struct pg *c, const struct change *first)
{
    enum pg_fault fault = get_number(p, c);
    if (fault == PG_OK)
        fault = PG_CONFLICT;
    for (int i = 0; i < CONFLICTS_MOST && fault == PG_CONFLICT; i++)
        fault = pg_batch_run(c, &p->author, first);
    return fault;
}

static bool
postgres_apply(struct store *store, const struct change *first)
{
    struct postgres *p = postgres_of(store);
    char error[256];
    struct pg *c = pg_pool_take(&p->writers, error, sizeof error);
    if (!c)
        return fault_note(&p->write_fault, "write", PG_LOST, error);
    enum pg_fault fault = run(p, c, first);
    if (fault == PG_LOST)
        p->author.instance = 0;
    p->syncs += fault == PG_OK;
    fault_note(&p->write_fault, "write", fault, pg_complaint(c));
    pg_pool_give(&p->writers, c, fault);
    return fault == PG_OK;
}

static bool
postgres_healthy(struct store *store)
{
    return postgres_of(store)->write_fault == PG_OK;
}

static uint64_t
postgres_syncs(struct store *store)
{
    return postgres_of(store)->syncs;
}

// --- Questions --------------------------------------------------------------------------------

// A connection may have been lost while nobody used it, so what failed on an old one is asked once
// more on a new one. [ask] gives nothing out before it has everything.
static bool
ask(struct postgres *p, enum pg_fault (*question)(struct pg *c, void *arg), void *arg)
{
    enum pg_fault fault = PG_LOST;
    char error[256];
    for (int i = 0; i < 2 && fault == PG_LOST; i++) {
        struct pg *c = pg_pool_take(&p->readers, error, sizeof error);
        if (!c)
            return fault_note(&p->read_fault, "read", PG_LOST, error);
        fault = question(c, arg);
        fault_note(&p->read_fault, "read", fault, pg_complaint(c));
        pg_pool_give(&p->readers, c, fault);
    }
    return fault == PG_OK;
}

struct recall {
    enum recall_key by;
    uint16_t slot;
    struct span key;
    struct pg_state state;
};

static void
send_recall(struct pg *c, const struct recall *q, const char *statement)
{
    pg_add_int(c, q->slot);
    if (q->by == RECALL_TOKEN)
        pg_add_blob(c, q->key.data, q->key.len);
    else
        pg_add_text(c, q->key);
    pg_send(c, statement);
}

static enum pg_fault
recall(struct pg *c, void *arg)
{
    static const char *const statements[][2] = {
        [RECALL_USER] = {"recall_user", "recall_user_sessions"},
        [RECALL_SESSION] = {"recall_session", "recall_session_sessions"},
        [RECALL_TOKEN] = {"recall_token", "recall_token_sessions"}};
    struct recall *q = arg;
    pg_send(c, "begin_reading");
    send_recall(c, q, statements[q->by][0]);
    send_recall(c, q, statements[q->by][1]);
    pg_send(c, "commit");
    pg_sync(c);
    pg_next(c);
    bool kept = pg_next(c) != PG_OK || pg_state_take_user(&q->state, c);
    kept &= pg_next(c) != PG_OK || pg_state_take_sessions(&q->state, c);
    enum pg_fault fault = pg_end(c);
    if (fault != PG_OK && fault != PG_LOST)
        pg_execute(c, "ROLLBACK");
    return fault == PG_OK && !kept ? PG_MEMORY : fault;
}

static bool
postgres_recall(struct store *store, enum recall_key by, uint16_t slot, struct span key,
                void (*found)(void *arg, const struct user_state *state), void *arg)
{
    struct recall q = {.by = by, .slot = slot, .key = key};
    pg_state_init(&q.state);
    bool asked = ask(postgres_of(store), recall, &q);
    if (asked && q.state.has_user)
        found(arg, &(struct user_state){&q.state.user, q.state.sessions, q.state.count});
    pg_state_fini(&q.state);
    return asked;
}

struct found_user {
    void (*found)(void *arg, const struct user_row *user);
    void *arg;
};

static void
give_user(void *arg, const struct user_state *state)
{
    const struct found_user *f = arg;
    f->found(f->arg, state->user);
}

static bool
postgres_load_user(struct store *store, struct span id,
                   void (*found)(void *arg, const struct user_row *user), void *arg)
{
    struct found_user f = {found, arg};
    uint16_t slot = store_slot_of_user(store->slot_key, id);
    return postgres_recall(store, RECALL_USER, slot, id, give_user, &f);
}

// A question of one statement with at most two parameters, answered with rows.
struct listing {
    const char *statement;
    struct span text; // the first parameter, or [ints] alone
    int64_t ints[4];
    int int_count;
    bool (*row)(struct listing *l, struct pg *c, size_t row);
    void *arg;
    void *each;
    size_t rows;
    int64_t last;
};

static enum pg_fault
list(struct pg *c, void *arg)
{
    struct listing *l = arg;
    if (l->text.data)
        pg_add_text(c, l->text);
    for (int i = 0; i < l->int_count; i++)
        pg_add_int(c, l->ints[i]);
    pg_send(c, l->statement);
    pg_sync(c);
    pg_next(c);
    enum pg_fault fault =
        pg_end(c); // before a row is given out: after a loss all of them come again
    l->rows = fault == PG_OK ? pg_rows(c) : 0;
    for (size_t i = 0; i < l->rows; i++)
        if (!l->row(l, c, i))
            break;
    return fault;
}

static bool
give_listed_user(struct listing *l, struct pg *c, size_t row)
{
    void (*const *each)(void *arg, const struct user_row *user) = l->each;
    struct user_row user;
    pg_read_user(c, row, &user);
    user.sessions = pg_get_int(c, row, PG_USER_COLUMNS);
    (*each)(l->arg, &user);
    return true;
}

static bool
postgres_list_users(struct store *store, struct span after, size_t count,
                    void (*each)(void *arg, const struct user_row *user), void *arg)
{
    struct listing l = {.statement = "list_users",
                        .text = after,
                        .ints = {(int64_t)count},
                        .int_count = 1,
                        .row = give_listed_user,
                        .arg = arg,
                        .each = &each};
    return ask(postgres_of(store), list, &l);
}

static bool
give_listed_session(struct listing *l, struct pg *c, size_t row)
{
    bool (*const *each)(void *arg, const struct session_row *session) = l->each;
    struct session_row session;
    pg_read_session(c, row, &session);
    l->last = session.k;
    bool goes_on = (*each)(l->arg, &session);
    if (!goes_on)
        l->each = NULL;
    return goes_on;
}

static bool
postgres_load_sessions(struct store *store,
                       bool (*each)(void *arg, const struct session_row *session), void *arg,
                       char *error, size_t error_size)
{
    struct listing l = {.statement = "list_sessions",
                        .int_count = 2,
                        .row = give_listed_session,
                        .arg = arg,
                        .each = &each,
                        .rows = PAGE,
                        .last = INT64_MIN};
    error[0] = 0;
    while (l.each && l.rows == PAGE) {
        l.ints[0] = l.last;
        l.ints[1] = PAGE;
        if (!ask(postgres_of(store), list, &l)) {
            snprintf(error, error_size, "store.conninfo: the sessions cannot be read");
            return false;
        }
    }
    return l.each != NULL;
}

static bool
give_expired(struct listing *l, struct pg *c, size_t row)
{
    void (*const *each)(void *arg, struct span user_id) = l->each;
    (*each)(l->arg, pg_get_text(c, row, 0));
    return true;
}

enum { PARTS = 16, PART = PG_SLOTS / PARTS };

// A sixteenth of the slots at a time, so that no question reads the whole table.
static bool
postgres_list_expired(struct store *store, int64_t before, size_t count,
                      void (*each)(void *arg, struct span user_id), void *arg)
{
    struct postgres *p = postgres_of(store);
    int64_t from = (int64_t)(atomic_fetch_add(&p->part, 1) % PARTS) * PART;
    struct listing l = {.statement = "list_expired",
                        .ints = {from, from + PART, before, (int64_t)count},
                        .int_count = 4,
                        .row = give_expired,
                        .arg = arg,
                        .each = &each};
    return ask(p, list, &l);
}

// --- What an end of everybody left ------------------------------------------------------------

struct slice {
    int64_t from;
    bool left;
};

static enum pg_fault
sweep(struct pg *c, void *arg)
{
    struct slice *s = arg;
    return pg_sweep(c, s->from, s->from + PART, &s->left);
}

static enum pg_fault
sweep_end(struct pg *c, void *arg)
{
    return pg_sweep_end(c);
}

static void
postgres_sweep(struct store *store)
{
    enum { SLICES = 10 };
    struct postgres *p = postgres_of(store);
    struct slice s = {.from = (int64_t)(p->clean_parts % PARTS) * PART, .left = true};
    bool asked = true;
    for (int i = 0; i < SLICES && asked && s.left; i++)
        asked = ask(p, sweep, &s);
    if (!asked || s.left)
        return;
    if (++p->clean_parts % PARTS == 0)
        ask(p, sweep_end, NULL);
}

static bool
give_count(struct listing *l, struct pg *c, size_t row)
{
    *(int64_t *)l->arg = pg_get_int(c, row, 0);
    return true;
}

static bool
postgres_count_sessions(struct store *store, int64_t *count)
{
    struct listing l = {.statement = "count_sessions", .row = give_count, .arg = count};
    return ask(postgres_of(store), list, &l);
}

static uint64_t
postgres_count_notices(struct store *store)
{
    return postgres_of(store)->author.notices;
}

static struct feed * /* new */
postgres_listen(struct store *store, const struct listener_ops *to)
{
    const struct postgres *p = postgres_of(store);
    return feed_start(p->conninfo, p->number, &p->author.instance, p->bound_ms, to);
}

// --- Opening ----------------------------------------------------------------------------------

static void
postgres_close(struct store *store)
{
    struct postgres *p = postgres_of(store);
    pg_pool_fini(&p->readers);
    pg_pool_fini(&p->writers);
    free(p->conninfo);
    free(p);
}

static bool
open_database(struct postgres *p, char *error, size_t error_size)
{
    char why[256];
    struct pg *c = pg_open(p->conninfo, why, sizeof why);
    bool open = c && pg_layout_bring_up(c, p->store.slot_key, &p->number, why, sizeof why);
    pg_close(c);
    if (open && (c = pg_pool_take(&p->writers, why, sizeof why)))
        pg_pool_give(&p->writers, c, PG_OK);
    open = open && c;
    if (!open)
        snprintf(error, error_size, "store.conninfo: %s", why);
    return open;
}

// Keys are taken from a range of our own: what two instances make at once differs.
static struct store * /* new */
postgres_open(const struct config *config, char *error, size_t error_size)
{
    struct postgres *p = calloc(1, sizeof *p);
    char *conninfo = strdup(config->store_conninfo ? config->store_conninfo : "");
    if (!p || !conninfo) {
        free(conninfo);
        free(p);
        snprintf(error, error_size, "store: out of memory");
        return NULL;
    }
    p->store.ops = &postgres_store;
    p->store.is_shared = true;
    p->conninfo = conninfo;
    p->bound_ms = config->store_bound_ms;
    p->author.slot_key = p->store.slot_key;
    pg_pool_init(&p->writers, conninfo, PG_PLANS_OF_BATCHES, BACKOFF_MOST_MS);
    pg_pool_init(&p->readers, conninfo, NULL, 0);
    if (!open_database(p, error, error_size)) {
        postgres_close(&p->store);
        return NULL;
    }
    p->author.instance = p->number;
    p->store.next_k = ((p->number - 1) << STORE_KEY_BITS) + 1;
    return &p->store;
}

static const struct shared_ops shared = {
    .recall = postgres_recall,
    .list_expired = postgres_list_expired,
    .sweep = postgres_sweep,
    .count_sessions = postgres_count_sessions,
    .count_notices = postgres_count_notices,
    .listen = postgres_listen,
};

const struct store_ops postgres_store = {
    .name = "postgres",
    .durability = "commit",
    .open = postgres_open,
    .close = postgres_close,
    .load_sessions = postgres_load_sessions,
    .load_user = postgres_load_user,
    .list_users = postgres_list_users,
    .apply = postgres_apply,
    .healthy = postgres_healthy,
    .syncs = postgres_syncs,
    .shared = &shared,
};
