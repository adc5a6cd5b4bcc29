// SPDX-License-Identifier: MIT
//
// db: the only door to SQLite: connections, statements, and what the disk confirmed.
//
// Locking: none; a connection and its statements belong to one thread at a time.
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/ledger.h"
#include "base/text.h"

// One row a fault that has its own sentence, which follows the file's name.
#define DB_FAULTS(X)                                                                               \
    X(OK, "works")                                                                                 \
    X(FULL, "cannot grow: the disk is full; make room")                                            \
    X(LOCKED, "is locked by another program; end that program")                                    \
    X(NOT_A_DATABASE, "is not a SQLite database; move it away or choose another path")             \
    X(DAMAGED, "is damaged; restore it from a backup")                                             \
    X(READ_ONLY, "cannot be written; check the owner and mode of the file and its directory")      \
    X(CANNOT_OPEN, "cannot be opened; check its directory and the limit of open files")            \
    X(NO_LOG, "lies on a file system without the locks that a log needs; choose a local one")      \
    X(IO, "cannot be read or written; check the disk")                                             \
    X(UNSYNCED, "was committed without a sync of its log; the disk may lose it")                   \
    X(MEMORY, "needs more memory than there is")                                                   \
    X(REFUSED, "refused a row that breaks a rule of the schema")                                   \
    X(MISUSED, "was asked something that it does not understand")

enum db_fault {
#define DB_FAULT_NAME(name, sentence) DB_##name,
    DB_FAULTS(DB_FAULT_NAME)
#undef DB_FAULT_NAME
};

const char *db_fault_sentence(enum db_fault fault);
const char *db_library(void); // SQLite's version
// All of SQLite's, its caches included.
struct ledger_sum db_read_memory(void);

enum db_mode { DB_WRITER, DB_READER };

struct db;

enum db_fault db_open(const char *path, enum db_mode mode, struct db **db); /* new */
// May be NULL. The last connection to a file checkpoints it, so a writer closes after its readers.
void db_close(struct db *db /* stolen */);
enum db_fault db_execute(struct db *db, const char *sql);
enum db_fault db_select_int(struct db *db, const char *sql, int64_t *value);
bool db_in_transaction(struct db *db);

// Writers only. What happened to the log since db_watch: was it synced, and was it written after
// that?
void db_watch(struct db *db);
bool db_has_synced(const struct db *db);
bool db_has_unsynced(const struct db *db);

// A prepared statement: parameters are added in order, rows are stepped to, columns are taken in
// order. The first fault stays and makes the rest do nothing, until a reset.
struct statement {
    void *handle;
    int next; // parameter or column
    enum db_fault fault;
};

enum db_fault statement_init(struct statement *s, struct db *db, const char *sql);
void statement_fini(struct statement *s); // also after a failed init, or all zero
void statement_add_text(struct statement *s, struct span text /* borrowed until the reset */);
void statement_add_blob(struct statement *s, const void *bytes, size_t size); // borrowed likewise
void statement_add_int(struct statement *s, int64_t value);
bool statement_step(struct statement *s);             // false: no more rows, or a fault
struct span statement_take_text(struct statement *s); // borrowed until the next step or reset
int64_t statement_take_int(struct statement *s);
enum db_fault statement_reset(struct statement *s); // says the fault that it forgets
enum db_fault statement_run(struct statement *s);   // step and reset, for what gives no rows

#endif
