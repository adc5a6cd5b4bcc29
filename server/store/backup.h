// SPDX-License-Identifier: MIT
//
// backup: a copy of the SQLite store in a file of its own, whether a service runs on it or not.
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include <stdbool.h>
#include <stddef.h>

// "tenured backup FILE": whether the arguments ask for one.
bool backup_is_asked(int argc, char **argv);
// Writes it and says so; other arguments are those of the service, which say where the store is.
// Returns what the process exits with.
int backup_main(int argc, char **argv, char **environ_);

// What was acknowledged before the call is in it. [to] must not exist; it is complete and synced
// when this returns true, and gone when it returns false.
bool backup_write(const char *from, const char *to, char *error, size_t error_size);

#endif
