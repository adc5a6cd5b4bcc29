// SPDX-License-Identifier: MIT
//
// migrate: brings a file from the layout that it has to a newer one, a step a version.
#include "store/migrate.h"

#include <stdio.h>

enum db_fault
migrate(struct db *db, const char *const *steps, int64_t from, int64_t to)
{
    enum db_fault fault = DB_OK;
    for (int64_t version = from; version < to && fault == DB_OK; version++) {
        char note[64];
        snprintf(note, sizeof(note), "PRAGMA user_version = %lld", (long long)version + 1);
        fault = db_execute(db, steps[version]);
        if (fault == DB_OK)
            fault = db_execute(db, note);
    }
    return fault;
}
