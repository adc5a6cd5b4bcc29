// SPDX-License-Identifier: MIT
//
// pg_array: a column of values as one parameter of a statement, in PostgreSQL's binary form.
//
// It runs out of memory as a text does: what follows is ignored, and bytes.failed says so.
#ifndef STORE_PG_ARRAY_H
#define STORE_PG_ARRAY_H

#include "base/text.h"

// The numbers by which PostgreSQL knows its types.
enum pg_type { PG_BYTEA = 17, PG_BIGINT = 20, PG_TEXT = 25 };

struct pg_array {
    struct text bytes; // what the parameter is
    uint32_t count;
};

void pg_array_init(struct pg_array *a, enum pg_type type);
void pg_array_fini(struct pg_array *a);
void pg_array_add_int(struct pg_array *a, int64_t i);       // to bigint
void pg_array_add_bytes(struct pg_array *a, struct span s); // to others; an absent span is NULL

#endif
