// SPDX-License-Identifier: MIT
//
// file: small files, read whole, and written so that they are complete as soon as they are there.
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

// All of [path], ended by a NUL; at most [limit] bytes. NULL: errno says why.
char *file_read(const char *path, size_t limit); /* new: free */
// Replaces [path] by [content]. False: errno says why, and [path] is as it was.
bool file_replace(const char *path, const char *content);
// The same for what only the owner may read (0600), and synced before it has its name.
bool file_make_private(const char *path, const char *content);

#endif
