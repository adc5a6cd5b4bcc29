// SPDX-License-Identifier: MIT
//
// Connections of a pool: which one comes, which stay, and when the next attempt is made.
#include "postgres.h"
#include "support.h"

#include "store/pg_layout.h"
#include "store/pg_pool.h"
#include "store/pg_rows.h"

#include <string.h>
#include <unistd.h>

enum { MS = 1000 }; // in us

static char error[256];

static struct pg *
take(struct pg_pool *p)
{
    struct pg *c = pg_pool_take(p, error, sizeof error);
    if (!c)
        fail_msg("pg_pool_take: %s", error);
    return c;
}

static int64_t
process_of(struct pg *c)
{
    int64_t pid = 0;
    assert_int_equal(pg_select_int(c, "SELECT pg_backend_pid()", &pid), PG_OK);
    return pid;
}

static int
set_up(void **state)
{
    static struct pg_pool pool;
    uint8_t key[SLOT_KEY_SIZE];
    int64_t instance;
    struct pg *c = pg_open(postgres_conninfo, error, sizeof error);
    assert_non_null(c);
    assert_true(pg_layout_bring_up(c, key, &instance, error, sizeof error));
    pg_close(c);
    pg_pool_init(&pool, postgres_conninfo, "SET application_name = 'of a pool'", 1000);
    *state = &pool;
    return 0;
}

static int
tear_down(void **state)
{
    pg_pool_fini(*state);
    return 0;
}

static void
what_was_given_back_is_taken_again(void **state)
{
    struct pg *c = take(*state);
    int64_t process = process_of(c);
    pg_pool_give(*state, c, PG_OK);
    c = take(*state);
    assert_int_equal(process_of(c), process);
    pg_pool_give(*state, c, PG_OK);
}

static void
two_at_a_time_are_two(void **state)
{
    struct pg *a = take(*state), *b = take(*state);
    assert_int_not_equal(process_of(a), process_of(b));
    pg_pool_give(*state, a, PG_OK);
    pg_pool_give(*state, b, PG_OK);
}

static void
each_has_its_settings_and_knows_every_statement(void **state)
{
    struct pg *c = take(*state);
    int64_t is_so = 0;
    assert_int_equal(
        pg_select_int(c, "SELECT (current_setting('application_name') = 'of a pool')::int", &is_so),
        PG_OK);
    assert_int_equal(is_so, 1);
    pg_send(c, "count_sessions");
    pg_sync(c);
    assert_int_equal(pg_next(c), PG_OK);
    assert_int_equal(pg_end(c), PG_OK);
    pg_pool_give(*state, c, PG_OK);
}

static void
one_that_had_a_fault_is_not_taken_again(void **state)
{
    struct pg *a = take(*state), *b = take(*state);
    int64_t faulty = process_of(a), other = process_of(b);
    pg_pool_give(*state, b, PG_OK);
    pg_pool_give(*state, a, PG_REFUSED);
    a = take(*state);
    b = take(*state);
    assert_int_equal(process_of(a), other);
    assert_int_not_equal(process_of(b), faulty);
    pg_pool_give(*state, a, PG_OK);
    pg_pool_give(*state, b, PG_OK);
}

static void
after_a_loss_none_that_idled_is_taken(void **state)
{
    struct pg *a = take(*state), *b = take(*state);
    int64_t lost = process_of(a), idle = process_of(b);
    pg_pool_give(*state, b, PG_OK);
    pg_pool_give(*state, a, PG_LOST);
    a = take(*state);
    assert_int_not_equal(process_of(a), idle);
    assert_int_not_equal(process_of(a), lost);
    pg_pool_give(*state, a, PG_OK);
}

static void
more_than_may_idle_are_closed(void **state)
{
    struct pg_pool *p = *state;
    struct pg *c = take(p), *other = take(p);
    p->count = PG_POOL_IDLE_MOST; // as if
    pg_pool_give(p, other, PG_OK);
    assert_int_equal(p->count, PG_POOL_IDLE_MOST);
    p->count = 0;
    pg_pool_give(p, c, PG_OK);
    assert_int_equal(p->count, 1);
}

static void
each_attempt_that_fails_makes_the_next_one_later(void **state)
{
    struct pg_pool p;
    pg_pool_init(&p, "host=127.0.0.1 port=1", NULL, 50);
    for (int i = 0; i < 4; i++) {
        assert_null(pg_pool_take(&p, error, sizeof error));
        assert_non_null(strstr(error, "refused"));
        assert_null(pg_pool_take(&p, error, sizeof error));
        assert_string_equal(error, "it is too early to try again");
        assert_int_equal(p.backoff_ms, i == 0 ? 20 : i == 1 ? 40 : 50);
        usleep(60 * MS);
    }
    pg_pool_fini(&p);
}

static void
without_patience_each_attempt_is_made(void **state)
{
    struct pg_pool p;
    pg_pool_init(&p, "host=127.0.0.1 port=1", NULL, 0);
    for (int i = 0; i < 3; i++) {
        assert_null(pg_pool_take(&p, error, sizeof error));
        assert_non_null(strstr(error, "refused"));
    }
    pg_pool_fini(&p);
}

#define POOL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(what_was_given_back_is_taken_again),
        POOL_TEST(two_at_a_time_are_two),
        POOL_TEST(each_has_its_settings_and_knows_every_statement),
        POOL_TEST(one_that_had_a_fault_is_not_taken_again),
        POOL_TEST(after_a_loss_none_that_idled_is_taken),
        POOL_TEST(more_than_may_idle_are_closed),
    };
    const struct CMUnitTest alone[] = {
        cmocka_unit_test(each_attempt_that_fails_makes_the_next_one_later),
        cmocka_unit_test(without_patience_each_attempt_is_made),
    };
    return cmocka_run_group_tests_name("without a server", alone, NULL, NULL) +
           (postgres_is_there() ? cmocka_run_group_tests(tests, postgres_start, postgres_stop) : 0);
}
