// SPDX-License-Identifier: MIT
//
// file: writes a small file that is complete as soon as it is there.
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>

// Replaces [path] by [content]. False: errno says why, and [path] is as it was.
bool file_replace(const char *path, const char *content);

#endif
