// SPDX-License-Identifier: MIT
//
// pg_rows: users and sessions out of PostgreSQL's answers, and the layout that they lie in.
#include "store/pg_rows.h"

#include "base/assert.h"
#include "base/secret.h"
#include "store/pg_layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- Rows -------------------------------------------------------------------------------------

void
pg_read_user(const struct pg *c, size_t row, struct user_row *user)
{
    *user = (struct user_row){.id = pg_get_text(c, row, 0),
                              .name = pg_get_text(c, row, 1),
                              .email = pg_get_text(c, row, 2),
                              .attributes = pg_get_text(c, row, 3),
                              .version = pg_get_int(c, row, 4),
                              .created_at = pg_get_int(c, row, 5),
                              .updated_at = pg_get_int(c, row, 6),
                              .last_session = pg_get_text(c, row, 7)};
}

void
pg_read_session(const struct pg *c, size_t row, struct session_row *session)
{
    *session = (struct session_row){.k = pg_get_int(c, row, 0),
                                    .id = pg_get_text(c, row, 1),
                                    .user_id = pg_get_text(c, row, 2),
                                    .data = pg_get_text(c, row, 3),
                                    .client = pg_get_text(c, row, 4),
                                    .version = pg_get_int(c, row, 6),
                                    .created_at = pg_get_int(c, row, 7),
                                    .last_seen_at = pg_get_int(c, row, 8),
                                    .idle_ttl = pg_get_int(c, row, 9),
                                    .idle_expires_at = pg_get_int(c, row, 10),
                                    .expires_at = pg_get_int(c, row, 11)};
    struct span hash = pg_get_text(c, row, 5);
    if (hash.len == TOKEN_HASH_SIZE)
        memcpy(session->token_hash, hash.data, TOKEN_HASH_SIZE);
}

// --- A state ----------------------------------------------------------------------------------

void
pg_state_init(struct pg_state *s)
{
    *s = (struct pg_state){.has_user = false};
    text_init(&s->user_bytes);
    text_init(&s->session_bytes);
}

void
pg_state_fini(struct pg_state *s)
{
    text_fini(&s->user_bytes);
    text_fini(&s->session_bytes);
    free(s->sessions);
    *s = (struct pg_state){.has_user = false};
}

// Texts first go in one behind the other; where they lie is known when all are there.
static void
keep(struct text *t, struct span s)
{
    if (s.data)
        text_add(t, s.data, s.len);
}

static void
point(struct span *s, const char **at)
{
    if (!s->data)
        return;
    s->data = s->len ? *at : "";
    *at += s->len;
}

bool
pg_state_take_user(struct pg_state *s, const struct pg *c)
{
    struct user_row *u = &s->user;
    pg_state_fini(s);
    pg_state_init(s);
    s->has_user = pg_rows(c) > 0;
    if (!s->has_user)
        return true;
    pg_read_user(c, 0, u);
    struct span *const spans[] = {&u->id, &u->name, &u->email, &u->attributes, &u->last_session};
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++)
        keep(&s->user_bytes, *spans[i]);
    const char *at = s->user_bytes.data;
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++)
        point(spans[i], &at);
    return !s->user_bytes.failed;
}

static void
keep_session(struct pg_state *s, const struct session_row *x)
{
    keep(&s->session_bytes, x->id);
    keep(&s->session_bytes, x->user_id);
    keep(&s->session_bytes, x->data);
    keep(&s->session_bytes, x->client);
}

bool
pg_state_take_sessions(struct pg_state *s, const struct pg *c)
{
    s->count = pg_rows(c);
    s->sessions = calloc(s->count + 1, sizeof *s->sessions);
    if (!s->sessions)
        return false;
    for (size_t i = 0; i < s->count; i++) {
        pg_read_session(c, i, &s->sessions[i]);
        keep_session(s, &s->sessions[i]);
    }
    const char *at = s->session_bytes.data;
    for (size_t i = 0; i < s->count; i++) {
        struct session_row *x = &s->sessions[i];
        point(&x->id, &at);
        point(&x->user_id, &at);
        point(&x->data, &at);
        point(&x->client, &at);
    }
    return !s->session_bytes.failed;
}

// --- The layout -------------------------------------------------------------------------------

static enum pg_fault
read_version(struct pg *c, int64_t *version)
{
    int64_t there = 0;
    *version = 0;
    enum pg_fault fault = pg_select_int(
        c, "SELECT count(*) FROM pg_tables WHERE schemaname = 'tenured' AND tablename = 'meta'",
        &there);
    if (fault != PG_OK || there == 0)
        return fault;
    return pg_select_int(c, "SELECT number FROM tenured.meta WHERE name = 'schema_version'",
                         version);
}

static enum pg_fault
migrate_from(struct pg *c, int64_t version)
{
    static const char *const steps[PG_SCHEMA_VERSION] = PG_SCHEMA_STEPS;
    char stamp[96];
    enum pg_fault fault = PG_OK;
    for (int64_t v = version; v < PG_SCHEMA_VERSION && fault == PG_OK; v++)
        fault = pg_execute(c, steps[v]);
    snprintf(stamp, sizeof stamp,
             "UPDATE tenured.meta SET number = %d WHERE name = 'schema_version'",
             PG_SCHEMA_VERSION);
    return fault == PG_OK ? pg_execute(c, stamp) : fault;
}

// The key is hexadecimal in the statement, so that nothing of it has to be quoted.
static enum pg_fault
make_slot_key(struct pg *c)
{
    uint8_t key[SLOT_KEY_SIZE];
    char hex[2 * SLOT_KEY_SIZE + 1], sql[192];
    secret_random(key, sizeof key);
    for (size_t i = 0; i < sizeof key; i++)
        snprintf(hex + 2 * i, 3, "%02x", key[i]);
    snprintf(sql, sizeof sql,
             "INSERT INTO tenured.meta(name, bytes) VALUES('slot_key', '\\x%s') "
             "ON CONFLICT(name) DO NOTHING",
             hex);
    enum pg_fault fault = pg_execute(c, sql);
    secret_wipe(key, sizeof key);
    secret_wipe(hex, sizeof hex);
    secret_wipe(sql, sizeof sql);
    return fault;
}

static enum pg_fault
read_slot_key(struct pg *c, uint8_t slot_key[SLOT_KEY_SIZE])
{
    enum pg_fault fault =
        pg_prepare(c, "slot_key", "SELECT bytes FROM tenured.meta WHERE name = 'slot_key'");
    if (fault != PG_OK)
        return fault;
    pg_send(c, "slot_key");
    pg_sync(c);
    struct span key =
        pg_next(c) == PG_OK && pg_rows(c) == 1 ? pg_get_text(c, 0, 0) : (struct span){0};
    if (key.len == SLOT_KEY_SIZE)
        memcpy(slot_key, key.data, SLOT_KEY_SIZE);
    fault = pg_end(c);
    return fault == PG_OK && key.len != SLOT_KEY_SIZE ? PG_REFUSED : fault;
}

static enum pg_fault
bring_up(struct pg *c, int64_t *version)
{
    enum pg_fault fault = pg_execute(c, "BEGIN; SET LOCAL lock_timeout = '30s'; " PG_SCHEMA_LOCK);
    if (fault == PG_OK)
        fault = read_version(c, version);
    if (fault == PG_OK && *version < PG_SCHEMA_VERSION)
        fault = migrate_from(c, *version);
    if (fault == PG_OK)
        fault = make_slot_key(c);
    pg_has_warned(c);
    return fault == PG_OK ? pg_execute(c, "COMMIT") : fault;
}

bool
pg_layout_bring_up(struct pg *c, uint8_t slot_key[SLOT_KEY_SIZE], int64_t *instance, char *error,
                   size_t error_size)
{
    int64_t version = 0;
    enum pg_fault fault = bring_up(c, &version);
    if (fault == PG_OK && version > PG_SCHEMA_VERSION) {
        snprintf(error, error_size,
                 "the schema has version %lld and this program knows %d; run the version that "
                 "wrote it",
                 (long long)version, PG_SCHEMA_VERSION);
        return false;
    }
    if (fault == PG_OK)
        fault = read_slot_key(c, slot_key);
    if (fault == PG_OK)
        fault = pg_select_int(c, "SELECT nextval('tenured.instances')", instance);
    if (fault == PG_OK && pg_has_warned(c)) // or two instances may get one number
        fault = PG_UNSURE;
    if (fault != PG_OK)
        snprintf(error, error_size, "the server %s: %s", pg_fault_sentence(fault), pg_complaint(c));
    return fault == PG_OK;
}
