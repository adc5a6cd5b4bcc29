// SPDX-License-Identifier: MIT
//
// /openapi.json of the data plane says what the server does: each status that it documents for a
// call is provoked once, and what comes back is of the documented type and shape.
#include "described.h"
#include "service_fixture.h"

static struct described plane;

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
    provoke(&plane, 201, "PUT", USER, "/v1/users/ada", "{\"name\":\"Ada\",\"email\":\"a@b\"}");
    provoke(&plane, 200, "PUT", USER, "/v1/users/ada",
            "{\"name\":\"Ada\",\"attributes\":{\"x\":[1]}}");
    provoke(&plane, 400, "PUT", USER, "/v1/users/ada", "[");
    provoke(&plane, 422, "PUT", USER, "/v1/users/ada", "{\"name\":7}");
    provoke_with(&plane, 412, "PUT", USER, "/v1/users/ada", "If-None-Match: *", "{\"name\":\"A\"}");
    provoke(&plane, 200, "PATCH", USER, "/v1/users/ada", "{\"email\":null}");
    provoke(&plane, 400, "PATCH", USER, "/v1/users/ada", "7");
    provoke(&plane, 404, "PATCH", USER, NOBODY, "{}");
    provoke(&plane, 422, "PATCH", USER, "/v1/users/ada", "{\"nam\":\"A\"}");
    provoke_with(&plane, 412, "PATCH", USER, "/v1/users/ada", "If-Match: \"9\"", "{}");
    provoke(&plane, 200, "GET", USER, "/v1/users/ada", NULL);
    provoke_with(&plane, 304, "GET", USER, "/v1/users/ada", tag_header(), NULL);
    provoke_with(&plane, 304, "HEAD", USER, "/v1/users/ada", tag_header(), NULL);
    provoke(&plane, 200, "HEAD", USER, "/v1/users/ada", NULL);
    provoke(&plane, 404, "HEAD", USER, NOBODY, NULL);
    provoke(&plane, 404, "GET", USER, NOBODY, NULL);
    provoke(&plane, 200, "GET", "/v1/users", "/v1/users?limit=1", NULL);
    provoke(&plane, 422, "GET", "/v1/users", "/v1/users?limit=0", NULL);
}

static void
provoke_sessions(struct known_session *s)
{
    char body[256], path[256];
    provoke(&plane, 201, "POST", SESSIONS, SESSIONS, "{\"user_id\":\"ada\"}");
    provoke(&plane, 409, "POST", SESSIONS, SESSIONS, "{\"user_id\":\"ada\"}"); // two is the limit
    provoke(&plane, 400, "POST", SESSIONS, SESSIONS, "");
    provoke(&plane, 404, "POST", SESSIONS, SESSIONS, "{\"user_id\":\"nobody\"}");
    provoke(&plane, 422, "POST", SESSIONS, SESSIONS, "{\"user_id\":\"ada\",\"idle_ttl\":\"1w\"}");
    provoke(&plane, 200, "GET", SESSIONS, SESSIONS "?user_id=ada&limit=1", NULL);
    provoke(&plane, 404, "GET", SESSIONS, SESSIONS "?user_id=nobody", NULL);
    provoke(&plane, 422, "GET", SESSIONS, SESSIONS, NULL);
    provoke(&plane, 200, "GET", OF_USER, "/v1/users/ada/sessions", NULL);
    provoke(&plane, 404, "GET", OF_USER, NOBODY "/sessions", NULL);
    provoke(&plane, 422, "GET", OF_USER, "/v1/users/ada/sessions?cursor=x", NULL);
    snprintf(body, sizeof body, "{\"token\":\"%s\",\"expand\":[\"user\"]}", s->token);
    provoke(&plane, 200, "POST", VERIFY, VERIFY, body);
    provoke(&plane, 400, "POST", VERIFY, VERIFY, "x");
    provoke(&plane, 401, "POST", VERIFY, VERIFY, "{\"token\":\"x\"}");
    provoke(&plane, 422, "POST", VERIFY, VERIFY, "{}");
    snprintf(body, sizeof body, "{\"op\":\"get\",\"ids\":[\"%s\",\"x\"]}", s->id);
    provoke(&plane, 200, "POST", BATCH, BATCH, body);
    provoke(&plane, 400, "POST", BATCH, BATCH, "x");
    provoke(&plane, 422, "POST", BATCH, BATCH, "{\"op\":\"get\"}");
    snprintf(path, sizeof path, "%s?expand=user", s->path);
    provoke(&plane, 200, "GET", SESSION, path, NULL);
    snprintf(path, sizeof path, "%s?expand=x", s->path);
    provoke(&plane, 422, "GET", SESSION, path, NULL);
    provoke(&plane, 200, "GET", SESSION, s->path, NULL);
    provoke_with(&plane, 304, "GET", SESSION, s->path, tag_header(), NULL);
    provoke_with(&plane, 304, "HEAD", SESSION, s->path, tag_header(), NULL);
    provoke(&plane, 200, "HEAD", SESSION, s->path, NULL);
    provoke(&plane, 404, "HEAD", SESSION, NONE, NULL);
    provoke(&plane, 404, "GET", SESSION, NONE, NULL);
}

static void
provoke_writes(struct known_session *s)
{
    static const char *const methods[] = {"PUT", "PATCH"};
    char data[96], path[96];
    snprintf(data, sizeof data, "%s/data", s->path);
    for (int m = 0; m < 2; m++) {
        provoke_with(&plane, 200, methods[m], PUT_DATA, data, "If-Match: *", "{\"n\":1}");
        provoke_with(&plane, 400, methods[m], PUT_DATA, data, "If-Match: *", "x");
        provoke_with(&plane, 404, methods[m], PUT_DATA, NONE "/data", "If-Match: *", "{}");
        provoke_with(&plane, 412, methods[m], PUT_DATA, data, "If-Match: \"99\"", "{}");
        provoke_with(&plane, 422, methods[m], PUT_DATA, data, "If-Match: *",
                     "{\"a\":[[[[[[[[1]]]]]]]]}"); // deeper than the limit
        provoke(&plane, 428, methods[m], PUT_DATA, data, "{}");
    }
    snprintf(path, sizeof path, "%s/touch", s->path);
    provoke(&plane, 204, "POST", TOUCH, path, NULL);
    provoke(&plane, 404, "POST", TOUCH, NONE "/touch", NULL);
    snprintf(path, sizeof path, "%s/rotate", s->path);
    provoke(&plane, 200, "POST", ROTATE, path, NULL);
    provoke(&plane, 404, "POST", ROTATE, NONE "/rotate", NULL);
}

static void
provoke_ends(struct known_session *s)
{
    provoke(&plane, 422, "DELETE", OF_USER, "/v1/users/ada/sessions?except=me", NULL);
    provoke(&plane, 204, "DELETE", SESSION, s->path, NULL);
    provoke(&plane, 200, "GET", USER, "/v1/users/ada", NULL); // with a last session
    provoke(&plane, 200, "DELETE", OF_USER, "/v1/users/ada/sessions", NULL);
    provoke(&plane, 422, "DELETE", SESSIONS, SESSIONS, NULL);
    provoke(&plane, 409, "DELETE", SESSIONS, SESSIONS "?all=true&confirm=9", NULL);
    provoke(&plane, 200, "DELETE", SESSIONS, SESSIONS "?all=true&confirm=0", NULL);
    provoke(&plane, 204, "DELETE", USER, "/v1/users/ada", NULL);
    provoke(&plane, 200, "GET", "/livez", "/livez", NULL);
    provoke(&plane, 200, "GET", "/readyz", "/readyz", NULL);
    assert_in_range(client_call(&service.admin, "POST", "/v1/drain", NULL), 200, 202);
    provoke(&plane, 503, "GET", "/readyz", "/readyz", NULL);
}

static void
every_documented_status_is_provoked_and_is_as_documented(void **state)
{
    START("shards=2", "sessions.per_user=2", "sessions.per_user_policy=reject",
          "limits.json_depth=6", "drain.delay=5s");
    described_init(&plane, &service.data);
    provoke_users();
    struct known_session s = make_session("ada", ",\"client\":{\"name\":\"phone\"}");
    provoke_sessions(&s);
    provoke_writes(&s);
    provoke_ends(&s);
    expect_all_seen(&plane);
    described_fini(&plane);
    server_kill(&service.server); // it waits for its drain
    client_fini(&service.data);
    client_fini(&service.admin);
}

static void
numbers_stay_as_they_were_written(void **state)
{
    START(NULL);
    const char *numbers = "\"n\":[9007199254740993,123456789012345678901,1.500,1E3]";
    char body[512];
    snprintf(body, sizeof body, "{\"name\":\"Ada\",\"attributes\":{%s}}", numbers);
    expect(201, "PUT", "/v1/users/ada", body);
    EXPECT_HAS(numbers);
    expect(200, "GET", "/v1/users/ada", NULL); // from the store
    EXPECT_HAS(numbers);
    snprintf(body, sizeof body, "{\"user_id\":\"ada\",\"data\":{%s},\"client\":{%s}}", numbers,
             numbers);
    expect(201, "POST", "/v1/sessions", body);
    expect(200, "GET", "/v1/users/ada/sessions", NULL);
    snprintf(body, sizeof body, "\"data\":{%s},\"client\":{%s}", numbers, numbers);
    EXPECT_HAS(body);
    expect_refused(400, "malformed-json", "PUT", "/v1/users/ada",
                   "{\"name\":\"Ada\",\"attributes\":{\"n\":1e999}}"); // no double can hold it
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
