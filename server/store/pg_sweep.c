// SPDX-License-Identifier: MIT
//
// pg_sweep: removes what is left of everybody's sessions, a few users at a time.
//
// Their rows are locked in the order of their ids, as those of a batch, which waits for as long as
// a few users take. Any instance may do it, and several at once.
#include "store/pg_sweep.h"

#include "store/pg_array.h"

enum { SESSIONS_A_SLICE = 500 };

static void
add_slots(struct pg *c, int64_t from, int64_t to)
{
    pg_add_int(c, from);
    pg_add_int(c, to);
}

static enum pg_fault
list(struct pg *c, int64_t from, int64_t to, struct pg_array *users)
{
    add_slots(c, from, to);
    pg_add_int(c, SESSIONS_A_SLICE);
    pg_send(c, "list_left");
    pg_sync(c);
    if (pg_next(c) == PG_OK)
        for (size_t i = 0; i < pg_rows(c); i++)
            pg_array_add_bytes(users, pg_get_text(c, i, 0));
    enum pg_fault fault = pg_end(c);
    return fault == PG_OK && users->bytes.failed ? PG_MEMORY : fault;
}

static enum pg_fault
remove_left(struct pg *c, int64_t from, int64_t to, const struct pg_array *users)
{
    static const char *const statements[] = {"lock_left", "remove_left"};
    pg_send(c, "begin");
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        add_slots(c, from, to);
        pg_add_blob(c, users->bytes.data, users->bytes.len);
        pg_send(c, statements[i]);
    }
    pg_send(c, "commit");
    pg_sync(c);
    enum pg_fault fault = pg_end(c);
    if (fault != PG_OK && fault != PG_LOST)
        pg_execute(c, "ROLLBACK");
    return fault;
}

enum pg_fault
pg_sweep(struct pg *c, int64_t from, int64_t to, bool *left)
{
    struct pg_array users;
    pg_array_init(&users, PG_TEXT);
    enum pg_fault fault = list(c, from, to, &users);
    *left = users.count > 0;
    if (fault == PG_OK && *left)
        fault = remove_left(c, from, to, &users);
    pg_array_fini(&users);
    // Somebody else was in the way; there is another time.
    return fault == PG_CONFLICT ? PG_OK : fault;
}

enum pg_fault
pg_sweep_end(struct pg *c)
{
    pg_send(c, "nothing_left");
    pg_sync(c);
    return pg_end(c);
}
