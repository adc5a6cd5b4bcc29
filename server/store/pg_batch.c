// SPDX-License-Identifier: MIT
//
// pg_batch: a batch of changes as one transaction in PostgreSQL's pipeline.
//
// The rows of the users come first, in the order of their ids: whoever changes something of a user
// holds that row, so two instances wait for each other in one order, and a count of sessions is
// still true when the session is inserted.
#include "store/pg_batch.h"

#include "store/pg_array.h"
#include "store/pg_notice.h"

// --- Locks ------------------------------------------------------------------------------------

// False: out of memory.
static bool
send_locks(struct pg *c, const struct pg_author *author, const struct change *first)
{
    struct pg_array ids, slots;
    pg_array_init(&ids, PG_TEXT);
    pg_array_init(&slots, PG_BIGINT);
    for (; first; first = first->next) {
        struct span user = pg_change_user(first);
        if (!user.data)
            continue;
        pg_array_add_bytes(&ids, user);
        pg_array_add_int(&slots, store_slot_of_user(author->slot_key, user));
    }
    bool fit = !ids.bytes.failed && !slots.bytes.failed;
    if (fit) {
        pg_add_blob(c, ids.bytes.data, ids.bytes.len);
        pg_add_blob(c, slots.bytes.data, slots.bytes.len);
        pg_send(c, "lock_users");
    }
    pg_array_fini(&ids);
    pg_array_fini(&slots);
    return fit;
}

// --- What others are told ---------------------------------------------------------------------

static void
add_lines(struct pg_notices *n, const struct change *c)
{
    struct span user = pg_change_user(c);
    if (c->kind == CHANGE_TOUCH_SESSIONS)
        for (size_t i = 0; i < c->count; i++)
            pg_notices_add(n, 's', c->touches[i].id, 0);
    else if (user.data)
        pg_notices_add(n, 'u', user, c->kind == CHANGE_PUT_USER ? c->user.version : 0);
}

static size_t
send_notices(struct pg *c, const struct pg_author *author, const struct change *first)
{
    struct pg_notices notices;
    pg_notices_init(&notices, author->instance);
    for (; first; first = first->next)
        add_lines(&notices, first);
    size_t sent = pg_notices_send(&notices, c);
    pg_notices_fini(&notices);
    return sent;
}

// --- The transaction --------------------------------------------------------------------------

static void
take_all(struct pg *c, size_t count)
{
    for (size_t i = 0; i < count; i++)
        pg_next(c);
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

static bool
send_changes(struct pg *c, const struct pg_author *author, const struct change *first)
{
    bool sent = true;
    for (const struct change *end; sent && first; first = end) {
        end = pg_change_end(first);
        sent = pg_change_send(c, author, first, end);
    }
    return sent;
}

static void
take_changes(struct pg *c, const struct change *first)
{
    for (const struct change *end; first; first = end) {
        end = pg_change_end(first);
        pg_change_take(c, first, end);
    }
}

// Without a commit nothing happened.
static enum pg_fault
give_up(struct pg *c)
{
    pg_sync(c);
    enum pg_fault fault = pg_end(c);
    return fault == PG_LOST ? fault : PG_MEMORY;
}

static enum pg_fault
run(struct pg *c, const struct pg_author *author, const struct change *first, size_t *notices)
{
    enum { BEFORE = 2 }; // begin, locks or probe
    pg_send(c, "begin");
    bool locks_all = send_lock_of_everybody(c, first);
    if (!first)
        pg_send(c, "probe");
    else if (!send_locks(c, author, first) || !send_changes(c, author, first))
        return give_up(c);
    *notices = send_notices(c, author, first);
    pg_has_warned(c);
    pg_send(c, "commit");
    pg_sync(c);
    take_all(c, BEFORE + locks_all);
    take_changes(c, first);
    take_all(c, *notices + 1);
    return pg_end(c);
}

enum pg_fault
pg_batch_run(struct pg *c, struct pg_author *author, const struct change *first)
{
    size_t notices = 0;
    enum pg_fault fault = run(c, author, first, &notices);
    if (fault == PG_REFUSED || fault == PG_CONFLICT || fault == PG_MEMORY)
        pg_execute(c, "ROLLBACK");
    else if (fault == PG_OK && pg_has_warned(c))
        fault = PG_UNSURE;
    author->notices += fault == PG_OK ? notices : 0;
    return fault;
}
