// SPDX-License-Identifier: MIT
//
// etag: entity tags, and the conditions that name them (RFC 9110, 8.8.3 and 13.1).
//
// A tag is "<version>-<hash>". Its part before the dash says which document it is, and is all that
// a writer names; the hash says what else a reader saw. Lists are the values of If-Match and
// If-None-Match: "*", or tags between commas.
#ifndef BASE_ETAG_H
#define BASE_ETAG_H

#include <stdbool.h>
#include <stdint.h>

struct etag {
    int64_t version;
    uint64_t hash; // of what is shown but not part of the version
};

enum { ETAG_SIZE = 40 };

// The tag in its quotes, ended by a NUL.
void etag_write(char to[ETAG_SIZE], struct etag e);
bool etag_list_is_valid(const char *list);
// The strong comparison of If-Match, by versions alone: a weak tag matches nothing.
bool etag_list_has_version(const char *list, int64_t version);
// The weak comparison of If-None-Match, by whole tags.
bool etag_list_has(const char *list, struct etag e);

#endif
