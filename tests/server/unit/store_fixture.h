// SPDX-License-Identifier: MIT
//
// One store a test, of whichever kind, and what tests put in and expect back.
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include "base/text.h"
#include "postgres.h"
#include "store/store.h"
#include "support.h"

struct fixture {
    char *directory, *path;
    struct config config;
    struct store *store;
};

static struct postgres_server postgres_server;

static inline int
open_store(const char *kind, void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    char error[256];
    f->directory = tempdir_new();
    assert_true(asprintf(&f->path, "%s/var/x.db", f->directory) > 0);
    f->config.store_kind = (char *)kind;
    f->config.store_path = f->path;
    f->config.store_conninfo = postgres_server.conninfo;
    f->config.store_bound_ms = 1000;
    f->store = store_open(&f->config, error, sizeof(error));
    *state = f;
    return f->store ? 0 : -1;
}

static inline int
open_sqlite(void **state)
{
    return open_store("sqlite", state);
}

static inline int
open_memory(void **state)
{
    return open_store("memory", state);
}

// Each test finds an empty database.
static inline int
open_postgres(void **state)
{
    postgres_run(&postgres_server, "DROP SCHEMA IF EXISTS tenured CASCADE");
    return open_store("postgres", state);
}

static inline int
start_postgres(void **state)
{
    postgres_start(&postgres_server);
    return 0;
}

static inline int
stop_postgres(void **state)
{
    postgres_stop(&postgres_server);
    return 0;
}

static inline int
close_store(void **state)
{
    struct fixture *f = *state;
    f->store->ops->close(f->store);
    tempdir_free(f->directory);
    free(f->path);
    free(f);
    return 0;
}

// --- Rows and batches -------------------------------------------------------------------------

static inline struct change
user_change(const char *id, const char *name, int64_t version)
{
    return (struct change){.kind = CHANGE_PUT_USER,
                           .user = {.id = span_of(id),
                                    .name = span_of(name),
                                    .email = SPAN("ada@example.org"),
                                    .attributes = SPAN("{\"plan\":\"free\"}"),
                                    .version = version,
                                    .created_at = 1000,
                                    .updated_at = 2000}};
}

static inline struct change
session_change(int64_t k, const char *user)
{
    struct change c = {.kind = CHANGE_NEW_SESSION,
                       .session = {.k = k,
                                   .id = SPAN("s_0001"),
                                   .user_id = span_of(user),
                                   .data = SPAN("{\"cart\":[1,2]}"),
                                   .client = SPAN("{\"ip\":\"10.0.0.1\"}"),
                                   .version = 1,
                                   .created_at = 1,
                                   .last_seen_at = 2,
                                   .idle_ttl = 3,
                                   .idle_expires_at = 4,
                                   .expires_at = 5}};
    memset(c.session.token_hash, (int)k, TOKEN_HASH_SIZE);
    return c;
}

static inline struct change
end_change(int64_t k, const char *user, const char *last)
{
    return (struct change){.kind = CHANGE_END_SESSION,
                           .session = {.k = k, .id = SPAN("s_0001"), .user_id = span_of(user)},
                           .user = {.last_session = span_of(last)}};
}

static inline bool
apply_all(struct fixture *f, struct change *changes, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++)
        changes[i].next = &changes[i + 1];
    return f->store->ops->apply(f->store, changes);
}

static inline bool
apply_one(struct fixture *f, struct change c)
{
    return apply_all(f, &c, 1);
}

// What the store gave, as text that outlives the call.
struct seen {
    struct text text;
    size_t count, limit;
};

static inline void
note_user(void *arg, const struct user_row *u)
{
    struct seen *seen = arg;
    seen->count++;
    text_add_span(&seen->text, u->id);
    text_adds(&seen->text, " ");
    text_add_span(&seen->text, u->name);
    text_adds(&seen->text, " ");
    text_adds(&seen->text, u->email.data ? "" : "(none)");
    text_add_span(&seen->text, u->email);
    text_adds(&seen->text, " ");
    text_add_span(&seen->text, u->attributes);
    text_addf(&seen->text, " v%lld %lld %lld last ", (long long)u->version,
              (long long)u->created_at, (long long)u->updated_at);
    text_adds(&seen->text, u->last_session.data ? "" : "(none)");
    text_add_span(&seen->text, u->last_session);
}

static inline bool
note_session(void *arg, const struct session_row *s)
{
    struct seen *seen = arg;
    seen->count++;
    text_addf(&seen->text, "%lld ", (long long)s->k);
    text_add_span(&seen->text, s->user_id);
    text_adds(&seen->text, ";");
    return seen->count < seen->limit;
}

static inline void
assert_user(struct fixture *f, const char *id, const char *expected)
{
    struct seen seen = {0};
    text_init(&seen.text);
    assert_true(f->store->ops->load_user(f->store, span_of(id), note_user, &seen));
    assert_int_equal(seen.count, expected ? 1 : 0);
    if (expected)
        assert_string_equal(seen.text.data, expected);
    text_fini(&seen.text);
}

static inline void
assert_sessions(struct fixture *f, const char *expected)
{
    struct seen seen = {.limit = SIZE_MAX};
    char error[256];
    text_init(&seen.text);
    text_adds(&seen.text, "");
    assert_true(f->store->ops->load_sessions(f->store, note_session, &seen, error, sizeof(error)));
    assert_string_equal(seen.text.data ? seen.text.data : "", expected);
    text_fini(&seen.text);
}

#define ON_SQLITE(name)   cmocka_unit_test_setup_teardown(name, open_sqlite, close_store),
#define ON_MEMORY(name)   cmocka_unit_test_setup_teardown(name, open_memory, close_store),
#define ON_POSTGRES(name) cmocka_unit_test_setup_teardown(name, open_postgres, close_store),

#endif
