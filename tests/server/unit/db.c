// SPDX-License-Identifier: MIT
//
// The door to SQLite: faults by name, texts that may be absent, and the watch over the log.
#include "store/db.h"
#include "support.h"

struct fixture {
    char *directory, *path;
    struct db *db; // a writer, with a table t(k, v)
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->directory = tempdir_new();
    assert_true(asprintf(&f->path, "%s/x.db", f->directory) > 0);
    fclose(fopen(f->path, "w"));
    assert_int_equal(db_open(f->path, DB_WRITER, &f->db), DB_OK);
    assert_int_equal(db_execute(f->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                       "CREATE TABLE t(k INTEGER PRIMARY KEY, v)"),
                     DB_OK);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    db_close(f->db);
    tempdir_free(f->directory);
    free(f->path);
    free(f);
    return 0;
}

static enum db_fault
insert(struct fixture *f, int64_t k, struct span v)
{
    struct statement s;
    statement_init(&s, f->db, "INSERT INTO t VALUES(?, ?)");
    statement_add_int(&s, k);
    statement_add_text(&s, v);
    enum db_fault fault = statement_run(&s);
    statement_fini(&s);
    return fault;
}

static void
every_fault_has_its_sentence(void **state)
{
    for (int fault = DB_OK; fault <= DB_MISUSED; fault++)
        assert_true(strlen(db_fault_sentence(fault)) > 0);
}

static void
a_file_that_is_not_there_cannot_be_opened(void **state)
{
    struct db *db = NULL;
    assert_int_equal(db_open("/nowhere/x.db", DB_WRITER, &db), DB_CANNOT_OPEN);
    assert_int_equal(db_open("/nowhere/x.db", DB_READER, &db), DB_CANNOT_OPEN);
    assert_null(db);
}

static void
rows_come_back_in_order_and_end(void **state)
{
    struct fixture *f = *state;
    struct statement s;
    assert_int_equal(insert(f, 1, SPAN("one")), DB_OK);
    assert_int_equal(insert(f, 2, SPAN("two")), DB_OK);
    statement_init(&s, f->db, "SELECT k, v FROM t ORDER BY k");
    assert_true(statement_step(&s));
    assert_int_equal(statement_take_int(&s), 1);
    assert_true(span_is(statement_take_text(&s), "one"));
    assert_true(statement_step(&s));
    assert_int_equal(statement_take_int(&s), 2);
    assert_false(statement_step(&s));
    assert_int_equal(s.fault, DB_OK);
    statement_fini(&s);
}

static void
an_absent_text_stays_absent_and_an_empty_one_empty(void **state)
{
    struct fixture *f = *state;
    struct statement s;
    assert_int_equal(insert(f, 1, (struct span){0}), DB_OK);
    assert_int_equal(insert(f, 2, SPAN("")), DB_OK);
    statement_init(&s, f->db, "SELECT v FROM t ORDER BY k");
    assert_true(statement_step(&s));
    assert_null(statement_take_text(&s).data);
    assert_true(statement_step(&s));
    assert_true(span_is(statement_take_text(&s), ""));
    statement_fini(&s);
}

static void
a_fault_stays_until_the_reset(void **state)
{
    struct fixture *f = *state;
    struct statement s;
    statement_init(&s, f->db, "INSERT INTO t VALUES(?, NULL)");
    statement_add_int(&s, 1);
    statement_add_int(&s, 2); // one more than it has
    assert_false(statement_step(&s));
    assert_int_equal(statement_reset(&s), DB_MISUSED);
    statement_add_int(&s, 1);
    assert_int_equal(statement_run(&s), DB_OK);
    statement_fini(&s);
}

static void
a_statement_that_cannot_be_prepared_does_nothing(void **state)
{
    struct fixture *f = *state;
    struct statement s;
    assert_int_equal(statement_init(&s, f->db, "INSERT INTO nowhere VALUES(?)"), DB_MISUSED);
    statement_add_int(&s, 1);
    assert_int_equal(statement_run(&s), DB_MISUSED);
    statement_fini(&s);
}

static void
a_key_that_is_taken_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(insert(f, 1, SPAN("one")), DB_OK);
    assert_int_equal(insert(f, 1, SPAN("two")), DB_REFUSED);
}

static void
a_reader_reads_and_cannot_write(void **state)
{
    struct fixture *f = *state;
    struct db *reader;
    int64_t count = 0;
    assert_int_equal(insert(f, 1, SPAN("one")), DB_OK);
    assert_int_equal(db_open(f->path, DB_READER, &reader), DB_OK);
    assert_int_equal(db_select_int(reader, "SELECT count(*) FROM t", &count), DB_OK);
    assert_int_equal(count, 1);
    assert_int_equal(db_execute(reader, "DELETE FROM t"), DB_READ_ONLY);
    db_close(reader);
}

static void
a_transaction_is_seen(void **state)
{
    struct fixture *f = *state;
    assert_false(db_in_transaction(f->db));
    assert_int_equal(db_execute(f->db, "BEGIN"), DB_OK);
    assert_true(db_in_transaction(f->db));
    assert_int_equal(db_execute(f->db, "ROLLBACK"), DB_OK);
    assert_false(db_in_transaction(f->db));
}

static void
a_commit_is_seen_to_be_synced(void **state)
{
    struct fixture *f = *state;
    db_watch(f->db);
    assert_false(db_has_synced(f->db));
    assert_int_equal(insert(f, 1, SPAN("one")), DB_OK);
    assert_true(db_has_synced(f->db));
    assert_false(db_has_unsynced(f->db));
}

static void
a_commit_without_a_sync_is_seen(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(db_execute(f->db, "PRAGMA synchronous = OFF"), DB_OK);
    db_watch(f->db);
    assert_int_equal(insert(f, 1, SPAN("one")), DB_OK);
    assert_false(db_has_synced(f->db));
    assert_true(db_has_unsynced(f->db));
}

static void
a_commit_of_nothing_needs_no_sync(void **state)
{
    struct fixture *f = *state;
    db_watch(f->db);
    assert_int_equal(db_execute(f->db, "BEGIN IMMEDIATE; DELETE FROM t WHERE k = 9; COMMIT"),
                     DB_OK);
    assert_false(db_has_synced(f->db));
    assert_false(db_has_unsynced(f->db));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define DB_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        DB_TEST(every_fault_has_its_sentence),
        DB_TEST(a_file_that_is_not_there_cannot_be_opened),
        DB_TEST(rows_come_back_in_order_and_end),
        DB_TEST(an_absent_text_stays_absent_and_an_empty_one_empty),
        DB_TEST(a_fault_stays_until_the_reset),
        DB_TEST(a_statement_that_cannot_be_prepared_does_nothing),
        DB_TEST(a_key_that_is_taken_is_refused),
        DB_TEST(a_reader_reads_and_cannot_write),
        DB_TEST(a_transaction_is_seen),
        DB_TEST(a_commit_is_seen_to_be_synced),
        DB_TEST(a_commit_without_a_sync_is_seen),
        DB_TEST(a_commit_of_nothing_needs_no_sync),
    };
    return cmocka_run_group_tests_name("db", tests, NULL, NULL);
}
