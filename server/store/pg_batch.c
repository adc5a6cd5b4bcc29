// SPDX-License-Identifier: MIT
//
// pg_batch: a batch of changes as one transaction in PostgreSQL's pipeline.
//
// The rows of the users come first, in the order of their ids: whoever changes something of a user
// holds that row, so two instances wait for each other in one order, and a count of sessions is
// still true when the session is inserted.
#include "store/pg_batch.h"

#include "base/assert.h"
#include "store/pg_schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A NOTIFY takes 7 999 bytes, of which the touches of one shard alone fill more than one. What does
// not fit into four, whose ends are whole lines, is said as "anything": everybody then reads again
// whatever they have.
enum {
    NOTICE_SIZE = 7900,
    LINE_MOST = 192,
    LINES_MOST = 4 * (NOTICE_SIZE - LINE_MOST),
    DIGITS_AT = 2,
    SLOT_DIGITS = 4
};

// The digits behind "s_".
static int64_t
slot_of_session(struct span id)
{
    char digits[SLOT_DIGITS + 1] = "0000";
    for (size_t i = 0; i < SLOT_DIGITS && i + DIGITS_AT < id.len; i++)
        digits[i] = id.data[i + DIGITS_AT];
    return strtol(digits, NULL, 16) & (PG_SLOTS - 1);
}

// The user whose row a change needs, absent where it needs none.
static struct span
user_of(const struct change *c)
{
    bool by_id = c->kind == CHANGE_PUT_USER || c->kind == CHANGE_DELETE_USER;
    return by_id ? c->user.id : c->session.user_id;
}

// --- Locks ------------------------------------------------------------------------------------

// Ids have no quote and no backslash.
static void
send_locks(struct pg *c, const struct pg_author *author, const struct change *first)
{
    struct text ids, slots;
    text_init(&ids);
    text_init(&slots);
    for (; first; first = first->next) {
        struct span user = user_of(first);
        if (!user.data)
            continue;
        text_addf(&ids, "%s\"%.*s\"", ids.len ? "," : "{", (int)user.len, user.data);
        text_addf(&slots, "%s%u", slots.len ? "," : "{",
                  store_slot_of_user(author->slot_key, user));
    }
    text_adds(&ids, ids.len ? "}" : "{}");
    text_adds(&slots, slots.len ? "}" : "{}");
    pg_add_text(c, (struct span){ids.data, ids.len});
    pg_add_text(c, (struct span){slots.data, slots.len});
    pg_send(c, "lock_users");
    text_fini(&ids);
    text_fini(&slots);
}

// --- Changes ----------------------------------------------------------------------------------

static void
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
}

static void
send_new(struct pg *c, const struct change *change)
{
    const struct session_row *s = &change->session;
    pg_add_int(c, slot_of_session(s->id));
    pg_add_int(c, s->k);
    pg_add_text(c, s->id);
    pg_add_text(c, s->user_id);
    pg_add_text(c, s->data);
    pg_add_text(c, s->client);
    pg_add_blob(c, s->token_hash, TOKEN_HASH_SIZE);
    pg_add_int(c, s->version);
    pg_add_int(c, s->created_at);
    pg_add_int(c, s->last_seen_at);
    pg_add_int(c, s->idle_ttl);
    pg_add_int(c, s->idle_expires_at);
    pg_add_int(c, s->expires_at);
    if (change->most > 0)
        pg_add_int(c, change->most);
    pg_send(c, change->most > 0 ? "new_session_of" : "new_session");
}

static void
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
}

static void
send_touches(struct pg *c, const struct change *change)
{
    for (size_t i = 0; i < change->count; i++) {
        const struct touch *t = &change->touches[i];
        pg_add_int(c, slot_of_session(t->id));
        pg_add_int(c, t->k);
        pg_add_int(c, t->last_seen_at);
        pg_add_int(c, t->idle_expires_at);
        pg_send(c, "touch_session");
    }
}

static void
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
}

enum { DELETE_STATEMENTS = 3 };

static void
send_delete(struct pg *c, const struct pg_author *author, const struct change *change)
{
    struct text keys;
    text_init(&keys);
    for (size_t i = 0; i < change->count; i++)
        text_addf(&keys, "%s%lld", keys.len ? "," : "{", (long long)change->keys[i]);
    text_adds(&keys, keys.len ? "}" : "{}");
    pg_add_text(c, (struct span){keys.data, keys.len});
    pg_send(c, "delete_keys");
    int64_t slot = store_slot_of_user(author->slot_key, change->user.id);
    pg_add_int(c, slot);
    pg_add_text(c, change->user.id);
    pg_send(c, "delete_sessions");
    pg_add_int(c, slot);
    pg_add_text(c, change->user.id);
    pg_send(c, "delete_user");
    text_fini(&keys);
}

// Others are told only if it happens.
static void
send_end_everybody(struct pg *c, const struct pg_author *author, const struct change *change)
{
    char notice[32];
    snprintf(notice, sizeof notice, "%lld:e::0", (long long)author->instance);
    pg_add_int(c, change->expected);
    pg_add_int(c, change->session.last_seen_at);
    pg_add_text(c, span_of(notice));
    pg_send(c, "end_everybody");
}

// How many statements were sent.
static size_t
send_change(struct pg *c, const struct pg_author *author, const struct change *change)
{
    switch (change->kind) {
    case CHANGE_PUT_USER:
        send_put(c, author, change);
        return 1;
    case CHANGE_NEW_SESSION:
        send_new(c, change);
        return 1;
    case CHANGE_EDIT_SESSION:
        send_edit(c, change);
        return 1;
    case CHANGE_TOUCH_SESSIONS:
        send_touches(c, change);
        return change->count;
    case CHANGE_END_SESSION:
        send_end(c, author, change);
        return 1;
    case CHANGE_DELETE_USER:
        send_delete(c, author, change);
        return DELETE_STATEMENTS;
    case CHANGE_END_EVERYBODY:
        send_end_everybody(c, author, change);
        return 1;
    }
    ASSERT(!"a kind of change");
    return 0;
}

// --- What others are told ---------------------------------------------------------------------

static void
add_line(struct text *lines, int64_t instance, char kind, struct span id, int64_t version)
{
    text_addf(lines, "%lld:%c:%.*s:%lld\n", (long long)instance, kind, (int)id.len, id.data,
              (long long)version);
}

static void
add_lines(struct text *lines, int64_t instance, const struct change *c)
{
    struct span user = user_of(c);
    if (c->kind == CHANGE_TOUCH_SESSIONS)
        for (size_t i = 0; i < c->count; i++)
            add_line(lines, instance, 's', c->touches[i].id, 0);
    else if (user.data)
        add_line(lines, instance, 'u', user, c->kind == CHANGE_PUT_USER ? c->user.version : 0);
}

static void
send_notice(struct pg *c, const char *payload, size_t len)
{
    pg_add_text(c, (struct span){payload, len});
    pg_send(c, "notify");
}

// As many whole lines as one notice takes.
static size_t
cut(const char *lines, size_t len)
{
    const char *newline = len > NOTICE_SIZE ? memrchr(lines, '\n', NOTICE_SIZE) : NULL;
    return newline ? (size_t)(newline + 1 - lines) : len;
}

static size_t
send_lines(struct pg *c, const struct text *lines)
{
    size_t sent = 0, at = 0;
    for (; at < lines->len; sent++) {
        size_t len = cut(lines->data + at, lines->len - at);
        send_notice(c, lines->data + at, len);
        at += len;
    }
    return sent;
}

static size_t
send_anything(struct pg *c, int64_t instance)
{
    char anything[32];
    int len = snprintf(anything, sizeof anything, "%lld:*", (long long)instance);
    send_notice(c, anything, (size_t)len);
    return 1;
}

// How many were sent.
static size_t
send_notices(struct pg *c, const struct pg_author *author, const struct change *first)
{
    struct text lines;
    text_init(&lines);
    for (; first && lines.len <= LINES_MOST; first = first->next)
        add_lines(&lines, author->instance, first);
    size_t sent = lines.failed || lines.len > LINES_MOST ? send_anything(c, author->instance)
                                                         : send_lines(c, &lines);
    text_fini(&lines);
    return sent;
}

// --- The transaction --------------------------------------------------------------------------

static enum change_result
take_count(struct pg *c, struct change *to)
{
    bool answered = pg_next(c) == PG_OK && pg_rows(c) == 1;
    to->count = answered ? (size_t)pg_get_int(c, 0, 0) : 0;
    return answered && (int64_t)to->count != to->expected ? CHANGE_STALE : CHANGE_APPLIED;
}

// A change of several statements, and one that expects nothing, is never stale.
static void
take_result(struct pg *c, const struct change *change, size_t statements)
{
    struct change *to = (struct change *)change; // its result is the store's to set
    bool expects = change->expected != 0 || change->most > 0;
    if (change->kind == CHANGE_END_EVERYBODY) {
        to->result = take_count(c, to);
        return;
    }
    for (size_t i = 0; i < statements; i++)
        pg_next(c);
    to->result = CHANGE_APPLIED;
    if (expects && statements == 1 && pg_changed(c) == 0)
        to->result = CHANGE_STALE;
}

static void
take_all(struct pg *c, size_t count)
{
    for (size_t i = 0; i < count; i++)
        pg_next(c);
}

static size_t
statements_of(const struct change *c)
{
    return c->kind == CHANGE_TOUCH_SESSIONS ? c->count
           : c->kind == CHANGE_DELETE_USER  ? DELETE_STATEMENTS
                                            : 1;
}

// What keeps all others out comes before any row is held, or two would wait for each other.
static bool
send_lock_of_everybody(struct pg *c, const struct change *first)
{
    while (first && first->kind != CHANGE_END_EVERYBODY)
        first = first->next;
    if (first)
        pg_send(c, "lock_everybody");
    return first != NULL;
}

enum pg_fault
pg_batch_run(struct pg *c, struct pg_author *author, const struct change *first)
{
    enum { BEFORE = 2 }; // begin, locks or probe
    pg_send(c, "begin");
    bool locks_all = send_lock_of_everybody(c, first);
    if (first)
        send_locks(c, author, first);
    else
        pg_send(c, "probe");
    for (const struct change *change = first; change; change = change->next) {
        size_t sent = send_change(c, author, change);
        ASSERT(sent == statements_of(change));
    }
    size_t notices = send_notices(c, author, first);
    pg_has_warned(c);
    pg_send(c, "commit");
    pg_sync(c);
    take_all(c, BEFORE + locks_all);
    for (const struct change *change = first; change; change = change->next)
        take_result(c, change, statements_of(change));
    take_all(c, notices + 1);
    enum pg_fault fault = pg_end(c);
    if (fault == PG_REFUSED || fault == PG_CONFLICT)
        pg_execute(c, "ROLLBACK");
    else if (fault == PG_OK && pg_has_warned(c))
        fault = PG_UNSURE;
    author->notices += fault == PG_OK ? notices : 0;
    return fault;
}
