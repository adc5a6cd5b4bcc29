// SPDX-License-Identifier: MIT
//
// rows: users, sessions and changes as SQLite's statements, and back.
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "store/db.h"
#include "store/schema.h"
#include "store/store.h"

enum statement_name {
#define STATEMENT_NAME(name, sql) name,
    SCHEMA_STATEMENTS(STATEMENT_NAME)
#undef STATEMENT_NAME
        STATEMENT_COUNT
};

extern const char *const rows_sql[STATEMENT_COUNT];

// Rows that borrow from the statement until its next step. False: it is no user, or no session.
bool rows_take_user(struct statement *s, struct user_row *user);
bool rows_take_session(struct statement *s, struct session_row *session);
// Runs what [c] asks for. [statements] are prepared from rows_sql.
enum db_fault rows_write_change(struct statement statements[STATEMENT_COUNT],
                                const struct change *c);

#endif
