// SPDX-License-Identifier: MIT
//
// input: what an operator's request asks for: the shards of ?shard=, and the members of a body that
// may be empty. Every function that returns false or NULL has filled the reply with a problem.
#ifndef ADMIN_INPUT_H
#define ADMIN_INPUT_H

#include "base/json.h"
#include "domain/domain.h"
#include "http/request.h"

// The shards that a question is about: all of them, or one.
struct shards {
    struct shard *first;
    unsigned count;
};

bool input_shards(struct request *r, struct domain *d, struct shards *shards);

// The body as an object without members other than [names], a list that NULL ends.
json_t *input_body(struct request *r, const char *const *names); /* new: json_decref */
// The value of member [name]; [value] keeps its default when there is none.
bool input_bool(struct request *r, const json_t *body, const char *name, bool *value);
bool input_int(struct request *r, const json_t *body, const char *name, int min, int max,
               int *value);

#endif
