// SPDX-License-Identifier: MIT
//
// The layout that users and sessions lie in: an older one is brought up with what is in it, a newer
// one is left alone. And rows that are kept beyond their answer.
#include "store_fixture.h"

#include "store/pg.h"
#include "store/pg_layout.h"
#include "store/pg_rows.h"

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

// A standby may not have the key of the slots then, and another key after a failover finds nobody.
static void
a_layout_that_was_committed_with_a_warning_is_refused(void **state)
{
    struct fixture *f = *state;
    char error[256];
    f->store->ops->close(f->store);
    execute("CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE WARNING "
            "''unsure''; RETURN NULL; END'; CREATE CONSTRAINT TRIGGER w AFTER INSERT ON "
            "tenured.meta DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION warn(); "
            "DELETE FROM tenured.meta WHERE name = 'slot_key'");
    reopen(f, error);
    assert_null(f->store);
    assert_non_null(strstr(error, "committed with a warning"));
    reopen(f, error); // the next start finds it there
    assert_non_null(f->store);
    execute("DROP FUNCTION warn() CASCADE");
}

static void
ask_for(struct pg *c, const char *sql, bool (*take)(struct pg_state *s, const struct pg *c),
        struct pg_state *to)
{
    assert_int_equal(pg_prepare(c, "", sql), PG_OK);
    pg_send(c, "");
    pg_sync(c);
    assert_int_equal(pg_next(c), PG_OK);
    assert_true(take(to, c));
    assert_int_equal(pg_end(c), PG_OK);
}

#define USER    "SELECT 'ada', 'Ada', NULL::text, '{}', 1::bigint, 1::bigint, 1::bigint, NULL::text"
#define ANOTHER "SELECT 'bo', 'Bo', 'b@o', '{\"a\":1}', 2::bigint, 1::bigint, 1::bigint, 'last'"
#define SESSION(id, data)                                                                          \
    "SELECT 1::bigint, '" id "', 'ada', '" data "', NULL::text, 'h'::bytea, 1::bigint, "           \
    "1::bigint, 1::bigint, 1::bigint, 1::bigint, 1::bigint"

// The connection was lost behind the first answers.
static void
a_question_that_is_asked_twice_has_the_second_answer(void **state)
{
    struct pg *c = postgres_connect();
    struct pg_state s;
    pg_state_init(&s);
    ask_for(c, USER, pg_state_take_user, &s);
    ask_for(c, SESSION("s_1", "{}") " UNION ALL " SESSION("s_2", "{}"), pg_state_take_sessions, &s);
    assert_int_equal(s.count, 2);
    ask_for(c, ANOTHER, pg_state_take_user, &s);
    assert_int_equal(s.count, 0);
    ask_for(c, SESSION("s_34", "{\"b\":2}"), pg_state_take_sessions, &s);
    assert_true(span_equal(s.user.id, SPAN("bo")));
    assert_true(span_equal(s.user.attributes, SPAN("{\"a\":1}")));
    assert_true(span_equal(s.user.last_session, SPAN("last")));
    assert_int_equal(s.count, 1);
    assert_true(span_equal(s.sessions[0].id, SPAN("s_34")));
    assert_true(span_equal(s.sessions[0].data, SPAN("{\"b\":2}")));
    pg_state_fini(&s);
    pg_close(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(a_layout_of_the_first_version_is_brought_up)
            ON_POSTGRES(a_newer_layout_is_refused_in_a_sentence)
                ON_POSTGRES(a_layout_that_was_committed_with_a_warning_is_refused)
                    ON_POSTGRES(a_question_that_is_asked_twice_has_the_second_answer)};
    return postgres_is_there() ? cmocka_run_group_tests(tests, postgres_start, postgres_stop) : 0;
}
