// SPDX-License-Identifier: MIT
//
// memory: the reference implementation of a store. Nothing survives the process.
//
// Two search trees hold items: users by id, sessions by k. An item's row is one block that is
// never changed, only swapped for another, so a batch is undone by swapping back. Between batches
// every item has a row.
// Locking: [lock] guards the trees; rows are copied under it and given out without it.
#include "base/assert.h"
#include "base/ledger.h"
#include "base/locks.h"
#include "base/secret.h"
#include "store/store.h"

#include <search.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Keyed by [id] in the tree of users, by [k] in the tree of sessions.
struct item {
    int64_t k;
    void *row;    // owned: a struct user_row or session_row with its texts behind it
    size_t steps; // of the running batch that name this item
    struct span id;
    char text[];
};

struct table {
    void *root;
    int (*compare)(const void *a, const void *b);
    size_t count;
};

struct memory {
    struct store store;
    struct lock lock;
    struct table users, sessions;
    atomic_bool healthy;
    _Atomic uint64_t batches;
};

static int
compare_ids(const void *a, const void *b)
{
    const struct span x = ((const struct item *)a)->id, y = ((const struct item *)b)->id;
    int order = memcmp(x.data, y.data, x.len < y.len ? x.len : y.len);
    return order ? order : (x.len > y.len) - (x.len < y.len);
}

static int
compare_ks(const void *a, const void *b)
{
    int64_t x = ((const struct item *)a)->k, y = ((const struct item *)b)->k;
    return (x > y) - (x < y);
}

// --- Rows -------------------------------------------------------------------------------------

// Moves the text of [s] to [*end] and [*end] behind it; an absent span stays absent.
static void
pack(struct span *s, char **end)
{
    if (!s->data)
        return;
    memcpy(*end, s->data, s->len);
    s->data = *end;
    *end += s->len;
}

static struct user_row *
user_copy(const struct user_row *from)
{
    size_t texts = from->id.len + from->name.len + from->email.len + from->attributes.len +
                   from->last_session.len;
    struct user_row *row = ledger_alloc(LEDGER_STORE, sizeof(*row) + texts);
    if (!row)
        return NULL;
    *row = *from;
    char *end = (char *)(row + 1);
    pack(&row->id, &end);
    pack(&row->name, &end);
    pack(&row->email, &end);
    pack(&row->attributes, &end);
    pack(&row->last_session, &end);
    return row;
}

static struct session_row *
session_copy(const struct session_row *from)
{
    size_t texts = from->id.len + from->user_id.len + from->data.len + from->client.len;
    struct session_row *row = ledger_alloc(LEDGER_STORE, sizeof(*row) + texts);
    if (!row)
        return NULL;
    *row = *from;
    char *end = (char *)(row + 1);
    pack(&row->id, &end);
    pack(&row->user_id, &end);
    pack(&row->data, &end);
    pack(&row->client, &end);
    return row;
}

// --- Items ----------------------------------------------------------------------------------

static struct item * /* borrowed */
table_find(const struct table *t, int64_t k, struct span id)
{
    struct item key = {.k = k, .id = id};
    struct item *const *node = tfind(&key, &t->root, t->compare);
    return node ? *node : NULL;
}

static struct item * /* borrowed; without a row when it was not there */
table_reserve(struct table *t, int64_t k, struct span id)
{
    struct item *e = table_find(t, k, id);
    if (e)
        return e;
    e = ledger_alloc(LEDGER_STORE, sizeof(*e) + id.len);
    if (!e)
        return NULL;
    memcpy(e->text, id.len ? id.data : "", id.len);
    *e = (struct item){.k = k, .id = {e->text, id.len}};
    if (!tsearch(e, &t->root, t->compare)) {
        ledger_free(LEDGER_STORE, e);
        return NULL;
    }
    t->count++;
    return e;
}

static void
table_drop(struct table *t, struct item *e)
{
    tdelete(e, &t->root, t->compare);
    t->count--;
    ledger_free(LEDGER_STORE, e->row);
    ledger_free(LEDGER_STORE, e);
}

static void
table_fini(struct table *t)
{
    while (t->root)
        table_drop(t, *(struct item **)t->root);
}

// --- Batches ----------------------------------------------------------------------------------

// What a batch has done so far: undone from the end, or made final.
struct step {
    struct table *table;
    struct item *item;
    void *before; // the row it had, or NULL
};

struct batch {
    struct step *steps;
    size_t count;
};

// How many items [c] names.
static size_t
steps_of(const struct change *c)
{
    enum { SESSION_AND_USER = 2 };
    return c->count + SESSION_AND_USER;
}

static void
batch_swap(struct batch *b, struct table *t, struct item *e, void *row)
{
    b->steps[b->count++] = (struct step){t, e, e->row};
    e->steps++;
    e->row = row;
}

static bool
put_user(struct memory *m, struct batch *b, const struct user_row *user)
{
    struct item *e = table_reserve(&m->users, 0, user->id);
    if (!e)
        return false;
    struct user_row row = *user;
    const struct user_row *old = e->row;
    row.last_session = old ? old->last_session : (struct span){0};
    // A failed copy swaps in "no row", and the undoing drops the item if it is new.
    batch_swap(b, &m->users, e, user_copy(&row));
    return e->row != NULL;
}

static bool
new_session(struct memory *m, struct batch *b, const struct session_row *session)
{
    struct item *e = table_reserve(&m->sessions, session->k, (struct span){0});
    if (!e || e->row)
        return false;
    batch_swap(b, &m->sessions, e, session_copy(session));
    return e->row != NULL;
}

// The session with this key and a row, or NULL: an item may have lost its row in the batch.
static struct item * /* borrowed */
find_session(struct memory *m, int64_t k)
{
    struct item *e = table_find(&m->sessions, k, (struct span){0});
    return e && e->row ? e : NULL;
}

static bool
edit_session(struct memory *m, struct batch *b, const struct session_row *session)
{
    struct item *e = find_session(m, session->k);
    if (!e)
        return true;
    struct session_row row = *(const struct session_row *)e->row;
    row.data = session->data;
    row.version = session->version;
    memcpy(row.token_hash, session->token_hash, TOKEN_HASH_SIZE);
    batch_swap(b, &m->sessions, e, session_copy(&row));
    return e->row != NULL;
}

static bool
touch_session(struct memory *m, struct batch *b, const struct touch *touch)
{
    struct item *e = find_session(m, touch->k);
    if (!e)
        return true;
    struct session_row row = *(const struct session_row *)e->row;
    row.last_seen_at = touch->last_seen_at;
    row.idle_expires_at = touch->idle_expires_at;
    batch_swap(b, &m->sessions, e, session_copy(&row));
    return e->row != NULL;
}

static void
delete_session(struct memory *m, struct batch *b, int64_t k)
{
    struct item *e = find_session(m, k);
    if (e)
        batch_swap(b, &m->sessions, e, NULL);
}

static bool
end_session(struct memory *m, struct batch *b, const struct change *c)
{
    delete_session(m, b, c->session.k);
    struct item *user = table_find(&m->users, 0, c->session.user_id);
    if (!user || !user->row)
        return true;
    struct user_row row = *(const struct user_row *)user->row;
    row.last_session = c->user.last_session;
    batch_swap(b, &m->users, user, user_copy(&row));
    return user->row != NULL;
}

static bool
touch_sessions(struct memory *m, struct batch *b, const struct change *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (!touch_session(m, b, &c->touches[i]))
            return false;
    return true;
}

static bool
delete_user(struct memory *m, struct batch *b, const struct change *c)
{
    for (size_t i = 0; i < c->count; i++)
        delete_session(m, b, c->keys[i]);
    struct item *user = table_find(&m->users, 0, c->user.id);
    if (user && user->row)
        batch_swap(b, &m->users, user, NULL);
    return true;
}

static bool
change_apply(struct memory *m, struct batch *b, const struct change *c)
{
    switch (c->kind) {
    case CHANGE_PUT_USER:
        return put_user(m, b, &c->user);
    case CHANGE_NEW_SESSION:
        return new_session(m, b, &c->session);
    case CHANGE_EDIT_SESSION:
        return edit_session(m, b, &c->session);
    case CHANGE_TOUCH_SESSIONS:
        return touch_sessions(m, b, c);
    case CHANGE_END_SESSION:
        return end_session(m, b, c);
    case CHANGE_DELETE_USER:
        return delete_user(m, b, c);
    case CHANGE_END_EVERYBODY:
        break;
    }
    ASSERT(!"a kind of change");
    return false;
}

static void
batch_undo(struct batch *b)
{
    for (size_t i = b->count; i-- > 0;) {
        struct step *s = &b->steps[i];
        void *row = s->item->row;
        s->item->row = s->before;
        s->before = row;
    }
}

// Frees the rows that are no longer in a table, and the items that have none.
static void
batch_fini(struct batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        struct step *s = &b->steps[i];
        ledger_free(LEDGER_STORE, s->before);
        if (--s->item->steps == 0 && !s->item->row)
            table_drop(s->table, s->item);
    }
    free(b->steps);
}

static bool
batch_run(struct memory *m, struct batch *b, const struct change *first)
{
    size_t steps = 1;
    for (const struct change *c = first; c; c = c->next)
        steps += steps_of(c);
    b->steps = calloc(steps, sizeof(struct step));
    if (!b->steps)
        return false;
    for (const struct change *c = first; c; c = c->next)
        if (!change_apply(m, b, c)) {
            batch_undo(b);
            return false;
        }
    return true;
}

static bool
memory_apply(struct store *s, const struct change *first)
{
    struct memory *m = (struct memory *)s;
    struct batch b = {0};
    lock_take(&m->lock);
    bool ok = batch_run(m, &b, first);
    batch_fini(&b);
    lock_give(&m->lock);
    m->healthy = ok;
    m->batches += ok;
    return ok;
}

// --- Questions --------------------------------------------------------------------------------

static bool
memory_load_user(struct store *s, struct span id,
                 void (*found)(void *arg, const struct user_row *user), void *arg)
{
    struct memory *m = (struct memory *)s;
    lock_take(&m->lock);
    struct item *e = table_find(&m->users, 0, id);
    struct user_row *copy = e ? user_copy(e->row) : NULL;
    lock_give(&m->lock);
    if (copy)
        found(arg, copy);
    ledger_free(LEDGER_STORE, copy);
    return copy || !e;
}

struct snapshot {
    struct session_row **rows;
    size_t count;
    bool failed;
};

static void
snapshot_add(const void *node, VISIT which, void *arg)
{
    struct snapshot *all = arg;
    // These two visits together are the ascending order.
    if (which != postorder && which != leaf)
        return;
    const struct item *e = *(struct item *const *)node;
    struct session_row *row = session_copy(e->row);
    if (row)
        all->rows[all->count++] = row;
    else
        all->failed = true;
}

static void
snapshot_init(struct snapshot *all, struct memory *m)
{
    lock_take(&m->lock);
    *all = (struct snapshot){.rows = calloc(m->sessions.count + 1, sizeof(*all->rows))};
    if (all->rows)
        twalk_r(m->sessions.root, snapshot_add, all);
    else
        all->failed = true;
    lock_give(&m->lock);
}

static void
snapshot_fini(struct snapshot *all)
{
    for (size_t i = 0; i < all->count; i++)
        ledger_free(LEDGER_STORE, all->rows[i]);
    free(all->rows);
}

static bool
memory_load_sessions(struct store *s, bool (*each)(void *arg, const struct session_row *session),
                     void *arg, char *error, size_t error_size)
{
    struct snapshot all;
    snapshot_init(&all, (struct memory *)s);
    bool ok = !all.failed;
    snprintf(error, error_size, "%s", ok ? "" : "store: out of memory while loading sessions");
    for (size_t i = 0; i < all.count && ok; i++)
        ok = each(arg, all.rows[i]);
    snapshot_fini(&all);
    return ok;
}

// A page of users: copies of those behind [after].
struct listing {
    struct span after;
    struct user_row **rows;
    size_t count, limit;
    bool failed;
};

static void
listing_add(const void *node, VISIT which, void *arg)
{
    struct listing *l = arg;
    const struct item *e = *(struct item *const *)node, key = {.id = l->after};
    if ((which != postorder && which != leaf) || l->count == l->limit || compare_ids(e, &key) <= 0)
        return;
    struct user_row *row = user_copy(e->row);
    if (row)
        l->rows[l->count++] = row;
    else
        l->failed = true;
}

static bool
memory_list_users(struct store *s, struct span after, size_t count,
                  void (*each)(void *arg, const struct user_row *user), void *arg)
{
    struct memory *m = (struct memory *)s;
    struct listing l = {after, calloc(count + 1, sizeof(*l.rows)), 0, count, false};
    if (!l.rows)
        return false;
    lock_take(&m->lock);
    twalk_r(m->users.root, listing_add, &l);
    lock_give(&m->lock);
    for (size_t i = 0; i < l.count; i++) {
        each(arg, l.rows[i]);
        ledger_free(LEDGER_STORE, l.rows[i]);
    }
    free(l.rows);
    return !l.failed;
}

static bool
memory_healthy(struct store *s)
{
    return ((struct memory *)s)->healthy;
}

static uint64_t
memory_syncs(struct store *s)
{
    return ((struct memory *)s)->batches;
}

// --- Life -------------------------------------------------------------------------------------

static struct store * /* new */
memory_open(const struct config *config, char *error, size_t error_size)
{
    struct memory *m = calloc(1, sizeof(*m));
    if (!m) {
        snprintf(error, error_size, "store: out of memory");
        return NULL;
    }
    secret_random(m->store.slot_key, SLOT_KEY_SIZE);
    m->store.ops = &memory_store;
    m->store.next_k = 1;
    m->users.compare = compare_ids;
    m->sessions.compare = compare_ks;
    m->healthy = true;
    lock_init(&m->lock, LOCK_STORE);
    return &m->store;
}

static void
memory_close(struct store *s)
{
    struct memory *m = (struct memory *)s;
    table_fini(&m->users);
    table_fini(&m->sessions);
    lock_fini(&m->lock);
    free(m);
}

const struct store_ops memory_store = {
    .name = "memory",
    .durability = "none",
    .open = memory_open,
    .close = memory_close,
    .load_sessions = memory_load_sessions,
    .load_user = memory_load_user,
    .list_users = memory_list_users,
    .apply = memory_apply,
    .healthy = memory_healthy,
    .syncs = memory_syncs,
};
