// SPDX-License-Identifier: MIT
//
// described: a description, and what was provoked of it.
#include "described.h"

#include "support.h"

#include <regex.h>
#include <strings.h>

void
described_init(struct described *d, struct client *c)
{
    assert_int_equal(client_call(c, "GET", "/openapi.json", NULL), 200);
    *d = (struct described){c, client_reply_json(c), json_object()};
    const char *version = json_string_value(json_object_get(d->doc, "openapi"));
    assert_true(version && strncmp(version, "3.1", 3) == 0);
    provoke(d, 200, "GET", "/openapi.json", "/openapi.json", NULL);
}

void
described_fini(struct described *d)
{
    json_decref(d->doc);
    json_decref(d->seen);
}

// --- Schemas -----------------------------------------------------------------------------------

static json_t *
resolve(const struct described *d, json_t *schema)
{
    const char *ref = json_string_value(json_object_get(schema, "$ref"));
    json_t *part = schema;
    if (!ref)
        return schema;
    assert_int_equal(strncmp(ref, "#/", 2), 0);
    char path[256], *rest = path;
    snprintf(path, sizeof path, "%s", ref + 2);
    part = d->doc;
    for (char *name; (name = strsep(&rest, "/")) != NULL;)
        part = json_object_get(part, name);
    if (!part)
        fail_msg("%s leads nowhere", ref);
    return part;
}

static bool
is_of_type(const json_t *value, const char *type)
{
    return (strcmp(type, "object") == 0 && json_is_object(value)) ||
           (strcmp(type, "array") == 0 && json_is_array(value)) ||
           (strcmp(type, "string") == 0 && json_is_string(value)) ||
           (strcmp(type, "integer") == 0 && json_is_integer(value)) ||
           (strcmp(type, "number") == 0 && json_is_real(value)) ||
           (strcmp(type, "boolean") == 0 && json_is_boolean(value)) ||
           (strcmp(type, "null") == 0 && json_is_null(value));
}

static bool
is_of_a_type(const json_t *value, const json_t *types)
{
    if (json_is_string(types))
        return is_of_type(value, json_string_value(types));
    for (size_t i = 0; i < json_array_size(types); i++)
        if (is_of_type(value, json_string_value(json_array_get(types, i))))
            return true;
    return types == NULL;
}

static bool
is_in(const json_t *list, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), value))
            return true;
    return false;
}

static bool
fits_pattern(const json_t *value, const json_t *pattern)
{
    regex_t r;
    if (!pattern || !json_is_string(value))
        return true;
    assert_int_equal(regcomp(&r, json_string_value(pattern), REG_EXTENDED | REG_NOSUB), 0);
    bool fits = regexec(&r, json_string_value(value), 0, NULL, 0) == 0;
    regfree(&r);
    return fits;
}

static bool fits(const struct described *d, json_t *value, json_t *schema);

static bool
fits_members(const struct described *d, json_t *value, json_t *schema)
{
    const char *name;
    json_t *member, *properties = json_object_get(schema, "properties");
    json_t *required = json_object_get(schema, "required");
    bool is_closed = json_is_false(json_object_get(schema, "additionalProperties"));
    for (size_t i = 0; i < json_array_size(required); i++)
        if (!json_object_get(value, json_string_value(json_array_get(required, i))))
            return false;
    json_object_foreach(value, name, member)
    {
        json_t *of = json_object_get(properties, name);
        if (of ? !fits(d, member, of) : is_closed)
            return false;
    }
    return true;
}

static bool
fits(const struct described *d, json_t *value, json_t *schema)
{
    schema = resolve(d, schema);
    json_t *any = json_object_get(schema, "anyOf"), *one_of = json_object_get(schema, "enum");
    json_t *items = json_object_get(schema, "items");
    bool found = !any;
    for (size_t i = 0; i < json_array_size(any) && !found; i++)
        found = fits(d, value, json_array_get(any, i));
    for (size_t i = 0; items && i < json_array_size(value); i++)
        found = found && fits(d, json_array_get(value, i), items);
    return found && is_of_a_type(value, json_object_get(schema, "type")) &&
           (!one_of || is_in(one_of, value)) &&
           fits_pattern(value, json_object_get(schema, "pattern")) &&
           (!json_is_object(value) || fits_members(d, value, schema));
}

// --- Calls -------------------------------------------------------------------------------------

static json_t *
response_of(const struct described *d, const char *method, const char *path, long status)
{
    char lower[16], code[16];
    size_t i = 0;
    for (; method[i]; i++)
        lower[i] = (char)(method[i] | 0x20);
    lower[i] = '\0';
    snprintf(code, sizeof code, "%ld", status);
    json_t *call = json_object_get(json_object_get(json_object_get(d->doc, "paths"), path), lower);
    json_t *response = json_object_get(json_object_get(call, "responses"), code);
    if (!response)
        fail_msg("%s %s: %ld is not documented", method, path, status);
    return response;
}

static void
check_headers(const struct described *d, json_t *response)
{
    const char *name;
    json_t *header;
    json_object_foreach(json_object_get(response, "headers"), name, header)
    {
        char *value = client_reply_header(d->client, name);
        if (!value &&
            !strstr(json_string_value(json_object_get(response, "description")), "without"))
            fail_msg("%s is missing", name);
        free(value);
    }
}

// What is no JSON is a string.
static json_t * /* new */
read_body(const struct described *d, const char *type)
{
    if (strstr(type, "json") && !strstr(type, "ndjson"))
        return client_reply_json(d->client);
    return json_stringn_nocheck(d->client->body.data, d->client->body.len); // or it is no text
}

static void
check_reply(const struct described *d, const char *method, const char *path, json_t *response)
{
    json_t *content = json_object_get(response, "content");
    char *type = client_reply_header(d->client, "Content-Type");
    if (content) {
        json_t *schema = json_object_get(json_object_get(content, type ? type : ""), "schema");
        json_t *body = read_body(d, type ? type : "");
        if (!schema || !fits(d, body, schema))
            fail_msg("%s %s: not as documented: %s", method, path, d->client->body.data);
        json_decref(body);
    } else {
        assert_int_equal(d->client->body.len, 0);
    }
    free(type);
    check_headers(d, response);
}

void
provoke_with(struct described *d, long status, const char *method, const char *path,
             const char *actual, const char *header, const char *body)
{
    char key[256];
    if (header)
        client_add_header(d->client, header);
    long got = client_call(d->client, method, actual, body);
    if (got != status)
        fail_msg("%s %s: %ld instead of %ld: %s", method, actual, got, status,
                 d->client->body.data);
    check_reply(d, method, path, response_of(d, method, path, status));
    snprintf(key, sizeof key, "%s %s %ld", method, path, status);
    json_object_set_new(d->seen, key, json_true());
}

void
provoke(struct described *d, long status, const char *method, const char *path, const char *actual,
        const char *body)
{
    provoke_with(d, status, method, path, actual, NULL, body);
}

void
expect_all_seen(const struct described *d)
{
    const char *path, *method, *status;
    json_t *calls, *call, *response;
    json_object_foreach(json_object_get(d->doc, "paths"), path, calls)
    {
        json_object_foreach(calls, method, call)
        {
            json_object_foreach(json_object_get(call, "responses"), status, response)
            {
                char key[256];
                size_t len = strlen(method);
                snprintf(key, sizeof key, "%s %s %s", method, path, status);
                for (size_t i = 0; i < len; i++)
                    key[i] = (char)(key[i] & ~0x20);
                if (strcmp(status, "default") != 0 && !json_object_get(d->seen, key))
                    fail_msg("%s was not provoked", key);
            }
        }
    }
}
