// SPDX-License-Identifier: MIT
//
// place: where a database file lives, for this user only (directory 0700, file 0600) and for one
// process at a time.
//
// The lock is an flock(2) on "<path>.lock", held until place_give; that file stays, because
// removing it would let two processes lock two files of one name.
#ifndef STORE_PLACE_H
#define STORE_PLACE_H

#include <stddef.h>

// Makes the directory (not its parents) and the file where they are missing. -1: [error] is one
// sentence that names the file.
int place_take(const char *path, char *error, size_t error_size);
void place_give(int place);

#endif
