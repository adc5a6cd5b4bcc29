// SPDX-License-Identifier: MIT
//
// body: a request's JSON, member by member.
//
// Every function that returns false has filled the reply with a problem. A member that is null
// counts as one that is not there, and leaves [value] as it is.
#ifndef API_BODY_H
#define API_BODY_H

#include "base/config.h"
#include "base/json.h"
#include "http/request.h"

// The body as an object without members other than [names], a list that NULL ends.
bool body_read(struct request *r, const struct config *config, const char *const *names,
               json_t **body /* new: json_decref */);
bool body_requires(struct request *r, const json_t *body, const char *name);
bool body_string(struct request *r, const json_t *body, const char *name,
                 struct span *value /* borrowed from [body] */);
// A time to live: more than nothing, at most [max] ms.
bool body_ttl(struct request *r, const json_t *body, const char *name, int64_t max, int64_t *ms);
// Adds the object to [t] without white space, otherwise as it was written.
bool body_object(struct request *r, const json_t *body, const char *name, struct text *t);
// "expand": a list that may name the user and nothing else.
bool body_expand(struct request *r, const json_t *body, bool *user);

#endif
