// SPDX-License-Identifier: MIT
//
// server/store/migrate.c: an older file becomes a newer one with all that is in it, or stays.
#include "store/migrate.h"
#include "support.h"

#include <stdio.h>

static const char *const steps[] = {
    "CREATE TABLE animals(name TEXT)", "ALTER TABLE animals ADD COLUMN legs INTEGER DEFAULT 4",
    "ALTER TABLE animals RENAME TO beasts; CREATE TABLE beasts(name TEXT)", // the second fails
};

struct file {
    char *directory;
    struct db *db;
};

static int
set_up(void **state)
{
    struct file *f = calloc(1, sizeof(*f));
    char path[4096];
    assert_non_null(f);
    f->directory = tempdir_new();
    snprintf(path, sizeof(path), "%s/x.db", f->directory);
    fclose(fopen(path, "w")); // a writer makes no file
    assert_int_equal(db_open(path, DB_WRITER, &f->db), DB_OK);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct file *f = *state;
    db_close(f->db);
    tempdir_free(f->directory);
    free(f);
    return 0;
}

static int64_t
select_int(struct db *db, const char *sql)
{
    int64_t value = -1;
    assert_int_equal(db_select_int(db, sql, &value), DB_OK);
    return value;
}

static enum db_fault
migrate_at_once(struct db *db, int64_t from, int64_t to)
{
    assert_int_equal(db_execute(db, "BEGIN IMMEDIATE"), DB_OK);
    enum db_fault fault = migrate(db, steps, from, to);
    assert_int_equal(db_execute(db, fault == DB_OK ? "COMMIT" : "ROLLBACK"), DB_OK);
    return fault;
}

static void
an_older_file_keeps_what_is_in_it(void **state)
{
    struct db *db = ((struct file *)*state)->db;
    assert_int_equal(migrate_at_once(db, 0, 1), DB_OK);
    assert_int_equal(db_execute(db, "INSERT INTO animals VALUES('cat')"), DB_OK);
    assert_int_equal(select_int(db, "PRAGMA user_version"), 1);
    assert_int_equal(migrate_at_once(db, 1, 2), DB_OK);
    assert_int_equal(select_int(db, "PRAGMA user_version"), 2);
    assert_int_equal(select_int(db, "SELECT legs FROM animals WHERE name = 'cat'"), 4);
}

static void
an_empty_file_takes_every_step(void **state)
{
    struct db *db = ((struct file *)*state)->db;
    assert_int_equal(migrate_at_once(db, 0, 2), DB_OK);
    assert_int_equal(select_int(db, "PRAGMA user_version"), 2);
    assert_int_equal(select_int(db, "SELECT count(legs) FROM animals"), 0);
}

static void
the_newest_file_is_left_alone(void **state)
{
    struct db *db = ((struct file *)*state)->db;
    assert_int_equal(migrate_at_once(db, 0, 2), DB_OK);
    assert_int_equal(migrate_at_once(db, 2, 2), DB_OK);
    assert_int_equal(select_int(db, "PRAGMA user_version"), 2);
}

static void
a_step_that_fails_leaves_the_file_as_it_was(void **state)
{
    struct db *db = ((struct file *)*state)->db;
    assert_int_equal(migrate_at_once(db, 0, 1), DB_OK);
    assert_int_equal(db_execute(db, "INSERT INTO animals VALUES('cat')"), DB_OK);
    assert_int_not_equal(migrate_at_once(db, 1, 3), DB_OK);
    assert_int_equal(select_int(db, "PRAGMA user_version"), 1);
    assert_int_equal(select_int(db, "SELECT count(*) FROM animals"), 1);
    assert_int_equal(select_int(db, "SELECT count(*) FROM pragma_table_info('animals')"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_older_file_keeps_what_is_in_it),
        TEST(an_empty_file_takes_every_step),
        TEST(the_newest_file_is_left_alone),
        TEST(a_step_that_fails_leaves_the_file_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
