// SPDX-License-Identifier: MIT
//
// body: a request's body as a JSON object without surprises, and its members by kind.
//
// Every function that returns false has filled the reply with a problem. A member that is null
// counts as one that is not there.
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include "base/json.h"
#include "http/request.h"

// The body as an object without members other than [names], a list that NULL ends; with any members
// where [names] is NULL.
bool body_read(struct request *r, const struct json_limits *limits, const char *const *names,
               json_t **body /* new: json_decref */);
// Whether the body is an object, with any members, of which no more is needed.
bool body_check(struct request *r, const struct json_limits *limits);
// As body_read, but no body at all is an empty object.
bool body_read_optional(struct request *r, const struct json_limits *limits,
                        const char *const *names, json_t **body /* new: json_decref */);

// NULL when it is not there.
const json_t *body_borrow(const json_t *body, const char *name); /* borrowed */
// These keep [value] as it is when the member is not there.
bool body_get_bool(struct request *r, const json_t *body, const char *name, bool *value);
bool body_get_int(struct request *r, const json_t *body, const char *name, int min, int max,
                  int *value);

#endif
