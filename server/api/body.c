// SPDX-License-Identifier: MIT
//
// body: a request's JSON, member by member.
#include "api/body.h"

#include "base/clock.h"

#include <string.h>

static bool
parse(struct request *r, const struct config *config, json_t **body)
{
    const struct json_limits limits = {.depth = (size_t)config->limits_json_depth,
                                       .members = (size_t)config->limits_json_members,
                                       .string = (size_t)config->limits_string};
    char detail[256];
    switch (json_read(r->body, &limits, body, detail, sizeof detail)) {
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
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

bool
body_read(struct request *r, const struct config *config, const char *const *names, json_t **body)
{
    if (!parse(r, config, body))
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

// NULL where it is null, too.
static const json_t *
member(const json_t *body, const char *name)
{
    const json_t *m = json_object_get(body, name);
    return json_is_null(m) ? NULL : m;
}

bool
body_requires(struct request *r, const json_t *body, const char *name)
{
    if (member(body, name))
        return true;
    reply_problem(r, "invalid-body", "%s is required.", name);
    return false;
}

bool
body_string(struct request *r, const json_t *body, const char *name, struct span *value)
{
    const json_t *m = member(body, name);
    if (!m)
        return true;
    if (!json_is_string(m) || json_string_length(m) == 0) {
        reply_problem(r, "invalid-body", "%s must be a string that is not empty.", name);
        return false;
    }
    *value = (struct span){json_string_value(m), json_string_length(m)};
    return true;
}

bool
body_ttl(struct request *r, const json_t *body, const char *name, int64_t max, int64_t *ms)
{
    const json_t *m = member(body, name);
    if (!m)
        return true;
    int64_t wanted = 0;
    if (!json_is_string(m) || !duration_parse(json_string_value(m), &wanted) || wanted <= 0)
        reply_problem(r, "invalid-body", "%s must be a duration such as \"30m\".", name);
    else if (wanted > max)
        reply_problem(r, "invalid-body", "%s must be at most %lld seconds.", name,
                      (long long)max / 1000);
    else
        *ms = wanted;
    return r->reply.status == 0;
}

// From the text, not from what was parsed of it: numbers stay as they were written.
bool
body_object(struct request *r, const json_t *body, const char *name, struct text *t)
{
    const json_t *m = member(body, name);
    if (m && !json_is_object(m)) {
        reply_problem(r, "invalid-body", "%s must be an object.", name);
        return false;
    }
    if (m)
        json_add_compact(t, json_member_span(r->body, name));
    if (t->failed)
        reply_problem(r, "out-of-memory", "There is no memory for the request.");
    return !t->failed;
}

static bool
names_only_the_user(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));
        if (!word || strcmp(word, "user") != 0)
            return false;
    }
    return json_is_array(list);
}

bool
body_expand(struct request *r, const json_t *body, bool *user)
{
    const json_t *list = member(body, "expand");
    if (list && !names_only_the_user(list)) {
        reply_problem(r, "invalid-body", "expand must be a list; only \"user\" can be expanded.");
        return false;
    }
    *user = json_array_size(list) > 0;
    return true;
}
