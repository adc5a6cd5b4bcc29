// SPDX-License-Identifier: MIT
//
// random_key FILE SECONDS: how many sessions a second SQLite keeps durably when their token is the
// table's key: batches of 256, each synced, and nothing else to do. FILE is made anew.
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 256, KEY = 32 };

static void
must(int is_so, const char *what)
{
    if (is_so)
        return;
    fprintf(stderr, "random_key: %s\n", what);
    exit(1);
}

static double
now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
execute(sqlite3 *db, const char *sql)
{
    must(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, sql);
}

static void
insert_one(sqlite3_stmt *insert, long number)
{
    unsigned char key[KEY];
    must(getrandom(key, sizeof key, 0) == sizeof key, "random bytes");
    sqlite3_bind_blob(insert, 1, key, sizeof key, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 2, number % BATCH);
    sqlite3_bind_text(insert, 3, "{\"cart\":[1,2,3]}", -1, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 4, number);
    must(sqlite3_step(insert) == SQLITE_DONE, "an insert");
    sqlite3_reset(insert);
}

int
main(int argc, char **argv)
{
    sqlite3 *db;
    sqlite3_stmt *insert;
    long count = 0;
    must(argc == 3, "FILE SECONDS");
    unlink(argv[1]);
    must(sqlite3_open(argv[1], &db) == SQLITE_OK, "opening the file");
    execute(db, "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                "CREATE TABLE s(token BLOB PRIMARY KEY, user INTEGER, data TEXT, expires INTEGER)"
                " WITHOUT ROWID");
    must(sqlite3_prepare_v2(db, "INSERT INTO s VALUES(?, ?, ?, ?)", -1, &insert, NULL) == SQLITE_OK,
         "preparing the insert");
    double start = now_s(), end = start + atof(argv[2]);
    while (now_s() < end) {
        execute(db, "BEGIN IMMEDIATE");
        for (int i = 0; i < BATCH; i++)
            insert_one(insert, count++);
        execute(db, "COMMIT");
    }
    printf("%.0f\n", (double)count / (now_s() - start));
    sqlite3_finalize(insert);
    sqlite3_close(db);
    return 0;
}
