// SPDX-License-Identifier: MIT
//
// fields: the members of a body that users and sessions are made of.
//
// Every function that returns false has filled the reply with a problem. A member that is null
// counts as one that is not there, and leaves [value] as it is.
#ifndef API_FIELDS_H
#define API_FIELDS_H

#include "base/config.h"
#include "http/body.h"

struct json_limits fields_limits(const struct config *config);
// body_read within the limits of the configuration. Nobody looks into member [leaf], an object that
// is kept as it was written; NULL: there is none.
bool fields_read(struct request *r, const struct config *config, const char *const *names,
                 const char *leaf, json_t **body /* new: json_decref */);
bool fields_require(struct request *r, const json_t *body, const char *name);
bool fields_get_string(struct request *r, const json_t *body, const char *name,
                       struct span *value /* borrowed from [body] */);
// A time to live: more than nothing, at most [max] ms.
bool fields_get_ttl(struct request *r, const json_t *body, const char *name, int64_t max,
                    int64_t *value);
// Adds the object to [t] without white space, otherwise as it was written.
bool fields_add_object(struct request *r, const json_t *body, const char *name, struct text *t);
// "expand": a list that may name the user and nothing else.
bool fields_get_expand(struct request *r, const json_t *body, bool *value);

#endif
