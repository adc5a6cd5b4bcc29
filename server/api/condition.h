// SPDX-License-Identifier: MIT
//
// condition: If-Match and If-None-Match (RFC 9110, 13.1).
//
// A value that is no list of entity tags is refused with 400: whoever sent it meant a condition
// that cannot be told, so neither "it holds" nor "it does not" would be true.
#ifndef API_CONDITION_H
#define API_CONDITION_H

#include "base/etag.h"
#include "http/request.h"

// Reads the header [name]; [list] is NULL where there is none. False: the reply is a problem.
bool condition_read(struct request *r, const char *name, const char **list /* borrowed */);
// Replies with [document], which is taken, and its tag; or 304, where [none_match] has that.
void condition_reply(struct request *r, const char *none_match, struct etag tag,
                     struct text *document);

#endif
