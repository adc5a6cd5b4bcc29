// SPDX-License-Identifier: MIT
//
// pg_batch: a batch of changes as one transaction in PostgreSQL's pipeline, with what others are
// told of it.
#ifndef STORE_PG_BATCH_H
#define STORE_PG_BATCH_H

#include "store/pg_change.h"

// All of it or nothing: PG_OK only when the commit was confirmed, and without a warning. Sets the
// result of each change. An empty list is a probe.
enum pg_fault pg_batch_run(struct pg *c, struct pg_author *author, const struct change *first);

#endif
