// SPDX-License-Identifier: MIT
//
// /openapi.json of the data plane says what the server does: each status that it documents for a
// call is provoked once, and what comes back is of the documented type and shape.
#include "service_fixture.h"

#include <regex.h>
#include <strings.h>

static json_t *doc, *seen; // seen: "GET /v1/users/{user_id} 200"

// --- Schemas -----------------------------------------------------------------------------------

static json_t *
resolve(json_t *schema)
{
    const char *ref = json_string_value(json_object_get(schema, "$ref"));
    json_t *part = schema;
    if (!ref)
        return schema;
    assert_int_equal(strncmp(ref, "#/", 2), 0);
    char path[256], *rest = path;
    snprintf(path, sizeof path, "%s", ref + 2);
    part = doc;
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

static bool fits(json_t *value, json_t *schema);

static bool
fits_members(json_t *value, json_t *schema)
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
        if (of ? !fits(member, of) : is_closed)
            return false;
    }
    return true;
}

static bool
fits(json_t *value, json_t *schema)
{
    schema = resolve(schema);
    json_t *any = json_object_get(schema, "anyOf"), *one_of = json_object_get(schema, "enum");
    json_t *items = json_object_get(schema, "items");
    bool found = !any;
    for (size_t i = 0; i < json_array_size(any) && !found; i++)
        found = fits(value, json_array_get(any, i));
    for (size_t i = 0; items && i < json_array_size(value); i++)
        found = found && fits(json_array_get(value, i), items);
    return found && is_of_a_type(value, json_object_get(schema, "type")) &&
           (!one_of || is_in(one_of, value)) &&
           fits_pattern(value, json_object_get(schema, "pattern")) &&
           (!json_is_object(value) || fits_members(value, schema));
}

// --- Calls -------------------------------------------------------------------------------------

static json_t *
response_of(const char *method, const char *path, long status)
{
    char lower[16], code[16];
    size_t i = 0;
    for (; method[i]; i++)
        lower[i] = (char)(method[i] | 0x20);
    lower[i] = '\0';
    snprintf(code, sizeof code, "%ld", status);
    json_t *call = json_object_get(json_object_get(json_object_get(doc, "paths"), path), lower);
    json_t *response = json_object_get(json_object_get(call, "responses"), code);
    if (!response)
        fail_msg("%s %s: %ld is not documented", method, path, status);
    return response;
}

static void
check_headers(json_t *response)
{
    const char *name;
    json_t *header;
    json_object_foreach(json_object_get(response, "headers"), name, header)
    {
        char *value = client_reply_header(&service.data, name);
        if (!value &&
            !strstr(json_string_value(json_object_get(response, "description")), "without"))
            fail_msg("%s is missing", name);
        free(value);
    }
}

static void
check_reply(const char *method, const char *path, json_t *response)
{
    json_t *content = json_object_get(response, "content");
    char *type = client_reply_header(&service.data, "Content-Type");
    if (content) {
        json_t *schema = json_object_get(json_object_get(content, type ? type : ""), "schema");
        json_t *body = client_reply_json(&service.data);
        if (!schema || !fits(body, schema))
            fail_msg("%s %s: not as documented: %s", method, path, reply());
        json_decref(body);
    } else {
        assert_int_equal(service.data.body.len, 0);
    }
    free(type);
    check_headers(response);
}

static void
provoke_with(long status, const char *method, const char *path, const char *actual,
             const char *header, const char *body)
{
    char key[256];
    if (header)
        client_add_header(&service.data, header);
    expect(status, method, actual, body);
    check_reply(method, path, response_of(method, path, status));
    snprintf(key, sizeof key, "%s %s %ld", method, path, status);
    json_object_set_new(seen, key, json_true());
}

static void
provoke(long status, const char *method, const char *path, const char *actual, const char *body)
{
    provoke_with(status, method, path, actual, NULL, body);
}

static const char *
tag_header(void)
{
    static char header[128];
    char *tag = client_reply_header(&service.data, "ETag");
    assert_non_null(tag);
    snprintf(header, sizeof header, "If-None-Match: %s", tag);
    free(tag);
    return header;
}

#define USER     "/v1/users/{user_id}"
#define OF_USER  "/v1/users/{user_id}/sessions"
#define SESSIONS "/v1/sessions"
#define VERIFY   "/v1/sessions/verify"
#define BATCH    "/v1/sessions/batch"
#define SESSION  "/v1/sessions/{session_id}"
#define PUT_DATA "/v1/sessions/{session_id}/data"
#define TOUCH    "/v1/sessions/{session_id}/touch"
#define ROTATE   "/v1/sessions/{session_id}/rotate"
#define NOBODY   "/v1/users/nobody"
#define NONE     "/v1/sessions/s_0000AAAAAAAAAAAAAAAAAAAAAA"

static void
provoke_users(void)
{
    provoke(201, "PUT", USER, "/v1/users/ada", "{\"name\":\"Ada\",\"email\":\"a@b\"}");
    provoke(200, "PUT", USER, "/v1/users/ada", "{\"name\":\"Ada\",\"attributes\":{\"x\":[1]}}");
    provoke(400, "PUT", USER, "/v1/users/ada", "[");
    provoke(422, "PUT", USER, "/v1/users/ada", "{\"name\":7}");
    provoke_with(412, "PUT", USER, "/v1/users/ada", "If-None-Match: *", "{\"name\":\"A\"}");
    provoke(200, "PATCH", USER, "/v1/users/ada", "{\"email\":null}");
    provoke(400, "PATCH", USER, "/v1/users/ada", "7");
    provoke(404, "PATCH", USER, NOBODY, "{}");
    provoke(422, "PATCH", USER, "/v1/users/ada", "{\"nam\":\"A\"}");
    provoke_with(412, "PATCH", USER, "/v1/users/ada", "If-Match: \"9\"", "{}");
    provoke(200, "GET", USER, "/v1/users/ada", NULL);
    provoke_with(304, "GET", USER, "/v1/users/ada", tag_header(), NULL);
    provoke_with(304, "HEAD", USER, "/v1/users/ada", tag_header(), NULL);
    provoke(200, "HEAD", USER, "/v1/users/ada", NULL);
    provoke(404, "HEAD", USER, NOBODY, NULL);
    provoke(404, "GET", USER, NOBODY, NULL);
    provoke(200, "GET", "/v1/users", "/v1/users?limit=1", NULL);
    provoke(422, "GET", "/v1/users", "/v1/users?limit=0", NULL);
}

static void
provoke_sessions(struct known_session *s)
{
    char body[256], path[256];
    provoke(201, "POST", SESSIONS, SESSIONS, "{\"user_id\":\"ada\"}");
    provoke(409, "POST", SESSIONS, SESSIONS, "{\"user_id\":\"ada\"}"); // two is the limit
    provoke(400, "POST", SESSIONS, SESSIONS, "");
    provoke(404, "POST", SESSIONS, SESSIONS, "{\"user_id\":\"nobody\"}");
    provoke(422, "POST", SESSIONS, SESSIONS, "{\"user_id\":\"ada\",\"idle_ttl\":\"1w\"}");
    provoke(200, "GET", SESSIONS, SESSIONS "?user_id=ada&limit=1", NULL);
    provoke(404, "GET", SESSIONS, SESSIONS "?user_id=nobody", NULL);
    provoke(422, "GET", SESSIONS, SESSIONS, NULL);
    provoke(200, "GET", OF_USER, "/v1/users/ada/sessions", NULL);
    provoke(404, "GET", OF_USER, NOBODY "/sessions", NULL);
    provoke(422, "GET", OF_USER, "/v1/users/ada/sessions?cursor=x", NULL);
    snprintf(body, sizeof body, "{\"token\":\"%s\",\"expand\":[\"user\"]}", s->token);
    provoke(200, "POST", VERIFY, VERIFY, body);
    provoke(400, "POST", VERIFY, VERIFY, "x");
    provoke(401, "POST", VERIFY, VERIFY, "{\"token\":\"x\"}");
    provoke(422, "POST", VERIFY, VERIFY, "{}");
    snprintf(body, sizeof body, "{\"op\":\"get\",\"ids\":[\"%s\",\"x\"]}", s->id);
    provoke(200, "POST", BATCH, BATCH, body);
    provoke(400, "POST", BATCH, BATCH, "x");
    provoke(422, "POST", BATCH, BATCH, "{\"op\":\"get\"}");
    snprintf(path, sizeof path, "%s?expand=user", s->path);
    provoke(200, "GET", SESSION, path, NULL);
    snprintf(path, sizeof path, "%s?expand=x", s->path);
    provoke(422, "GET", SESSION, path, NULL);
    provoke(200, "GET", SESSION, s->path, NULL);
    provoke_with(304, "GET", SESSION, s->path, tag_header(), NULL);
    provoke_with(304, "HEAD", SESSION, s->path, tag_header(), NULL);
    provoke(200, "HEAD", SESSION, s->path, NULL);
    provoke(404, "HEAD", SESSION, NONE, NULL);
    provoke(404, "GET", SESSION, NONE, NULL);
}

static void
provoke_writes(struct known_session *s)
{
    static const char *const methods[] = {"PUT", "PATCH"};
    char data[96], path[96];
    snprintf(data, sizeof data, "%s/data", s->path);
    for (int m = 0; m < 2; m++) {
        provoke_with(200, methods[m], PUT_DATA, data, "If-Match: *", "{\"n\":1}");
        provoke_with(400, methods[m], PUT_DATA, data, "If-Match: *", "x");
        provoke_with(404, methods[m], PUT_DATA, NONE "/data", "If-Match: *", "{}");
        provoke_with(412, methods[m], PUT_DATA, data, "If-Match: \"99\"", "{}");
        provoke_with(422, methods[m], PUT_DATA, data, "If-Match: *",
                     "{\"a\":[[[[[[[[1]]]]]]]]}"); // deeper than the limit
        provoke(428, methods[m], PUT_DATA, data, "{}");
    }
    snprintf(path, sizeof path, "%s/touch", s->path);
    provoke(204, "POST", TOUCH, path, NULL);
    provoke(404, "POST", TOUCH, NONE "/touch", NULL);
    snprintf(path, sizeof path, "%s/rotate", s->path);
    provoke(200, "POST", ROTATE, path, NULL);
    provoke(404, "POST", ROTATE, NONE "/rotate", NULL);
}

static void
provoke_ends(struct known_session *s)
{
    provoke(422, "DELETE", OF_USER, "/v1/users/ada/sessions?except=me", NULL);
    provoke(204, "DELETE", SESSION, s->path, NULL);
    provoke(200, "GET", USER, "/v1/users/ada", NULL); // with a last session
    provoke(200, "DELETE", OF_USER, "/v1/users/ada/sessions", NULL);
    provoke(422, "DELETE", SESSIONS, SESSIONS, NULL);
    provoke(409, "DELETE", SESSIONS, SESSIONS "?all=true&confirm=9", NULL);
    provoke(200, "DELETE", SESSIONS, SESSIONS "?all=true&confirm=0", NULL);
    provoke(204, "DELETE", USER, "/v1/users/ada", NULL);
    provoke(200, "GET", "/livez", "/livez", NULL);
    provoke(200, "GET", "/readyz", "/readyz", NULL);
    assert_in_range(client_call(&service.admin, "POST", "/v1/drain", NULL), 200, 202);
    provoke(503, "GET", "/readyz", "/readyz", NULL);
}

static void
expect_all_seen(void)
{
    const char *path, *method, *status;
    json_t *calls, *call, *response;
    json_object_foreach(json_object_get(doc, "paths"), path, calls)
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
                if (strcmp(status, "default") != 0 && !json_object_get(seen, key))
                    fail_msg("%s was not provoked", key);
            }
        }
    }
}

static void
every_documented_status_is_provoked_and_is_as_documented(void **state)
{
    START("shards=2", "sessions.per_user=2", "sessions.per_user_policy=reject",
          "limits.json_depth=6", "drain.delay=5s");
    expect(200, "GET", "/openapi.json", NULL);
    doc = client_reply_json(&service.data);
    seen = json_object();
    assert_int_equal(strncmp(json_string_value(json_object_get(doc, "openapi")), "3.1", 3), 0);
    provoke(200, "GET", "/openapi.json", "/openapi.json", NULL);
    provoke_users();
    struct known_session s = make_session("ada", ",\"client\":{\"name\":\"phone\"}");
    provoke_sessions(&s);
    provoke_writes(&s);
    provoke_ends(&s);
    expect_all_seen();
    json_decref(doc);
    json_decref(seen);
    server_kill(&service.server); // it waits for its drain
    client_fini(&service.data);
    client_fini(&service.admin);
}

static void
numbers_stay_as_they_were_written(void **state)
{
    START(NULL);
    const char *numbers = "\"n\":[9007199254740993,123456789012345678901,1.500,1E3]";
    char body[256];
    snprintf(body, sizeof body, "{\"name\":\"Ada\",\"attributes\":{%s}}", numbers);
    expect(201, "PUT", "/v1/users/ada", body);
    EXPECT_HAS(numbers);
    expect(200, "GET", "/v1/users/ada", NULL); // from the store
    EXPECT_HAS(numbers);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(every_documented_status_is_provoked_and_is_as_documented),
        SERVICE_TEST(numbers_stay_as_they_were_written),
    };
    return cmocka_run_group_tests_name("openapi", tests, NULL, NULL);
}
