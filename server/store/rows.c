// SPDX-License-Identifier: MIT
//
// rows: users, sessions and changes as SQLite's statements, and back.
//
// Parameters are added and columns taken in the order in which schema.h names them.
#include "store/rows.h"

#include "base/assert.h"

#include <string.h>

const char *const rows_sql[STATEMENT_COUNT] = {
#define STATEMENT_SQL(name, sql) [name] = (sql),
    SCHEMA_STATEMENTS(STATEMENT_SQL)
#undef STATEMENT_SQL
};

// Nothing looks at the checksum of a page. What is shown as it lies there is an object at least.
static bool
is_object(struct span json)
{
    return json.len >= 2 && json.data[0] == '{' && json.data[json.len - 1] == '}';
}

bool
rows_take_user(struct statement *s, struct user_row *user)
{
    user->id = statement_take_text(s);
    user->name = statement_take_text(s);
    user->email = statement_take_text(s);
    user->attributes = statement_take_text(s);
    user->version = statement_take_int(s);
    user->created_at = statement_take_int(s);
    user->updated_at = statement_take_int(s);
    user->last_session = statement_take_text(s);
    user->sessions = 0;
    return user->id.len > 0 && user->name.data && is_object(user->attributes) &&
           (!user->last_session.data || is_object(user->last_session));
}

bool
rows_take_session(struct statement *s, struct session_row *session)
{
    session->k = statement_take_int(s);
    session->id = statement_take_text(s);
    session->user_id = statement_take_text(s);
    session->data = statement_take_text(s);
    session->client = statement_take_text(s);
    struct span hash = statement_take_text(s);
    session->version = statement_take_int(s);
    session->created_at = statement_take_int(s);
    session->last_seen_at = statement_take_int(s);
    session->idle_ttl = statement_take_int(s);
    session->idle_expires_at = statement_take_int(s);
    session->expires_at = statement_take_int(s);
    if (hash.len != TOKEN_HASH_SIZE || !is_object(session->data) ||
        (session->client.data && !is_object(session->client)))
        return false;
    memcpy(session->token_hash, hash.data, TOKEN_HASH_SIZE);
    return true;
}

static enum db_fault
put_user(struct statement *statements, const struct user_row *user)
{
    struct statement *s = &statements[PUT_USER];
    statement_add_text(s, user->id);
    statement_add_text(s, user->name);
    statement_add_text(s, user->email);
    statement_add_text(s, user->attributes);
    statement_add_int(s, user->version);
    statement_add_int(s, user->created_at);
    statement_add_int(s, user->updated_at);
    return statement_run(s);
}

static enum db_fault
new_session(struct statement *statements, const struct session_row *session)
{
    struct statement *s = &statements[NEW_SESSION];
    statement_add_int(s, session->k);
    statement_add_text(s, session->id);
    statement_add_text(s, session->user_id);
    statement_add_text(s, session->data);
    statement_add_text(s, session->client);
    statement_add_blob(s, session->token_hash, TOKEN_HASH_SIZE);
    statement_add_int(s, session->version);
    statement_add_int(s, session->created_at);
    statement_add_int(s, session->last_seen_at);
    statement_add_int(s, session->idle_ttl);
    statement_add_int(s, session->idle_expires_at);
    statement_add_int(s, session->expires_at);
    return statement_run(s);
}

static enum db_fault
edit_session(struct statement *statements, const struct session_row *session)
{
    struct statement *s = &statements[EDIT_SESSION];
    statement_add_int(s, session->k);
    statement_add_text(s, session->data);
    statement_add_blob(s, session->token_hash, TOKEN_HASH_SIZE);
    statement_add_int(s, session->version);
    return statement_run(s);
}

static enum db_fault
touch_sessions(struct statement *statements, const struct touch *touches, size_t count)
{
    struct statement *s = &statements[TOUCH_SESSION];
    enum db_fault fault = DB_OK;
    for (size_t i = 0; i < count && fault == DB_OK; i++) {
        statement_add_int(s, touches[i].k);
        statement_add_int(s, touches[i].last_seen_at);
        statement_add_int(s, touches[i].idle_expires_at);
        fault = statement_run(s);
    }
    return fault;
}

static enum db_fault
delete_session(struct statement *statements, int64_t k)
{
    struct statement *s = &statements[DELETE_SESSION];
    statement_add_int(s, k);
    return statement_run(s);
}

static enum db_fault
end_session(struct statement *statements, const struct change *c)
{
    enum db_fault fault = delete_session(statements, c->session.k);
    if (fault != DB_OK)
        return fault;
    struct statement *s = &statements[SET_LAST_SESSION];
    statement_add_text(s, c->user.last_session);
    statement_add_text(s, c->session.user_id);
    return statement_run(s);
}

static enum db_fault
delete_user(struct statement *statements, const struct change *c)
{
    enum db_fault fault = DB_OK;
    for (size_t i = 0; i < c->count && fault == DB_OK; i++)
        fault = delete_session(statements, c->keys[i]);
    if (fault != DB_OK)
        return fault;
    struct statement *s = &statements[DELETE_USER];
    statement_add_text(s, c->user.id);
    return statement_run(s);
}

enum db_fault
rows_write_change(struct statement statements[STATEMENT_COUNT], const struct change *c)
{
    switch (c->kind) {
    case CHANGE_PUT_USER:
        return put_user(statements, &c->user);
    case CHANGE_NEW_SESSION:
        return new_session(statements, &c->session);
    case CHANGE_EDIT_SESSION:
        return edit_session(statements, &c->session);
    case CHANGE_TOUCH_SESSIONS:
        return touch_sessions(statements, c->touches, c->count);
    case CHANGE_END_SESSION:
        return end_session(statements, c);
    case CHANGE_DELETE_USER:
        return delete_user(statements, c);
    case CHANGE_END_EVERYBODY:
        break;
    }
    ASSERT(!"a kind of change");
    return DB_MISUSED;
}
