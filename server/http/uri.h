// SPDX-License-Identifier: MIT
//
// uri: percent-encoding, read strictly.
#ifndef HTTP_URI_H
#define HTTP_URI_H

#include <stdbool.h>
#include <stddef.h>

// Whether [uri], as it came, is a path with an optional query: it begins with a slash, holds
// printable ASCII only, and every escape is two hex digits that are not 00.
bool uri_is_clean(const char *uri);
// Decodes [len] bytes of a clean URI to [to], which may be [from]; the new length, at most [len].
size_t uri_decode(char *to, const char *from, size_t len);

#endif
