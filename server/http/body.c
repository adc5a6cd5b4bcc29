// SPDX-License-Identifier: MIT
//
// body: says what is wrong with a body in the same words wherever it was sent.
#include "http/body.h"

#include <string.h>

static bool
accept(struct request *r, enum json_fault fault, const char *detail)
{
    switch (fault) {
    case JSON_FINE:
        return true;
    case JSON_MALFORMED:
        reply_problem(r, "malformed-json", "%s", detail);
        return false;
    case JSON_TOO_LARGE:
        reply_problem(r, "json-too-large", "%s", detail);
        return false;
    case JSON_NO_MEMORY:
        break;
    }
    reply_problem(r, "out-of-memory", "There is no memory for the request.");
    return false;
}

static bool
is_among(const char *name, const char *const *names)
{
    while (names && *names && strcmp(*names, name) != 0)
        names++;
    return !names || *names;
}

bool
body_read(struct request *r, const struct json_limits *limits, const char *const *names,
          json_t **body)
{
    char detail[256];
    if (!accept(r, json_read(r->body, limits, body, detail, sizeof detail), detail))
        return false;
    for (void *i = json_object_iter(*body); i; i = json_object_iter_next(*body, i)) {
        if (is_among(json_object_iter_key(i), names))
            continue;
        reply_problem(r, "invalid-body", "There is no member \"%s\" here.",
                      json_object_iter_key(i));
        json_decref(*body);
        *body = NULL;
        return false;
    }
    return true;
}

bool
body_check(struct request *r, const struct json_limits *limits)
{
    char detail[256];
    return accept(r, json_check(r->body, limits, detail, sizeof detail), detail);
}

bool
body_read_optional(struct request *r, const struct json_limits *limits, const char *const *names,
                   json_t **body)
{
    if (r->body.len > 0)
        return body_read(r, limits, names, body);
    *body = json_object();
    if (!*body)
        reply_problem(r, "out-of-memory", "There is no memory for the request.");
    return *body != NULL;
}

const json_t *
body_borrow(const json_t *body, const char *name)
{
    const json_t *member = json_object_get(body, name);
    return json_is_null(member) ? NULL : member;
}

bool
body_get_bool(struct request *r, const json_t *body, const char *name, bool *value)
{
    const json_t *member = body_borrow(body, name);
    if (!member)
        return true;
    if (!json_is_boolean(member)) {
        reply_problem(r, "invalid-body", "%s must be true or false.", name);
        return false;
    }
    *value = json_is_true(member);
    return true;
}

bool
body_get_int(struct request *r, const json_t *body, const char *name, int min, int max, int *value)
{
    const json_t *member = body_borrow(body, name);
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
