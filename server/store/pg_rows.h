// SPDX-License-Identifier: MIT
//
// pg_rows: users and sessions out of PostgreSQL's answers, and the layout that they lie in.
#ifndef STORE_PG_ROWS_H
#define STORE_PG_ROWS_H

#include "store/pg.h"
#include "store/store.h"

enum { PG_USER_COLUMNS = 8 };

// Rows that borrow from the answer.
void pg_read_user(const struct pg *c, size_t row, struct user_row *user);
void pg_read_session(const struct pg *c, size_t row, struct session_row *session);

// A user with all sessions, kept beyond the answers that they came in.
struct pg_state {
    bool has_user;
    struct user_row user;
    struct session_row *sessions;
    size_t count;
    struct text user_bytes, session_bytes;
};

void pg_state_init(struct pg_state *s);
void pg_state_fini(struct pg_state *s);
// What was taken before is given up: a question may be asked twice. False: out of memory.
bool pg_state_take_user(struct pg_state *s, const struct pg *c);
bool pg_state_take_sessions(struct pg_state *s, const struct pg *c);

// Makes or migrates the tables, one instance at a time; gives the key of the slots, and a number
// that no other opening gets. False: [error] says why.
bool pg_layout_bring_up(struct pg *c, uint8_t slot_key[SLOT_KEY_SIZE], int64_t *instance,
                        char *error, size_t error_size);

#endif
