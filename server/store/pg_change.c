// SPDX-License-Identifier: MIT
//
// pg_change: the statements of a change, or of several that go in one.
//
// A statement costs the server about as much as the row that it makes, so new sessions that follow
// each other, and the touches of a change, are columns of one.
#include "store/pg_change.h"

#include "base/assert.h"
#include "store/pg_array.h"
#include "store/pg_layout.h"

#include <stdio.h>
#include <stdlib.h>

enum { DIGITS_AT = 2, SLOT_DIGITS = 4, COLUMNS_MOST = 13, DELETE_STATEMENTS = 3 };

// The digits behind "s_".
static int64_t
slot_of_session(struct span id)
{
    char digits[SLOT_DIGITS + 1] = "0000";
    for (size_t i = 0; i < SLOT_DIGITS && i + DIGITS_AT < id.len; i++)
        digits[i] = id.data[i + DIGITS_AT];
    return strtol(digits, NULL, 16) & (PG_SLOTS - 1);
}

struct span
pg_change_user(const struct change *c)
{
    bool by_id = c->kind == CHANGE_PUT_USER || c->kind == CHANGE_DELETE_USER;
    return by_id ? c->user.id : c->session.user_id;
}

const struct change *
pg_change_end(const struct change *first)
{
    const struct change *end = first->next;
    while (first->kind == CHANGE_NEW_SESSION && end && end->kind == CHANGE_NEW_SESSION &&
           end->most == first->most)
        end = end->next;
    return end;
}

// --- Columns ----------------------------------------------------------------------------------

struct columns {
    struct pg_array of[COLUMNS_MOST];
    size_t count;
};

static void
columns_init(struct columns *x, const enum pg_type *types, size_t count)
{
    x->count = count;
    for (size_t i = 0; i < count; i++)
        pg_array_init(&x->of[i], types[i]);
}

static bool
columns_fit(const struct columns *x)
{
    bool fit = true;
    for (size_t i = 0; i < x->count; i++)
        fit &= !x->of[i].bytes.failed;
    return fit;
}

static void
columns_add(const struct columns *x, struct pg *c)
{
    for (size_t i = 0; i < x->count; i++)
        pg_add_blob(c, x->of[i].bytes.data, x->of[i].bytes.len);
}

static void
columns_fini(struct columns *x)
{
    for (size_t i = 0; i < x->count; i++)
        pg_array_fini(&x->of[i]);
}

// Sends [statement], whose other parameters follow as [more]; false: out of memory.
static bool
columns_send(struct columns *x, struct pg *c, const char *statement, const int64_t *more)
{
    bool fit = columns_fit(x);
    if (fit) {
        columns_add(x, c);
        if (more)
            pg_add_int(c, *more);
        pg_send(c, statement);
    }
    columns_fini(x);
    return fit;
}

static void
set_result(const struct change *c, bool is_stale)
{
    // Its result is the store's to set.
    ((struct change *)c)->result = is_stale ? CHANGE_STALE : CHANGE_APPLIED;
}

// --- New sessions -----------------------------------------------------------------------------

static void
add_new(struct columns *x, const struct session_row *s)
{
    const int64_t ints[] = {slot_of_session(s->id), s->k,        s->version,         s->created_at,
                            s->last_seen_at,        s->idle_ttl, s->idle_expires_at, s->expires_at};
    const struct span bytes[] = {
        s->id, s->user_id, s->data, s->client, {(const char *)s->token_hash, TOKEN_HASH_SIZE}};
    size_t column = 0;
    for (size_t i = 0; i < sizeof ints / sizeof ints[0]; i++)
        pg_array_add_int(&x->of[column++], ints[i]);
    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++)
        pg_array_add_bytes(&x->of[column++], bytes[i]);
}

static bool
send_new(struct pg *c, const struct change *first, const struct change *end)
{
    static const enum pg_type types[] = {PG_BIGINT, PG_BIGINT, PG_BIGINT, PG_BIGINT, PG_BIGINT,
                                         PG_BIGINT, PG_BIGINT, PG_BIGINT, PG_TEXT,   PG_TEXT,
                                         PG_TEXT,   PG_TEXT,   PG_BYTEA};
    struct columns x;
    columns_init(&x, types, sizeof types / sizeof types[0]);
    for (const struct change *change = first; change != end; change = change->next)
        add_new(&x, &change->session);
    return first->most > 0 ? columns_send(&x, c, "new_sessions_of", &first->most)
                           : columns_send(&x, c, "new_sessions", NULL);
}

static bool
was_made(const struct pg *c, int64_t k)
{
    for (size_t i = 0; i < pg_rows(c); i++)
        if (pg_get_int(c, i, 0) == k)
            return true;
    return false;
}

// The keys of those that were made come back.
static void
take_new(struct pg *c, const struct change *first, const struct change *end)
{
    bool answered = pg_next(c) == PG_OK;
    for (; first != end; first = first->next)
        set_result(first, answered && !was_made(c, first->session.k));
}

// --- One change -------------------------------------------------------------------------------

static bool
send_put(struct pg *c, const struct pg_author *author, const struct change *change)
{
    const struct user_row *u = &change->user;
    pg_add_int(c, store_slot_of_user(author->slot_key, u->id));
    pg_add_text(c, u->id);
    pg_add_text(c, u->name);
    pg_add_text(c, u->email);
    pg_add_text(c, u->attributes);
    pg_add_int(c, u->version);
    pg_add_int(c, u->created_at);
    pg_add_int(c, u->updated_at);
    if (change->expected > 0)
        pg_add_int(c, change->expected);
    pg_send(c, change->expected == CHANGE_EXPECTS_ANY    ? "put_user"
               : change->expected == CHANGE_EXPECTS_NONE ? "make_user"
                                                         : "change_user");
    return true;
}

static bool
send_edit(struct pg *c, const struct change *change)
{
    const struct session_row *s = &change->session;
    pg_add_int(c, slot_of_session(s->id));
    pg_add_int(c, s->k);
    pg_add_text(c, s->data);
    pg_add_blob(c, s->token_hash, TOKEN_HASH_SIZE);
    pg_add_int(c, s->version);
    pg_add_int(c, change->expected);
    pg_send(c, "edit_session");
    return true;
}

static bool
send_touches(struct pg *c, const struct change *change)
{
    static const enum pg_type types[] = {PG_BIGINT, PG_BIGINT, PG_BIGINT, PG_BIGINT};
    struct columns x;
    columns_init(&x, types, sizeof types / sizeof types[0]);
    for (size_t i = 0; i < change->count; i++) {
        const struct touch *t = &change->touches[i];
        pg_array_add_int(&x.of[0], slot_of_session(t->id));
        pg_array_add_int(&x.of[1], t->k);
        pg_array_add_int(&x.of[2], t->last_seen_at);
        pg_array_add_int(&x.of[3], t->idle_expires_at);
    }
    return columns_send(&x, c, "touch_sessions", NULL);
}

static bool
send_end(struct pg *c, const struct pg_author *author, const struct change *change)
{
    const struct session_row *s = &change->session;
    pg_add_int(c, slot_of_session(s->id));
    pg_add_int(c, s->k);
    pg_add_int(c, change->expected);
    pg_add_text(c, change->user.last_session);
    pg_add_int(c, store_slot_of_user(author->slot_key, s->user_id));
    pg_add_text(c, s->user_id);
    pg_send(c, "end_session");
    return true;
}

static bool
send_delete(struct pg *c, const struct pg_author *author, const struct change *change)
{
    static const enum pg_type types[] = {PG_BIGINT};
    static const char *const rest[] = {"delete_sessions", "delete_user"};
    struct columns keys;
    columns_init(&keys, types, 1);
    for (size_t i = 0; i < change->count; i++)
        pg_array_add_int(&keys.of[0], change->keys[i]);
    if (!columns_send(&keys, c, "delete_keys", NULL))
        return false;
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
        pg_add_int(c, store_slot_of_user(author->slot_key, change->user.id));
        pg_add_text(c, change->user.id);
        pg_send(c, rest[i]);
    }
    return true;
}

// Others are told only if it happens.
static bool
send_end_everybody(struct pg *c, const struct pg_author *author, const struct change *change)
{
    char notice[32];
    snprintf(notice, sizeof notice, "%lld:e::0", (long long)author->instance);
    pg_add_int(c, change->expected);
    pg_add_int(c, change->session.last_seen_at);
    pg_add_text(c, span_of(notice));
    pg_send(c, "end_everybody");
    return true;
}

bool
pg_change_send(struct pg *c, const struct pg_author *author, const struct change *first,
               const struct change *end)
{
    switch (first->kind) {
    case CHANGE_PUT_USER:
        return send_put(c, author, first);
    case CHANGE_NEW_SESSION:
        return send_new(c, first, end);
    case CHANGE_EDIT_SESSION:
        return send_edit(c, first);
    case CHANGE_TOUCH_SESSIONS:
        return send_touches(c, first);
    case CHANGE_END_SESSION:
        return send_end(c, author, first);
    case CHANGE_DELETE_USER:
        return send_delete(c, author, first);
    case CHANGE_END_EVERYBODY:
        return send_end_everybody(c, author, first);
    }
    ASSERT(!"a kind of change");
    return false;
}

// --- What became of them ----------------------------------------------------------------------

static void
take_count(struct pg *c, struct change *to)
{
    bool answered = pg_next(c) == PG_OK && pg_rows(c) == 1;
    to->count = answered ? (size_t)pg_get_int(c, 0, 0) : 0;
    set_result(to, answered && (int64_t)to->count != to->expected);
}

// A change of several statements or rows, and one that expects nothing, is never stale.
static void
take_one(struct pg *c, const struct change *change)
{
    size_t statements = change->kind == CHANGE_DELETE_USER ? DELETE_STATEMENTS : 1;
    for (size_t i = 0; i < statements; i++)
        pg_next(c);
    set_result(change, change->expected != 0 && statements == 1 && pg_changed(c) == 0);
}

void
pg_change_take(struct pg *c, const struct change *first, const struct change *end)
{
    if (first->kind == CHANGE_NEW_SESSION)
        take_new(c, first, end);
    else if (first->kind == CHANGE_END_EVERYBODY)
        take_count(c, (struct change *)first);
    else
        take_one(c, first);
}
