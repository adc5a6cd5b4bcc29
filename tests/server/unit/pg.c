// SPDX-License-Identifier: MIT
//
// The door to libpq: what comes back, and what each fault is called.
#include "postgres.h"
#include "support.h"

#include "store/pg.h"

#include <stdlib.h>
#include <string.h>

static struct pg * /* new */
open_it(void)
{
    char error[256];
    struct pg *c = pg_open(postgres_conninfo, error, sizeof error);
    if (!c)
        fail_msg("pg_open: %s", error);
    return c;
}

static int
set_up(void **state)
{
    struct pg *c = open_it();
    assert_int_equal(pg_execute(c, "DROP TABLE IF EXISTS t; CREATE TABLE t(n bigint PRIMARY KEY, "
                                   "w text, b bytea)"),
                     PG_OK);
    assert_int_equal(pg_prepare(c, "add", "INSERT INTO t(n, w, b) VALUES($1, $2, $3)"), PG_OK);
    assert_int_equal(pg_prepare(c, "list", "SELECT n, w FROM t ORDER BY n"), PG_OK);
    assert_int_equal(pg_prepare(c, "begin", "BEGIN"), PG_OK);
    assert_int_equal(pg_prepare(c, "commit", "COMMIT"), PG_OK);
    *state = c;
    return 0;
}

static int
tear_down(void **state)
{
    pg_close(*state);
    return 0;
}

static void
send_add(struct pg *c, int64_t n, struct span word)
{
    pg_add_int(c, n);
    pg_add_text(c, word);
    pg_add_blob(c, "\0x", 2);
    pg_send(c, "add");
}

static int64_t
count(struct pg *c)
{
    int64_t n = -1;
    assert_int_equal(pg_select_int(c, "SELECT count(*) FROM t", &n), PG_OK);
    return n;
}

static void
statements_of_a_pipeline_answer_in_their_order(void **state)
{
    struct pg *c = *state;
    pg_send(c, "begin");
    send_add(c, INT64_MIN, SPAN("least"));
    send_add(c, INT64_MAX, (struct span){0});
    pg_send(c, "list");
    pg_send(c, "commit");
    pg_sync(c);
    assert_int_equal(pg_next(c), PG_OK);
    assert_int_equal(pg_next(c), PG_OK);
    assert_int_equal(pg_changed(c), 1);
    assert_int_equal(pg_next(c), PG_OK);
    assert_int_equal(pg_next(c), PG_OK);
    assert_int_equal(pg_rows(c), 2);
    assert_true(pg_get_int(c, 0, 0) == INT64_MIN && pg_get_int(c, 1, 0) == INT64_MAX);
    assert_true(span_equal(pg_get_text(c, 0, 1), SPAN("least")));
    assert_null(pg_get_text(c, 1, 1).data); // absent, not empty
    assert_int_equal(pg_end(c), PG_OK);     // takes the commit that nobody asked for
    assert_int_equal(count(c), 2);
}

static void
the_rest_of_a_pipeline_is_refused_after_a_fault(void **state)
{
    struct pg *c = *state;
    pg_send(c, "begin");
    send_add(c, 1, SPAN("a"));
    send_add(c, 1, SPAN("a key that is taken"));
    send_add(c, 2, SPAN("b"));
    pg_send(c, "commit");
    pg_sync(c);
    assert_int_equal(pg_next(c), PG_OK);
    assert_int_equal(pg_next(c), PG_OK);
    assert_int_equal(pg_next(c), PG_REFUSED);
    assert_int_equal(pg_next(c), PG_REFUSED);
    assert_int_equal(pg_end(c), PG_REFUSED);
    assert_non_null(strstr(pg_complaint(c), "duplicate key"));
    assert_null(strchr(pg_complaint(c), '\n'));
    assert_int_equal(pg_execute(c, "ROLLBACK"), PG_OK);
    assert_int_equal(count(c), 0);
    send_add(c, 3, SPAN("the connection is good for the next one"));
    pg_sync(c);
    assert_int_equal(pg_end(c), PG_OK);
    assert_int_equal(count(c), 1);
}

static enum pg_fault
fail_with(struct pg *c, const char *state)
{
    char sql[128];
    snprintf(sql, sizeof sql, "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '%s'; END $$", state);
    return pg_execute(c, sql);
}

static void
each_fault_has_its_name(void **state)
{
    struct pg *c = *state;
    assert_int_equal(fail_with(c, "40001"), PG_CONFLICT);
    assert_int_equal(fail_with(c, "40P01"), PG_CONFLICT);
    assert_int_equal(fail_with(c, "08006"), PG_LOST);
    assert_int_equal(fail_with(c, "57P01"), PG_LOST);
    assert_int_equal(fail_with(c, "25006"), PG_LOST); // it was a primary before
    assert_int_equal(fail_with(c, "23505"), PG_REFUSED);
    assert_int_equal(pg_execute(c, "no statement"), PG_REFUSED);
    int64_t n;
    assert_int_equal(pg_select_int(c, "SELECT n FROM t", &n), PG_REFUSED); // no row
    for (enum pg_fault f = PG_OK; f <= PG_MEMORY; f++)
        assert_true(strlen(pg_fault_sentence(f)) > 3);
}

static void
a_warning_is_noticed_once_and_a_notice_is_none(void **state)
{
    struct pg *c = *state;
    assert_int_equal(pg_execute(c, "DO $$ BEGIN RAISE NOTICE 'x'; END $$"), PG_OK);
    assert_false(pg_has_warned(c));
    assert_int_equal(pg_execute(c, "DO $$ BEGIN RAISE WARNING 'x'; END $$"), PG_OK);
    assert_true(pg_has_warned(c));
    assert_false(pg_has_warned(c));
}

static void
a_connection_that_was_ended_is_lost_for_good(void **state)
{
    struct pg *c = *state, *other = open_it();
    assert_int_equal(pg_execute(other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                       "WHERE pid <> pg_backend_pid() AND "
                                       "application_name = 'tenured'"),
                     PG_OK);
    send_add(c, 1, SPAN("a"));
    pg_sync(c);
    pg_next(c);
    assert_int_equal(pg_end(c), PG_LOST);
    assert_int_equal(pg_execute(c, "SELECT 1"), PG_LOST);
    pg_close(other);
}

static void
take(void *arg, struct span payload)
{
    snprintf(arg, 32, "%.*s", (int)payload.len, payload.data);
}

static void
what_others_notify_arrives(void **state)
{
    struct pg *c = *state, *other = open_it();
    char heard[32] = "";
    assert_int_equal(pg_execute(c, "LISTEN x"), PG_OK);
    assert_true(pg_wait(c, 1, take, heard));
    assert_string_equal(heard, "");
    assert_int_equal(pg_execute(other, "NOTIFY x, 'hello'"), PG_OK);
    for (int i = 0; i < 100 && !heard[0]; i++)
        assert_true(pg_wait(c, 100, take, heard));
    assert_string_equal(heard, "hello");
    pg_close(other);
}

static void
a_server_that_takes_no_writes_will_not_do(void **state)
{
    struct pg *c = *state;
    char error[256];
    assert_int_equal(
        pg_execute(c, "ALTER DATABASE postgres SET default_transaction_read_only = on"), PG_OK);
    assert_null(pg_open(postgres_conninfo, error, sizeof error));
    assert_non_null(strstr(error, "read-only"));
    assert_int_equal(pg_execute(c, "ALTER DATABASE postgres RESET default_transaction_read_only"),
                     PG_OK);
}

// The server has no TLS, so what asks for it is refused by libpq, in its words.
static void
what_the_conninfo_asks_of_tls_is_passed_through(void **state)
{
    char conninfo[512], error[256];
    snprintf(conninfo, sizeof conninfo, "%s sslmode=require", postgres_conninfo);
    assert_null(pg_open(conninfo, error, sizeof error));
    assert_non_null(strstr(error, "server does not support SSL, but SSL was required"));
    snprintf(conninfo, sizeof conninfo, "%s sslmode=prefer ssl_min_protocol_version=TLSv9",
             postgres_conninfo);
    assert_null(pg_open(conninfo, error, sizeof error));
    assert_non_null(strstr(error, "ssl_min_protocol_version"));
    assert_null(strchr(error, '\n'));
}

// Without them a commit that a standby lacks would look like any other, and a batch would count
// what was there before it waited.
static void
what_a_batch_relies_on_is_so_whatever_the_role_prefers(void **state)
{
    char conninfo[400], error[256];
    snprintf(conninfo, sizeof conninfo,
             "%s options='-c client_min_messages=error -c "
             "default_transaction_isolation=serializable'",
             postgres_conninfo);
    struct pg *c = pg_open(conninfo, error, sizeof error);
    assert_non_null(c);
    int64_t is_so = 0;
    assert_int_equal(pg_select_int(c,
                                   "SELECT (current_setting('client_min_messages') = 'warning' AND "
                                   "current_setting('transaction_isolation') = 'read committed')"
                                   "::int",
                                   &is_so),
                     PG_OK);
    assert_int_equal(is_so, 1);
    assert_int_equal(pg_execute(c, "DO $$ BEGIN RAISE WARNING 'x'; END $$"), PG_OK);
    assert_true(pg_has_warned(c));
    pg_close(c);
}

static void
nobody_there_is_said_in_one_line(void **state)
{
    char error[256];
    assert_null(pg_open("host=127.0.0.1 port=1", error, sizeof error));
    assert_non_null(strstr(error, "127.0.0.1"));
    assert_null(strchr(error, '\n'));
    assert_null(pg_open("no conninfo", error, sizeof error));
    pg_close(NULL);
}

#define PG_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PG_TEST(statements_of_a_pipeline_answer_in_their_order),
        PG_TEST(the_rest_of_a_pipeline_is_refused_after_a_fault),
        PG_TEST(each_fault_has_its_name),
        PG_TEST(a_warning_is_noticed_once_and_a_notice_is_none),
        PG_TEST(a_connection_that_was_ended_is_lost_for_good),
        PG_TEST(what_others_notify_arrives),
        PG_TEST(a_server_that_takes_no_writes_will_not_do),
        PG_TEST(what_a_batch_relies_on_is_so_whatever_the_role_prefers),
        PG_TEST(what_the_conninfo_asks_of_tls_is_passed_through),
    };
    const struct CMUnitTest alone[] = {cmocka_unit_test(nobody_there_is_said_in_one_line)};
    return cmocka_run_group_tests_name("without a server", alone, NULL, NULL) +
           (postgres_is_there() ? cmocka_run_group_tests(tests, postgres_start, postgres_stop) : 0);
}
