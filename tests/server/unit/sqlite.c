// SPDX-License-Identifier: MIT
//
// What only the SQLite store has: a file that is found again, or refused in one sentence, and a
// disk that confirms, is full, or is held by somebody else.
#include "store/store.h"
#include "support.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    char *directory, *path;
    struct config config;
    struct store *store; // NULL while closed
    char error[256];
};

// The connection that the store opened first is its writer: here the tests turn screws that the
// store has none for. SQLite calls this for each connection that is opened.
static sqlite3 *writer;

static int
remember_writer(sqlite3 *connection, const char **error, const void *api)
{
    if (!writer)
        writer = connection;
    return SQLITE_OK;
}

static bool
reopen(struct fixture *f)
{
    writer = NULL;
    f->store = store_open(&f->config, f->error, sizeof(f->error));
    return f->store != NULL;
}

static void
shut(struct fixture *f)
{
    if (f->store)
        f->store->ops->close(f->store);
    f->store = NULL;
}

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->directory = tempdir_new();
    assert_true(asprintf(&f->path, "%s/var/x.db", f->directory) > 0);
    f->config.store_kind = "sqlite";
    f->config.store_path = f->path;
    *state = f;
    return reopen(f) ? 0 : -1;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    shut(f);
    tempdir_free(f->directory);
    free(f->path);
    free(f);
    return 0;
}

static struct change
session_change(int64_t k, struct span data)
{
    return (struct change){
        .kind = CHANGE_NEW_SESSION,
        .session = {
            .k = k, .id = SPAN("s_0001"), .user_id = SPAN("ada"), .data = data, .version = 1}};
}

// An empty object, and much white space in it.
static struct span
large_object(char *bytes, size_t size)
{
    memset(bytes, ' ', size);
    bytes[0] = '{';
    bytes[size - 1] = '}';
    return (struct span){bytes, size};
}

static bool
add_session(struct fixture *f, int64_t k)
{
    struct change c = session_change(k, SPAN("{}"));
    return f->store->ops->apply(f->store, &c);
}

static bool
count_session(void *arg, const struct session_row *s)
{
    *(size_t *)arg += 1;
    return true;
}

static size_t
count_sessions(struct fixture *f)
{
    size_t count = 0;
    assert_true(
        f->store->ops->load_sessions(f->store, count_session, &count, f->error, sizeof(f->error)));
    return count;
}

// Runs [sql] on the file as another program would.
static void
edit(struct fixture *f, const char *sql)
{
    sqlite3 *other;
    assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
}

static void
write_file(const char *path, const char *bytes)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(bytes, file);
    fclose(file);
}

static char * /* new */
read_whole(const char *path, size_t *size)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *bytes = malloc(1 << 20);
    *size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static void
copy_file(const char *from, const char *to)
{
    size_t size;
    char *bytes = read_whole(from, &size);
    FILE *file = fopen(to, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    free(bytes);
}

// The store is not opened, and its sentence names the file and says [part].
static void
assert_refused(struct fixture *f, const char *part)
{
    assert_false(reopen(f));
    if (!strstr(f->error, part))
        fail_msg("\"%s\" does not say \"%s\"", f->error, part);
    assert_non_null(strstr(f->error, "store.path: "));
}

// --- Found again ------------------------------------------------------------------------------

static void
a_reopened_store_has_its_sessions_and_counts_on(void **state)
{
    struct fixture *f = *state;
    assert_true(add_session(f, 41));
    assert_true(add_session(f, 7));
    shut(f);
    assert_true(reopen(f));
    assert_int_equal(count_sessions(f), 2);
    assert_int_equal(f->store->next_k, 42);
}

static void
the_slot_key_stays(void **state)
{
    struct fixture *f = *state;
    uint8_t key[SLOT_KEY_SIZE], zero[SLOT_KEY_SIZE] = {0};
    memcpy(key, f->store->slot_key, sizeof(key));
    assert_memory_not_equal(key, zero, sizeof(key));
    shut(f);
    assert_true(reopen(f));
    assert_memory_equal(f->store->slot_key, key, sizeof(key));
}

static unsigned
mode_of(const char *path, const char *suffix)
{
    char name[512];
    struct stat st;
    snprintf(name, sizeof(name), "%s%s", path, suffix);
    assert_int_equal(stat(name, &st), 0);
    return st.st_mode & 0777;
}

static void
nobody_else_may_read_the_files(void **state)
{
    struct fixture *f = *state;
    assert_true(add_session(f, 1));
    assert_int_equal(mode_of(f->directory, "/var"), 0700);
    assert_int_equal(mode_of(f->path, ""), 0600);
    assert_int_equal(mode_of(f->path, "-wal"), 0600);
    assert_int_equal(mode_of(f->path, "-shm"), 0600);
    assert_int_equal(mode_of(f->path, ".lock"), 0600);
}

static void
closing_leaves_no_log(void **state)
{
    struct fixture *f = *state;
    char *log = NULL;
    assert_true(add_session(f, 1));
    assert_true(asprintf(&log, "%s-wal", f->path) > 0);
    assert_int_equal(access(log, F_OK), 0);
    shut(f);
    assert_int_equal(access(log, F_OK), -1);
    free(log);
}

static int64_t
count_in_schema(const char *sql)
{
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_prepare_v2(writer, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t count = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return count;
}

// A random key costs a page a row, and so would an index over one.
static void
sessions_lie_under_an_integer_and_have_no_index(void **state)
{
    assert_int_equal(count_in_schema("SELECT count(*) FROM pragma_index_list('sessions')"), 0);
    assert_int_equal(count_in_schema("SELECT count(*) FROM pragma_index_list('users')"), 1);
    assert_int_equal(count_in_schema("SELECT count(*) FROM pragma_table_info('sessions')"
                                     " WHERE pk > 0"),
                     1);
    assert_int_equal(count_in_schema("SELECT count(*) FROM pragma_table_info('sessions')"
                                     " WHERE pk = 1 AND name = 'k' AND type = 'INTEGER'"),
                     1);
}

// What a killed process leaves: the files as they are, without the close.
static void
what_was_acknowledged_is_in_the_files_of_a_process_that_never_closed(void **state)
{
    struct fixture *f = *state;
    struct fixture copy = {.config = f->config};
    char *log = NULL, *copied_log = NULL;
    for (int64_t k = 1; k <= 10; k++)
        assert_true(add_session(f, k));
    assert_true(asprintf(&copy.path, "%s/copy.db", f->directory) > 0);
    assert_true(asprintf(&log, "%s-wal", f->path) > 0);
    assert_true(asprintf(&copied_log, "%s-wal", copy.path) > 0);
    copy_file(f->path, copy.path);
    copy_file(log, copied_log);
    copy.config.store_path = copy.path;
    assert_true(reopen(&copy));
    assert_int_equal(count_sessions(&copy), 10);
    shut(&copy);
    free(copy.path);
    free(log);
    free(copied_log);
}

// --- Refused ----------------------------------------------------------------------------------

static void
a_second_instance_is_refused_until_the_first_ends(void **state)
{
    struct fixture *f = *state;
    struct fixture second = {.config = f->config};
    assert_refused(&second, "in use by another instance");
    assert_true(add_session(f, 1));
    shut(f);
    assert_true(reopen(&second));
    shut(&second);
}

static void
a_newer_schema_is_refused_and_left_alone(void **state)
{
    struct fixture *f = *state;
    shut(f);
    edit(f, "PRAGMA user_version = 2");
    assert_refused(f, "has schema 2 and this version knows 1");
    edit(f, "PRAGMA user_version = 1");
    assert_true(reopen(f));
}

static void
a_database_of_another_program_is_refused_and_left_alone(void **state)
{
    struct fixture *f = *state;
    size_t size, size_after;
    shut(f);
    assert_int_equal(unlink(f->path), 0);
    edit(f, "CREATE TABLE recipes(name)");
    char *before = read_whole(f->path, &size);
    assert_refused(f, "another program");
    char *after = read_whole(f->path, &size_after);
    assert_int_equal(size, size_after);
    assert_memory_equal(before, after, size);
    free(before);
    free(after);
}

static void
a_file_that_is_no_database_is_refused(void **state)
{
    struct fixture *f = *state;
    shut(f);
    write_file(f->path, "Dear diary, today I wrote a file that is no database at all.\n"
                        "It has to be longer than the header of one, which has 100 bytes.\n");
    assert_refused(f, "is not a SQLite database");
}

static void
a_truncated_file_is_refused(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    shut(f);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(truncate(f->path, st.st_size / 2), 0);
    assert_refused(f, "is damaged");
}

static void
a_file_without_its_slot_key_is_refused(void **state)
{
    struct fixture *f = *state;
    shut(f);
    edit(f, "DELETE FROM meta");
    assert_refused(f, "is damaged");
}

static void
an_empty_file_becomes_a_store(void **state)
{
    struct fixture *f = *state;
    shut(f);
    write_file(f->path, "");
    assert_true(reopen(f));
    assert_int_equal(count_sessions(f), 0);
}

// SQLite would go on without a log, and nothing would watch the syncs.
static void
a_file_system_without_shared_memory_is_refused(void **state)
{
    struct fixture *f = *state;
    shut(f);
    assert_int_equal(unlink(f->path), 0);
    sqlite3_vfs_register(sqlite3_vfs_find("unix-none"), 1);
    assert_refused(f, "choose a local one");
    sqlite3_vfs_register(sqlite3_vfs_find("unix"), 1);
    assert_true(reopen(f));
}

static void
a_session_with_half_a_token_hash_is_called_damage(void **state)
{
    struct fixture *f = *state;
    size_t count = 0;
    assert_true(add_session(f, 1));
    edit(f, "UPDATE sessions SET token_hash = x'00'");
    assert_false(
        f->store->ops->load_sessions(f->store, count_session, &count, f->error, sizeof(f->error)));
    assert_non_null(strstr(f->error, "is damaged"));
    assert_int_equal(count, 0);
}

// --- The disk ---------------------------------------------------------------------------------

static void
turn(const char *sql)
{
    assert_int_equal(sqlite3_exec(writer, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void
a_batch_is_not_acknowledged_when_nothing_is_synced(void **state)
{
    struct fixture *f = *state;
    assert_true(add_session(f, 1));
    uint64_t syncs = f->store->ops->syncs(f->store);
    turn("PRAGMA synchronous = OFF");
    assert_false(add_session(f, 2));
    turn("PRAGMA synchronous = NORMAL");
    assert_false(add_session(f, 3));
    assert_int_equal(f->store->ops->syncs(f->store), syncs);
    assert_false(f->store->ops->healthy(f->store));
    turn("PRAGMA synchronous = FULL");
    assert_true(add_session(f, 4));
    assert_int_equal(f->store->ops->syncs(f->store), syncs + 1);
}

static void
every_batch_is_confirmed_while_the_log_starts_over_again_and_again(void **state)
{
    struct fixture *f = *state;
    uint64_t syncs = f->store->ops->syncs(f->store);
    turn("PRAGMA wal_autocheckpoint = 3");
    for (int64_t k = 1; k <= 200; k++)
        assert_true(add_session(f, k));
    assert_int_equal(f->store->ops->syncs(f->store), syncs + 200);
    assert_int_equal(count_sessions(f), 200);
}

static void
a_full_disk_fails_the_batch_and_loses_nothing(void **state)
{
    struct fixture *f = *state;
    static char large[65536];
    assert_true(add_session(f, 1));
    // Less than there is, which SQLite takes as: not one page more.
    turn("PRAGMA max_page_count = 1");
    struct change c = session_change(2, large_object(large, sizeof(large)));
    assert_false(f->store->ops->apply(f->store, &c));
    assert_false(f->store->ops->healthy(f->store));
    assert_int_equal(count_sessions(f), 1);
    turn("PRAGMA max_page_count = 100000");
    assert_true(f->store->ops->apply(f->store, &c));
    assert_true(f->store->ops->healthy(f->store));
    assert_int_equal(count_sessions(f), 2);
}

static void
a_file_that_somebody_holds_fails_the_batch_until_they_let_go(void **state)
{
    struct fixture *f = *state;
    sqlite3 *other;
    sqlite3_busy_timeout(writer, 10);
    assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_false(add_session(f, 1));
    assert_false(f->store->ops->apply(f->store, NULL));
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_true(f->store->ops->apply(f->store, NULL));
    assert_true(f->store->ops->healthy(f->store));
    assert_true(add_session(f, 1));
    sqlite3_close(other);
}

static void
running_out_of_memory_fails_the_batch_and_loses_nothing(void **state)
{
    struct fixture *f = *state;
    static char large[65536];
    assert_true(add_session(f, 1));
    struct change c = session_change(2, large_object(large, sizeof(large)));
    sqlite3_hard_heap_limit64(sqlite3_memory_used() + 1000);
    assert_false(f->store->ops->apply(f->store, &c));
    sqlite3_hard_heap_limit64(0);
    assert_int_equal(count_sessions(f), 1);
    assert_true(f->store->ops->apply(f->store, &c));
    assert_int_equal(count_sessions(f), 2);
}

static void
note_found(void *arg, const struct user_row *user)
{
    *(size_t *)arg += 1;
}

// What is written as a text lies in the file as it is: no checksum is looked at.
static void
a_row_that_is_no_user_or_no_session_is_damage(void **state)
{
    static const char *const damages[] = {"name = CAST(x'ff' AS TEXT), attributes = '[]'",
                                          "attributes = ''", "last_session = 'gone'"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        char sql[256];
        size_t found = 0;
        snprintf(sql, sizeof sql,
                 "REPLACE INTO users VALUES('ada', 'Ada', NULL, '{}', 1, 1, 1, NULL);"
                 "UPDATE users SET %s",
                 damages[i]);
        edit(f, sql);
        assert_false(f->store->ops->load_user(f->store, SPAN("ada"), note_found, &found));
        assert_false(f->store->ops->list_users(f->store, SPAN(""), 9, note_found, &found));
        assert_int_equal(found, 0);
    }
    size_t count = 0;
    assert_true(add_session(f, 1));
    edit(f, "UPDATE sessions SET data = 'x'");
    assert_false(
        f->store->ops->load_sessions(f->store, count_session, &count, f->error, sizeof(f->error)));
    assert_non_null(strstr(f->error, "is damaged"));
    assert_int_equal(count, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        STORE_TEST(a_reopened_store_has_its_sessions_and_counts_on),
        STORE_TEST(the_slot_key_stays),
        STORE_TEST(nobody_else_may_read_the_files),
        STORE_TEST(closing_leaves_no_log),
        STORE_TEST(sessions_lie_under_an_integer_and_have_no_index),
        STORE_TEST(what_was_acknowledged_is_in_the_files_of_a_process_that_never_closed),
        STORE_TEST(a_second_instance_is_refused_until_the_first_ends),
        STORE_TEST(a_newer_schema_is_refused_and_left_alone),
        STORE_TEST(a_database_of_another_program_is_refused_and_left_alone),
        STORE_TEST(a_file_that_is_no_database_is_refused),
        STORE_TEST(a_truncated_file_is_refused),
        STORE_TEST(a_file_without_its_slot_key_is_refused),
        STORE_TEST(an_empty_file_becomes_a_store),
        STORE_TEST(a_file_system_without_shared_memory_is_refused),
        STORE_TEST(a_session_with_half_a_token_hash_is_called_damage),
        STORE_TEST(a_batch_is_not_acknowledged_when_nothing_is_synced),
        STORE_TEST(every_batch_is_confirmed_while_the_log_starts_over_again_and_again),
        STORE_TEST(a_full_disk_fails_the_batch_and_loses_nothing),
        STORE_TEST(a_file_that_somebody_holds_fails_the_batch_until_they_let_go),
        STORE_TEST(running_out_of_memory_fails_the_batch_and_loses_nothing),
        STORE_TEST(a_row_that_is_no_user_or_no_session_is_damage),
    };
    sqlite3_auto_extension((void (*)(void))remember_writer);
    return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}
