// SPDX-License-Identifier: MIT
//
// A column of values as one parameter: PostgreSQL reads what was written.
#include "postgres.h"
#include "support.h"

#include "store/pg.h"
#include "store/pg_array.h"

static int
set_up(void **state)
{
    char error[256];
    struct pg *c = pg_open(postgres_conninfo, error, sizeof error);
    *state = c;
    return c && pg_prepare(c, "rows",
                           "SELECT unnest($1::bigint[]), unnest($2::text[]), "
                           "unnest($3::bytea[])") == PG_OK
               ? 0
               : -1;
}

static int
tear_down(void **state)
{
    pg_close(*state);
    return 0;
}

static size_t
ask(struct pg *c, struct pg_array columns[3])
{
    for (int i = 0; i < 3; i++)
        pg_add_blob(c, columns[i].bytes.data, columns[i].bytes.len);
    pg_send(c, "rows");
    pg_sync(c);
    assert_int_equal(pg_next(c), PG_OK);
    for (int i = 0; i < 3; i++)
        pg_array_fini(&columns[i]);
    return pg_rows(c);
}

static void
columns_init(struct pg_array columns[3])
{
    pg_array_init(&columns[0], PG_BIGINT);
    pg_array_init(&columns[1], PG_TEXT);
    pg_array_init(&columns[2], PG_BYTEA);
}

static void
values_arrive_as_they_are(void **state)
{
    static const struct span texts[] = {SPAN("{\"a\":\"\\\\\"}"), SPAN(""), {0}};
    static const int64_t ints[] = {INT64_MIN, 0, INT64_MAX};
    struct pg *c = *state;
    struct pg_array columns[3];
    columns_init(columns);
    for (int i = 0; i < 3; i++) {
        pg_array_add_int(&columns[0], ints[i]);
        pg_array_add_bytes(&columns[1], texts[i]);
        pg_array_add_bytes(&columns[2], (struct span){"\0x", 2});
    }
    assert_int_equal(ask(c, columns), 3);
    for (int i = 0; i < 3; i++) {
        assert_true(pg_get_int(c, (size_t)i, 0) == ints[i]);
        assert_true(span_equal(pg_get_text(c, (size_t)i, 1), texts[i])); // absent, not empty
        assert_true(span_equal(pg_get_text(c, (size_t)i, 2), (struct span){"\0x", 2}));
    }
    assert_int_equal(pg_end(c), PG_OK);
}

static void
a_column_may_be_empty_or_long(void **state)
{
    struct pg *c = *state;
    struct pg_array columns[3];
    columns_init(columns);
    assert_int_equal(ask(c, columns), 0);
    assert_int_equal(pg_end(c), PG_OK);
    columns_init(columns);
    for (int i = 0; i < 10000; i++)
        pg_array_add_int(&columns[0], i);
    assert_int_equal(ask(c, columns), 10000);
    assert_int_equal(pg_get_int(c, 9999, 0), 9999);
    assert_int_equal(pg_end(c), PG_OK);
}

#define ARRAY_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ARRAY_TEST(values_arrive_as_they_are),
        ARRAY_TEST(a_column_may_be_empty_or_long),
    };
    return postgres_is_there() ? cmocka_run_group_tests(tests, postgres_start, postgres_stop) : 0;
}
