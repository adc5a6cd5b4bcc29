// SPDX-License-Identifier: MIT
//
// input: the limits here are fixed, because an operator's bodies have a handful of members.
#include "admin/input.h"

#include <stdlib.h>
#include <string.h>

static const struct json_limits LIMITS = {.depth = 4, .members = 16, .string = 256};

bool
input_shards(struct request *r, struct domain *d, struct shards *shards)
{
    *shards = (struct shards){d->shards, d->shard_count};
    const char *query = request_query(r, "shard");
    if (!query)
        return true;
    char *end;
    unsigned long number = strtoul(query, &end, 10);
    if (query[0] < '0' || query[0] > '9' || *end || number >= d->shard_count) {
        reply_problem(r, "invalid-query", "shard must be a number from 0 to %u.",
                      d->shard_count - 1);
        return false;
    }
    *shards = (struct shards){&d->shards[number], 1};
    return true;
}

static bool
is_among(const char *name, const char *const *names)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

static bool
has_only(struct request *r, json_t *body, const char *const *names)
{
    const char *name;
    json_t *value;
    json_object_foreach(body, name, value) if (!is_among(name, names))
    {
        reply_problem(r, "invalid-body", "There is no member \"%s\" here.", name);
        return false;
    }
    return true;
}

static json_t * /* new */
parse(struct request *r)
{
    if (r->body.len == 0)
        return json_object();
    json_t *body = NULL;
    char detail[160];
    switch (json_read(r->body, &LIMITS, &body, detail, sizeof detail)) {
    case JSON_FINE:
        return body;
    case JSON_MALFORMED:
        reply_problem(r, "malformed-json", "%s", detail);
        return NULL;
    case JSON_TOO_LARGE:
        reply_problem(r, "json-too-large", "%s", detail);
        return NULL;
    case JSON_NO_MEMORY:
        break;
    }
    return NULL;
}

json_t *
input_body(struct request *r, const char *const *names)
{
    json_t *body = parse(r);
    if (!body && r->reply.status == 0)
        reply_problem(r, "out-of-memory", "There is no memory for the request.");
    if (!body || has_only(r, body, names))
        return body;
    json_decref(body);
    return NULL;
}

bool
input_bool(struct request *r, const json_t *body, const char *name, bool *value)
{
    const json_t *member = json_object_get(body, name);
    if (member && !json_is_boolean(member)) {
        reply_problem(r, "invalid-body", "%s must be true or false.", name);
        return false;
    }
    if (member)
        *value = json_is_true(member);
    return true;
}

bool
input_int(struct request *r, const json_t *body, const char *name, int min, int max, int *value)
{
    const json_t *member = json_object_get(body, name);
    if (!member)
        return true;
    json_int_t n = json_integer_value(member);
    if (!json_is_integer(member) || n < min || n > max) {
        reply_problem(r, "invalid-body", "%s must be an integer from %d to %d.", name, min, max);
        return false;
    }
    *value = (int)n;
    return true;
}
