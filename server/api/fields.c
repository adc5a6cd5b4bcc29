// SPDX-License-Identifier: MIT
//
// fields: the members of a body that users and sessions are made of.
#include "api/fields.h"

#include "base/clock.h"

#include <string.h>

// Numbers are data of clients, and kept as text.
struct json_limits
fields_limits(const struct config *config)
{
    return (struct json_limits){.depth = (size_t)config->limits_json_depth,
                                .members = (size_t)config->limits_json_members,
                                .string = (size_t)config->limits_string,
                                .as_text = true};
}

bool
fields_read(struct request *r, const struct config *config, const char *const *names,
            const char *leaf, json_t **body)
{
    struct json_limits limits = fields_limits(config);
    limits.leaf = leaf;
    return body_read(r, &limits, names, body);
}

bool
fields_require(struct request *r, const json_t *body, const char *name)
{
    if (body_borrow(body, name))
        return true;
    reply_problem(r, "invalid-body", "%s is required.", name);
    return false;
}

bool
fields_get_string(struct request *r, const json_t *body, const char *name, struct span *value)
{
    const json_t *m = body_borrow(body, name);
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
fields_get_ttl(struct request *r, const json_t *body, const char *name, int64_t max, int64_t *value)
{
    const json_t *m = body_borrow(body, name);
    if (!m)
        return true;
    int64_t wanted = 0;
    if (!json_is_string(m) || !duration_parse(json_string_value(m), &wanted) || wanted <= 0)
        reply_problem(r, "invalid-body", "%s must be a duration such as \"30m\".", name);
    else if (wanted > max)
        reply_problem(r, "invalid-body", "%s must be at most %lld seconds.", name,
                      (long long)max / 1000);
    else
        *value = wanted;
    return r->reply.status == 0;
}

// From the text, not from what was parsed of it: numbers stay as they were written.
bool
fields_add_object(struct request *r, const json_t *body, const char *name, struct text *t)
{
    const json_t *m = body_borrow(body, name);
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
fields_get_expand(struct request *r, const json_t *body, bool *value)
{
    const json_t *list = body_borrow(body, "expand");
    if (list && !names_only_the_user(list)) {
        reply_problem(r, "invalid-body", "expand must be a list; only \"user\" can be expanded.");
        return false;
    }
    *value = json_array_size(list) > 0;
    return true;
}
