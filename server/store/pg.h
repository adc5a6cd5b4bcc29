// SPDX-License-Identifier: MIT
//
// pg: the only door to libpq: connections, prepared statements in a pipeline, faults by name, and
// what others notify.
//
// A question is: parameters are added and a statement is sent, any number of times; then pg_sync;
// then pg_next once for each, in the order of sending; then pg_end. After a fault the rest of the
// pipeline is refused by the server, and pg_end still takes all of it. A connection belongs to one
// thread at a time.
#ifndef STORE_PG_H
#define STORE_PG_H

#include "base/text.h"

enum pg_fault {
    PG_OK,
    PG_LOST,     // no connection, or the server is none that takes writes
    PG_REFUSED,  // the statement is not possible: a key that is taken, a table that is not there
    PG_CONFLICT, // another transaction was in the way: the same again may succeed
    PG_UNSURE,   // a warning came with the commit: it may not be where it should be
    PG_MEMORY,
};

const char *pg_fault_sentence(enum pg_fault fault);

struct pg;

// [conninfo] is libpq's, with any number of hosts; only a server that takes writes will do. NULL:
// [error] says why. Notices are counted, not printed.
struct pg *pg_open(const char *conninfo, char *error, size_t error_size); /* new */
void pg_close(struct pg *c /* stolen; may be NULL */);

// --- One statement, or several without parameters, at once ------------------------------------

enum pg_fault pg_execute(struct pg *c, const char *sql);
// The first column of the first row; PG_REFUSED where there is none.
enum pg_fault pg_select_int(struct pg *c, const char *sql, int64_t *value);
enum pg_fault pg_prepare(struct pg *c, const char *name, const char *sql);
const char *pg_complaint(const struct pg *c); /* borrowed */ // what the server said last

// --- In the pipeline --------------------------------------------------------------------------

void pg_add_int(struct pg *c, int64_t i);
void pg_add_text(struct pg *c, struct span text); // an absent span is NULL
void pg_add_blob(struct pg *c, const void *data, size_t size);
void pg_send(struct pg *c, const char *name); // of a prepared statement
void pg_sync(struct pg *c);
enum pg_fault pg_next(struct pg *c);
enum pg_fault pg_end(struct pg *c); // the first fault since pg_sync

// --- Of the answer that pg_next took, until the next one --------------------------------------

size_t pg_rows(const struct pg *c);
int64_t pg_changed(const struct pg *c); // rows that the statement made, changed or removed
int64_t pg_get_int(const struct pg *c, size_t row, int column);
struct span pg_get_text(const struct pg *c, size_t row, int column); /* borrowed */
bool pg_has_warned(struct pg *c);                                    // since it was last asked

// --- What others notify -----------------------------------------------------------------------

// Waits at most [ms] for something to arrive, and calls [each] for all of it; the payload is
// borrowed. False: the connection is lost.
bool pg_wait(struct pg *c, int ms, void (*each)(void *arg, struct span payload), void *arg);

#endif
