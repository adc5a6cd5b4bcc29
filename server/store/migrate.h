// SPDX-License-Identifier: MIT
//
// migrate: brings a file from the layout that it has to a newer one, a step a version.
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "store/db.h"

// Inside the caller's transaction: [steps][v] leads from version v to v + 1, from an empty file for
// v = 0, and the file says after each which one it has. After a fault the transaction must be
// rolled back, and the file is what it was.
enum db_fault migrate(struct db *db, const char *const *steps, int64_t from, int64_t to);

#endif
