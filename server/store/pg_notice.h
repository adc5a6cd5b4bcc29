// SPDX-License-Identifier: MIT
//
// pg_notice: what instances tell each other of a batch, written and read.
//
// Lines of instance:kind:id:version. A line without a colon is another id of the instance, kind and
// version of the line before, so that the touches of a shard fit in one notice. Kind u is a user, s
// a session, e everybody's sessions, b a beat, whose id is the time when it was sent. A line
// instance:* is about anything. None is ever data, only a reason to read again.
#ifndef STORE_PG_NOTICE_H
#define STORE_PG_NOTICE_H

#include "store/pg.h"

// What does not fit in so many, of which PostgreSQL takes 7 999 bytes, is said as "anything".
enum { PG_NOTICES_MOST = 4, PG_NOTICE_SIZE = 7900 };

struct pg_notices {
    int64_t instance;
    struct text bytes;
    size_t ends[PG_NOTICES_MOST], count; // of those that are full
    bool is_anything;
    // Of the last line.
    char kind;
    int64_t version;
};

void pg_notices_init(struct pg_notices *n, int64_t instance);
void pg_notices_fini(struct pg_notices *n);
void pg_notices_add(struct pg_notices *n, char kind, struct span id, int64_t version);
// How many were sent: none where nothing was added. Out of memory they are one, of anything.
size_t pg_notices_send(struct pg_notices *n, struct pg *c);

// Of a line that is read; kind 0: of anything, or not understood.
struct pg_line {
    int64_t instance;
    char kind;
    struct span id; // borrowed from the payload
};

void pg_notice_read(struct span payload, void (*each)(void *arg, const struct pg_line *line),
                    void *arg);

#endif
