// SPDX-License-Identifier: MIT
//
// db: connections and statements of SQLite, with its result codes made ours.
//
// A writer opens its files through its own copy of the default VFS, in which two methods of one
// file, the log, are ours: they note what was written and what was synced. The copy shares the
// default's pAppData, so its other methods are the default's.
#include "store/db.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define OWNER(type, member, pointer) ((type *)((char *)(pointer)-offsetof(type, member)))

enum { BUSY_TIMEOUT_MS = 5000 };

struct db {
    sqlite3 *connection;
    bool synced, unsynced;
    // Writers only; read-only once the log is open.
    sqlite3_vfs vfs, *real_vfs;
    sqlite3_io_methods log_methods, real_log_methods;
    char vfs_name[32];
};

// --- Faults -----------------------------------------------------------------------------------

static const char *const sentences[] = {
#define DB_FAULT_SENTENCE(name, sentence) [DB_##name] = (sentence),
    DB_FAULTS(DB_FAULT_SENTENCE)
#undef DB_FAULT_SENTENCE
};

const char *
db_fault_sentence(enum db_fault fault)
{
    return sentences[fault];
}

const char *
db_library(void)
{
    return sqlite3_libversion();
}

struct ledger_sum
db_read_memory(void)
{
    sqlite3_int64 bytes = 0, blocks = 0, most;
    sqlite3_status64(SQLITE_STATUS_MEMORY_USED, &bytes, &most, 0);
    sqlite3_status64(SQLITE_STATUS_MALLOC_COUNT, &blocks, &most, 0);
    return (struct ledger_sum){bytes, blocks};
}

static enum db_fault
fault_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return DB_OK;
    case SQLITE_FULL:
        return DB_FULL;
    case SQLITE_BUSY:
        return DB_LOCKED;
    case SQLITE_NOTADB:
        return DB_NOT_A_DATABASE;
    case SQLITE_CORRUPT:
        return DB_DAMAGED;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return DB_READ_ONLY;
    case SQLITE_CANTOPEN:
        return DB_CANNOT_OPEN;
    case SQLITE_IOERR:
        return DB_IO;
    case SQLITE_NOMEM:
        return DB_MEMORY;
    case SQLITE_CONSTRAINT:
        return DB_REFUSED;
    default:
        return DB_MISUSED;
    }
}

// --- The log's file ---------------------------------------------------------------------------

static int
log_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    struct db *db = OWNER(struct db, log_methods, file->pMethods);
    db->unsynced = true;
    return db->real_log_methods.xWrite(file, bytes, size, offset);
}

static int
log_sync(sqlite3_file *file, int flags)
{
    struct db *db = OWNER(struct db, log_methods, file->pMethods);
    int code = db->real_log_methods.xSync(file, flags);
    if (code == SQLITE_OK) {
        db->synced = true;
        db->unsynced = false;
    }
    return code;
}

static int
vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    struct db *db = OWNER(struct db, vfs, vfs);
    int code = db->real_vfs->xOpen(db->real_vfs, name, file, flags, out_flags);
    if (code != SQLITE_OK || !(flags & SQLITE_OPEN_WAL))
        return code;
    db->real_log_methods = db->log_methods = *file->pMethods;
    db->log_methods.xWrite = log_write;
    db->log_methods.xSync = log_sync;
    file->pMethods = &db->log_methods;
    return SQLITE_OK;
}

static int
vfs_start(struct db *db)
{
    db->real_vfs = sqlite3_vfs_find(NULL);
    db->vfs = *db->real_vfs;
    db->vfs.xOpen = vfs_open;
    db->vfs.zName = db->vfs_name;
    snprintf(db->vfs_name, sizeof(db->vfs_name), "db-%p", (void *)db);
    return sqlite3_vfs_register(&db->vfs, 0);
}

void
db_watch(struct db *db)
{
    db->synced = db->unsynced = false;
}

bool
db_has_synced(const struct db *db)
{
    return db->synced;
}

bool
db_has_unsynced(const struct db *db)
{
    return db->unsynced;
}

// --- Connections ------------------------------------------------------------------------------

static int
connect_writer(struct db *db, const char *path)
{
    int code = vfs_start(db);
    if (code != SQLITE_OK)
        return code;
    return sqlite3_open_v2(path, &db->connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                           db->vfs_name);
}

static int
connect_reader(struct db *db, const char *path)
{
    return sqlite3_open_v2(path, &db->connection, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
}

enum db_fault
db_open(const char *path, enum db_mode mode, struct db **result)
{
    struct db *db = calloc(1, sizeof(*db));
    if (!db)
        return DB_MEMORY;
    int code = mode == DB_WRITER ? connect_writer(db, path) : connect_reader(db, path);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(db->connection, BUSY_TIMEOUT_MS);
    if (code == SQLITE_OK)
        *result = db;
    else
        db_close(db);
    return fault_of(code);
}

void
db_close(struct db *db)
{
    if (!db)
        return;
    sqlite3_close(db->connection);
    if (db->real_vfs)
        sqlite3_vfs_unregister(&db->vfs);
    free(db);
}

enum db_fault
db_execute(struct db *db, const char *sql)
{
    return fault_of(sqlite3_exec(db->connection, sql, NULL, NULL, NULL));
}

enum db_fault
db_select_int(struct db *db, const char *sql, int64_t *value)
{
    struct statement s;
    statement_init(&s, db, sql);
    if (statement_step(&s))
        *value = statement_take_int(&s);
    enum db_fault fault = s.fault;
    statement_fini(&s);
    return fault;
}

bool
db_in_transaction(struct db *db)
{
    return !sqlite3_get_autocommit(db->connection);
}

// --- Statements -------------------------------------------------------------------------------

enum db_fault
statement_init(struct statement *s, struct db *db, const char *sql)
{
    sqlite3_stmt *handle = NULL;
    int code =
        sqlite3_prepare_v3(db->connection, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, NULL);
    *s = (struct statement){.handle = handle, .fault = fault_of(code)};
    return s->fault;
}

void
statement_fini(struct statement *s)
{
    sqlite3_finalize(s->handle);
    s->handle = NULL;
}

void
statement_add_text(struct statement *s, struct span text)
{
    int i = ++s->next;
    if (s->fault != DB_OK)
        return;
    s->fault = fault_of(text.data ? sqlite3_bind_text64(s->handle, i, text.data, text.len,
                                                        SQLITE_STATIC, SQLITE_UTF8)
                                  : sqlite3_bind_null(s->handle, i));
}

void
statement_add_blob(struct statement *s, const void *bytes, size_t size)
{
    int i = ++s->next;
    if (s->fault == DB_OK)
        s->fault = fault_of(sqlite3_bind_blob64(s->handle, i, bytes, size, SQLITE_STATIC));
}

void
statement_add_int(struct statement *s, int64_t value)
{
    int i = ++s->next;
    if (s->fault == DB_OK)
        s->fault = fault_of(sqlite3_bind_int64(s->handle, i, value));
}

bool
statement_step(struct statement *s)
{
    if (s->fault != DB_OK)
        return false;
    int code = sqlite3_step(s->handle);
    s->next = 0;
    s->fault = fault_of(code);
    return code == SQLITE_ROW;
}

// Read as a blob, because that never copies: a text would be given a NUL at its end.
struct span
statement_take_text(struct statement *s)
{
    int i = s->next++;
    if (sqlite3_column_type(s->handle, i) == SQLITE_NULL)
        return (struct span){0};
    const char *data = sqlite3_column_blob(s->handle, i);
    return (struct span){data ? data : "", (size_t)sqlite3_column_bytes(s->handle, i)};
}

int64_t
statement_take_int(struct statement *s)
{
    return sqlite3_column_int64(s->handle, s->next++);
}

enum db_fault
statement_reset(struct statement *s)
{
    enum db_fault fault = s->fault;
    sqlite3_reset(s->handle);
    s->next = 0;
    s->fault = DB_OK;
    return fault;
}

enum db_fault
statement_run(struct statement *s)
{
    statement_step(s);
    return statement_reset(s);
}
