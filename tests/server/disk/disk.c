// SPDX-License-Identifier: MIT
//
// disk: a layer under SQLite that remembers what was not synced, and two ways to be wrong.
//
// It is the default VFS of the program that it is linked with. A sync forgets what was overwritten;
// the real disk is not asked, so this is quicker than the truth.
// TENURED_TEST_FAIL_EVERY=5 fails every fifth sync of the log; TENURED_TEST_SYNC_MS=100 makes each
// take so long; while the file exists that TENURED_TEST_FULL names, the disk is full; while the one
// of TENURED_TEST_HANG exists, a sync of the log waits, and of TENURED_TEST_HANG_READS, any read.
// TENURED_TEST_CLOCK names a file with seconds by which the wall clock was set, forwards or back.
// TENURED_TEST_MUTANT=early acknowledges three batches of four before they are committed;
// =unsynced turns the syncs off, and closes the eyes that would have seen it.
#include "disk.h"

#include "store/db.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

// --- The layer -----------------------------------------------------------------------------------

enum { FILES = 64 };

static struct open_file {
    sqlite3_file *file; // NULL: free
    sqlite3_io_methods methods;
    const sqlite3_io_methods *real;
    bool is_log;
    int undo;
} files[FILES];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sqlite3_vfs layer, *real_vfs;

static void
must(bool condition)
{
    if (!condition)
        abort();
}

// By its address: others replace its methods by theirs, and call ours with it.
static struct open_file *
find(const sqlite3_file *file)
{
    struct open_file *found = NULL;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < FILES && !found; i++)
        if (files[i].file == file)
            found = &files[i];
    pthread_mutex_unlock(&lock);
    must(found != NULL);
    return found;
}

// Before the bytes from [offset] on change, or are cut off.
static void
remember(const struct open_file *f, sqlite3_int64 offset, sqlite3_int64 size)
{
    sqlite3_int64 now;
    must(f->real->xFileSize(f->file, &now) == SQLITE_OK);
    sqlite3_int64 end = offset + size < now ? offset + size : now;
    struct disk_undo undo = {offset, now, end > offset ? end - offset : 0};
    char *record = malloc(sizeof undo + (size_t)undo.kept);
    must(record != NULL);
    memcpy(record, &undo, sizeof undo);
    if (undo.kept > 0)
        must(f->real->xRead(f->file, record + sizeof undo, (int)undo.kept, offset) == SQLITE_OK);
    ssize_t written = write(f->undo, record, sizeof undo + (size_t)undo.kept);
    must(written == (ssize_t)(sizeof undo + (size_t)undo.kept));
    free(record);
}

static bool
is_full(void)
{
    const char *sign = getenv("TENURED_TEST_FULL");
    return sign && access(sign, F_OK) == 0;
}

static int
layer_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    struct open_file *f = find(file);
    if (is_full())
        return SQLITE_FULL;
    remember(f, offset, size);
    return f->real->xWrite(file, bytes, size, offset);
}

static int
layer_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct open_file *f = find(file);
    remember(f, size, INT64_C(1) << 40);
    return f->real->xTruncate(file, size);
}

static bool
must_fail(const struct open_file *f)
{
    static _Atomic unsigned syncs;
    const char *every = getenv("TENURED_TEST_FAIL_EVERY");
    return f->is_log && every && ++syncs % (unsigned)atoi(every) == 0;
}

static void
hang(const char *variable)
{
    const char *sign = getenv(variable);
    while (sign && access(sign, F_OK) == 0)
        usleep(10000);
}

static void
take_time(const struct open_file *f)
{
    const char *ms = getenv("TENURED_TEST_SYNC_MS");
    if (f->is_log && ms)
        usleep((unsigned)atoi(ms) * 1000);
}

static int
layer_sync(sqlite3_file *file, int flags)
{
    struct open_file *f = find(file);
    if (must_fail(f))
        return SQLITE_IOERR_FSYNC;
    take_time(f);
    if (f->is_log)
        hang("TENURED_TEST_HANG");
    must(ftruncate(f->undo, 0) == 0);
    return SQLITE_OK;
}

static int
layer_close(sqlite3_file *file)
{
    struct open_file *f = find(file);
    if (f->undo >= 0)
        close(f->undo);
    int code = f->real->xClose(file);
    pthread_mutex_lock(&lock);
    f->file = NULL;
    pthread_mutex_unlock(&lock);
    return code;
}

static int
layer_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
    hang("TENURED_TEST_HANG_READS");
    return find(file)->real->xRead(file, bytes, size, offset);
}

// Of a reader: it changes nothing that could be lost.
static void
listen_in(struct open_file *f)
{
    f->undo = -1;
    f->methods = *f->real;
    f->methods.xRead = layer_read;
    f->methods.xClose = layer_close;
    f->file->pMethods = &f->methods;
}

static void
put_between(struct open_file *f, const char *name)
{
    char path[4096];
    sqlite3_int64 size;
    snprintf(path, sizeof path, "%s" DISK_UNDO, name);
    f->undo = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    must(f->undo >= 0 && f->real->xFileSize(f->file, &size) == SQLITE_OK);
    if (size == 0) // another file of this name is gone
        must(ftruncate(f->undo, 0) == 0);
    f->methods = *f->real;
    f->methods.xRead = layer_read;
    f->methods.xWrite = layer_write;
    f->methods.xTruncate = layer_truncate;
    f->methods.xSync = layer_sync;
    f->methods.xClose = layer_close;
    f->file->pMethods = &f->methods;
}

static int
layer_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    int code = real_vfs->xOpen(real_vfs, name, file, flags, out_flags);
    bool lasts = flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL);
    if (code != SQLITE_OK || !lasts)
        return code;
    pthread_mutex_lock(&lock);
    struct open_file *f = files;
    while (f < files + FILES && f->file)
        f++;
    must(f < files + FILES);
    f->file = file;
    f->real = file->pMethods;
    f->is_log = flags & SQLITE_OPEN_WAL;
    pthread_mutex_unlock(&lock);
    if (flags & SQLITE_OPEN_READWRITE)
        put_between(f, name);
    else
        listen_in(f);
    return SQLITE_OK;
}

__attribute__((constructor)) static void
lay(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    layer = *real_vfs;
    layer.zName = "disk";
    layer.xOpen = layer_open;
    must(sqlite3_vfs_register(&layer, 1) == SQLITE_OK);
}

// --- The clock -----------------------------------------------------------------------------------

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

static long
read_step(void)
{
    const char *name = getenv("TENURED_TEST_CLOCK");
    FILE *f = name ? fopen(name, "re") : NULL;
    long step = 0;
    if (f) {
        must(fscanf(f, "%ld", &step) == 1);
        fclose(f);
    }
    return step;
}

int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = __real_clock_gettime(clock, now);
    if (clock == CLOCK_REALTIME)
        now->tv_sec += read_step();
    return result;
}

// --- The mutants ---------------------------------------------------------------------------------

enum db_fault __real_statement_run(struct statement *s);
enum db_fault __wrap_statement_run(struct statement *s);
bool __real_db_has_unsynced(const struct db *db);
bool __wrap_db_has_unsynced(const struct db *db);
int __wrap_sqlite3_exec(sqlite3 *c, const char *sql, int (*row)(void *, int, char **, char **),
                        void *arg, char **error);
int __real_sqlite3_exec(sqlite3 *c, const char *sql, int (*row)(void *, int, char **, char **),
                        void *arg, char **error);

static bool
is_mutant(const char *name)
{
    const char *mutant = getenv("TENURED_TEST_MUTANT");
    return mutant && strcmp(mutant, name) == 0;
}

// A batch may stay open: the next one goes on in its transaction.
enum db_fault
__wrap_statement_run(struct statement *s)
{
    static _Thread_local unsigned commits;
    const char *sql = sqlite3_sql(s->handle);
    bool is_open = !sqlite3_get_autocommit(sqlite3_db_handle(s->handle));
    bool stays_open = commits % 4 != 0;
    if (is_mutant("early")) {
        if (strcmp(sql, "BEGIN IMMEDIATE") == 0 && is_open)
            return DB_OK;
        if (strcmp(sql, "COMMIT") == 0 && ++commits % 4 != 0)
            return DB_OK;
        if (strcmp(sql, "ROLLBACK") == 0 && stays_open)
            return DB_OK;
    }
    return __real_statement_run(s);
}

int
__wrap_sqlite3_exec(sqlite3 *c, const char *sql, int (*row)(void *, int, char **, char **),
                    void *arg, char **error)
{
    int code = __real_sqlite3_exec(c, sql, row, arg, error);
    if (is_mutant("unsynced") && strstr(sql, "synchronous"))
        code = __real_sqlite3_exec(c, "PRAGMA synchronous = OFF", row, arg, error);
    return code;
}

bool
__wrap_db_has_unsynced(const struct db *db)
{
    return !is_mutant("unsynced") && __real_db_has_unsynced(db);
}
