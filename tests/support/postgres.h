// SPDX-License-Identifier: MIT
//
// postgres: a PostgreSQL server in a folder of its own, for tests; see postgres.sh.
#ifndef TESTS_POSTGRES_H
#define TESTS_POSTGRES_H

#include <stdbool.h>

struct postgres_server {
    char *folder;
    char conninfo[160];
};

// False: it is not installed, and a sentence on stderr has said so.
bool postgres_is_there(void);
void postgres_start(struct postgres_server *s);
void postgres_stop(struct postgres_server *s);
void postgres_run(const struct postgres_server *s, const char *sql);

#endif
