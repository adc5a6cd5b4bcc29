// SPDX-License-Identifier: MIT
//
// pg_sweep: removes what is left of everybody's sessions, a few users at a time.
#ifndef STORE_PG_SWEEP_H
#define STORE_PG_SWEEP_H

#include "store/pg.h"

// One transaction, for some users in the slots from [from] to [to]. [left] says whether there were
// any.
enum pg_fault pg_sweep(struct pg *c, int64_t from, int64_t to, bool *left);
// Notes that nothing is left, if so: then nobody looks for it any more.
enum pg_fault pg_sweep_end(struct pg *c);

#endif
