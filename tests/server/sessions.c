// SPDX-License-Identifier: MIT
//
// The calls about sessions, over HTTP.
#include "service_fixture.h"

#define SHARDS "shards=2"

static void
a_session_is_created_shown_and_verified(void **state)
{
    START(SHARDS);
    make_user("ada");
    expect(201, "POST", "/v1/sessions",
           "{\"user_id\":\"ada\", \"data\":{\"cart\" : [1.0, 2]}, \"client\":{\"label\":\"web\"}}");
    json_t *created = client_reply_json(&service.data);
    char *location = client_reply_header(&service.data, "Location"), slot[5];
    const char *id = json_string_value(json_object_get(created, "id"));
    const char *token = json_string_value(json_object_get(created, "token"));
    snprintf(slot, sizeof slot, "%s", id + 2);
    assert_string_equal(strrchr(location, '/') + 1, id);
    assert_memory_equal(token, "tn1_", 4);
    assert_memory_equal(token + 4, slot, 4);
    assert_int_equal(json_array_size(json_object_get(created, "evicted")), 0);
    expect_header("X-Tenured-Slot", slot);
    expect(200, "GET", location, NULL);
    expect_header("X-Tenured-Slot", slot);
    EXPECT_HAS("\"user_id\":\"ada\",\"data\":{\"cart\":[1.0,2]},\"client\":{\"label\":\"web\"},"
               "\"version\":1,\"created_at\":\"");
    assert_null(strstr(reply(), "token"));
    char *shown = strdup(reply());
    verify(200, token);
    assert_string_equal(reply(), shown);
    expect_header("X-Tenured-Slot", slot);
    free(shown);
    free(location);
    json_decref(created);
}

static void
the_user_comes_with_the_session_if_asked_for(void **state)
{
    char path[128], body[256];
    START(SHARDS);
    make_user("ada");
    struct known_session s = make_session("ada", "");
    expect(200, "GET", "/v1/users/ada", NULL);
    char *user = strdup(reply());
    snprintf(path, sizeof path, "%s?expand=user", s.path);
    expect(200, "GET", path, NULL);
    EXPECT_HAS(user);
    snprintf(body, sizeof body, "{\"token\":\"%s\",\"touch\":false,\"expand\":[\"user\"]}",
             s.token);
    expect(200, "POST", "/v1/sessions/verify", body);
    EXPECT_HAS(user);
    free(user);
    snprintf(path, sizeof path, "%s?expand=all", s.path);
    expect_refused(422, "invalid-parameter", "GET", path, NULL);
}

static void
an_ended_session_is_refused_like_one_that_never_was(void **state)
{
    char never[52], *dead, *unknown;
    START(SHARDS);
    make_user("ada");
    struct known_session s = make_session("ada", "");
    expect(204, "DELETE", s.path, NULL);
    assert_string_equal(reply(), "");
    expect(204, "DELETE", s.path, NULL);
    expect(204, "DELETE", "/v1/sessions/s_0000AAAAAAAAAAAAAAAAAAAAAA", NULL);
    expect(204, "DELETE", "/v1/sessions/nonsense", NULL);
    expect_dead(&s);
    // All but the request's own number is the same.
    client_add_header(&service.data, "X-Request-Id: one");
    verify(401, s.token);
    expect_header("WWW-Authenticate", "Bearer");
    expect_header("X-Tenured-Slot", NULL);
    dead = strdup(reply());
    snprintf(never, sizeof never, "%.8s%s", s.token, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    client_add_header(&service.data, "X-Request-Id: one");
    verify(401, never);
    unknown = strdup(reply());
    assert_string_equal(dead, unknown);
    client_add_header(&service.data, "X-Request-Id: one");
    verify(401, "nonsense");
    assert_string_equal(reply(), dead);
    free(dead);
    free(unknown);
}

static void
a_session_of_nobody_is_not_created(void **state)
{
    START(SHARDS);
    expect_refused(404, "user-not-found", "POST", "/v1/sessions", "{\"user_id\":\"nobody\"}");
    expect_refused(404, "user-not-found", "POST", "/v1/sessions", "{\"user_id\":\"a b\"}");
    expect_refused(404, "session-not-found", "GET", "/v1/sessions/s_0000AAAAAAAAAAAAAAAAAAAAAA",
                   NULL);
    expect_refused(404, "session-not-found", "GET", "/v1/sessions/nonsense", NULL);
}

static void
bodies_that_say_something_else_are_refused(void **state)
{
    static const char *const wrong[] = {"{}",
                                        "{\"user_id\":7}",
                                        "{\"user_id\":\"ada\",\"data\":[]}",
                                        "{\"user_id\":\"ada\",\"client\":\"web\"}",
                                        "{\"user_id\":\"ada\",\"idle_ttl\":60}",
                                        "{\"user_id\":\"ada\",\"idle_ttl\":\"0s\"}",
                                        "{\"user_id\":\"ada\",\"idle_ttl\":\"soon\"}",
                                        "{\"user_id\":\"ada\",\"absolute_ttl\":\"31d\"}",
                                        "{\"user_id\":\"ada\",\"idle_tll\":\"1m\"}"};
    static const char *const wrong_verify[] = {"{}",
                                               "{\"token\":1}",
                                               "{\"token\":\"x\",\"touch\":\"no\"}",
                                               "{\"token\":\"x\",\"expand\":\"user\"}",
                                               "{\"token\":\"x\",\"expand\":[\"all\"]}",
                                               "{\"token\":\"x\",\"expand\":[1]}"};
    START(SHARDS);
    make_user("ada");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_refused(422, "invalid-body", "POST", "/v1/sessions", wrong[i]);
    for (size_t i = 0; i < sizeof wrong_verify / sizeof wrong_verify[0]; i++)
        expect_refused(422, "invalid-body", "POST", "/v1/sessions/verify", wrong_verify[i]);
    expect(201, "POST", "/v1/sessions", "{\"user_id\":\"ada\",\"absolute_ttl\":\"30d\"}");
}

static void
over_the_limit_the_oldest_session_makes_place(void **state)
{
    START(SHARDS, "sessions.per_user=2");
    make_user("ada");
    struct known_session a = make_session("ada", ""), b = make_session("ada", "");
    struct known_session c = make_session("ada", "");
    char evicted[64];
    snprintf(evicted, sizeof evicted, "\"evicted\":[\"%s\"]", a.id);
    EXPECT_HAS(evicted);
    expect_dead(&a);
    verify(200, b.token);
    verify(200, c.token);
    expect(200, "GET", "/v1/users/ada", NULL);
    EXPECT_HAS("\"sessions\":2");
    EXPECT_HAS("\"reason\":\"evicted\"");
}

static void
over_the_limit_the_new_session_is_rejected_if_so_configured(void **state)
{
    START(SHARDS, "sessions.per_user=2", "sessions.per_user_policy=reject");
    make_user("ada");
    struct known_session a = make_session("ada", ""), b = make_session("ada", "");
    expect_refused(409, "session-limit", "POST", "/v1/sessions", "{\"user_id\":\"ada\"}");
    verify(200, a.token);
    verify(200, b.token);
    expect(204, "DELETE", a.path, NULL);
    make_session("ada", "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(a_session_is_created_shown_and_verified),
        SERVICE_TEST(the_user_comes_with_the_session_if_asked_for),
        SERVICE_TEST(an_ended_session_is_refused_like_one_that_never_was),
        SERVICE_TEST(a_session_of_nobody_is_not_created),
        SERVICE_TEST(bodies_that_say_something_else_are_refused),
        SERVICE_TEST(over_the_limit_the_oldest_session_makes_place),
        SERVICE_TEST(over_the_limit_the_new_session_is_rejected_if_so_configured),
    };
    return cmocka_run_group_tests_name("sessions", tests, NULL, NULL);
}
