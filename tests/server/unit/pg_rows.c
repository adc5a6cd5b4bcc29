// SPDX-License-Identifier: MIT
//
// The layout that users and sessions lie in: an older one is brought up with what is in it, a newer
// one is left alone.
#include "store_fixture.h"

#include "store/pg.h"
#include "store/pg_layout.h"

static void
execute(const char *sql)
{
    struct pg *c = postgres_connect();
    assert_int_equal(pg_execute(c, sql), PG_OK);
    pg_close(c);
}

static void
reopen(struct fixture *f, char error[256])
{
    f->store = store_open(&f->config, error, 256);
}

static void
a_layout_of_the_first_version_is_brought_up(void **state)
{
    struct fixture *f = *state;
    char error[256];
    f->store->ops->close(f->store);
    execute("DROP SCHEMA tenured CASCADE");
    execute("BEGIN; " PG_SCHEMA_CREATE "; COMMIT");
    execute("INSERT INTO tenured.sessions(k, slot, id, user_id, data, token_hash, version, "
            "created_at, last_seen_at, idle_ttl, idle_expires_at, expires_at) "
            "VALUES(1, 1, 's_0001', 'ada', '{}', '', 1, 1, 1, 1, 4, 5)");
    reopen(f, error);
    assert_non_null(f->store);
    assert_sessions(f, "1 ada;");
    assert_true(apply_one(f, session_change(2, "ada")));
    assert_sessions(f, "1 ada;2 ada;");
    f->store->ops->close(f->store);
    reopen(f, error); // what is up is not touched
    assert_sessions(f, "1 ada;2 ada;");
}

static void
a_newer_layout_is_refused_in_a_sentence(void **state)
{
    struct fixture *f = *state;
    char error[256], is_up[64];
    f->store->ops->close(f->store);
    execute("UPDATE tenured.meta SET number = 99 WHERE name = 'schema_version'");
    reopen(f, error);
    assert_null(f->store);
    snprintf(is_up, sizeof is_up, "version 99 and this program knows %d", PG_SCHEMA_VERSION);
    assert_non_null(strstr(error, is_up));
    execute("DROP SCHEMA tenured CASCADE");
    reopen(f, error);
    assert_non_null(f->store);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {ON_POSTGRES(a_layout_of_the_first_version_is_brought_up)
                                           ON_POSTGRES(a_newer_layout_is_refused_in_a_sentence)};
    return postgres_is_there() ? cmocka_run_group_tests(tests, postgres_start, postgres_stop) : 0;
}
