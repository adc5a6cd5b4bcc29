// SPDX-License-Identifier: MIT
//
// postgres: a program's PostgreSQL server, in a folder of its own, for tests; see postgres.sh.
#ifndef TESTS_POSTGRES_H
#define TESTS_POSTGRES_H

#include <stdbool.h>

extern char postgres_conninfo[160];

// False: it is not installed, and a sentence on stderr has said so.
bool postgres_is_there(void);
// Around all tests of a group.
int postgres_start(void **state);
int postgres_stop(void **state);
void postgres_run(const char *sql);

#endif
