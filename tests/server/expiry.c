// SPDX-License-Identifier: MIT
//
// Expired sessions, over HTTP: by short times to live, and by a clock that is moved at the start.
#include "service_fixture.h"

enum { SHORT_MS = 200 };

#define SHORT ",\"idle_ttl\":\"200ms\""
#define AGED  ",\"absolute_ttl\":\"200ms\""

static void
an_expired_session_is_refused_wherever_it_is_looked_for(void **state)
{
    START("shards=2");
    make_user("ada");
    make_user("eve");
    make_user("joe");
    struct known_session by_token = make_session("ada", SHORT), by_id = make_session("eve", AGED);
    struct known_session by_user = make_session("joe", SHORT), keeps = make_session("joe", "");
    wait_ms(SHORT_MS + 50);
    verify(401, by_token.token);
    expect_refused(404, "session-not-found", "GET", by_id.path, NULL);
    expect(200, "GET", "/v1/users/joe", NULL);
    EXPECT_HAS("\"sessions\":1");
    EXPECT_HAS(by_user.id);
    EXPECT_HAS("\"reason\":\"expired_idle\"");
    expect(200, "GET", "/v1/users/joe/sessions", NULL);
    EXPECT_HAS(keeps.id);
    assert_null(strstr(reply(), by_user.id));
    expect_dead(&by_user);
    expect(200, "GET", "/v1/users/ada", NULL);
    EXPECT_HAS("\"reason\":\"expired_idle\"");
    expect(200, "GET", "/v1/users/eve", NULL);
    EXPECT_HAS("\"reason\":\"expired_absolute\"");
    expect(204, "DELETE", by_token.path, NULL);
}

static void
an_expired_user_is_forgotten_by_a_collection_and_comes_back_whole(void **state)
{
    START("shards=2");
    make_user("ada");
    struct known_session s = make_session("ada", SHORT);
    wait_ms(SHORT_MS + 50);
    expect_dead(&s);
    expect(204, "DELETE", s.path, NULL); // told when the row is in the store
    expect(200, "GET", "/v1/users/ada", NULL);
    expect_header("X-Cache", "hit");
    char *before = strdup(reply());
    collect();
    expect(200, "GET", "/v1/users/ada", NULL);
    expect_header("X-Cache", "miss");
    assert_string_equal(reply(), before);
    free(before);
}

static void
idleness_ends_no_later_than_age(void **state)
{
    START("shards=2", "sessions.idle_ttl=1h", "sessions.absolute_ttl=2h");
    make_user("ada");
    make_session("ada", ",\"idle_ttl\":\"3h\"");
    json_t *s = client_reply_json(&service.data);
    assert_string_equal(json_string_value(json_object_get(s, "idle_expires_at")),
                        json_string_value(json_object_get(s, "expires_at")));
    json_decref(s);
}

static void
what_expired_while_the_service_was_down_has_ended_when_it_is_up(void **state)
{
    START("shards=2");
    make_user("ada");
    make_user("eve");
    struct known_session idle = make_session("ada", ""); // half an hour
    struct known_session old = make_session("ada", ",\"idle_ttl\":\"25h\"");
    struct known_session keeps =
        make_session("eve", ",\"idle_ttl\":\"3d\",\"absolute_ttl\":\"3d\"");
    stop();
    setenv("TENURED_TEST_CLOCK_OFFSET_MS", "90000000", 1); // 25 h
    START("shards=3");
    unsetenv("TENURED_TEST_CLOCK_OFFSET_MS");
    expect_dead(&idle);
    expect_dead(&old);
    verify(200, keeps.token);
    expect(200, "GET", "/v1/users/ada", NULL);
    expect_header("X-Cache", "miss"); // the collection of the start has forgotten them
    EXPECT_HAS(old.id);               // which expired later
    EXPECT_HAS("\"reason\":\"expired_absolute\"");
}

static char * /* new */
member(const char *name)
{
    json_t *session = client_reply_json(&service.data);
    const char *value = json_string_value(json_object_get(session, name));
    assert_non_null(value);
    char *copy = strdup(value);
    json_decref(session);
    return copy;
}

static void
what_jitter_took_is_shown_and_outlives_a_restart(void **state)
{
    char *times[3];
    START("shards=2", "sessions.jitter=0.5");
    make_user("ada");
    struct known_session s = make_session("ada", ",\"absolute_ttl\":\"10d\"");
    times[0] = member("created_at");
    times[1] = member("expires_at");
    times[2] = member("idle_expires_at");
    assert_true(strcmp(times[0], times[2]) < 0 && strcmp(times[2], times[1]) < 0);
    stop();
    START("shards=2");
    expect(200, "GET", s.path, NULL);
    for (int i = 0; i < 3; i++) {
        EXPECT_HAS(times[i]);
        free(times[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(an_expired_session_is_refused_wherever_it_is_looked_for),
        SERVICE_TEST(an_expired_user_is_forgotten_by_a_collection_and_comes_back_whole),
        SERVICE_TEST(idleness_ends_no_later_than_age),
        SERVICE_TEST(what_expired_while_the_service_was_down_has_ended_when_it_is_up),
        SERVICE_TEST(what_jitter_took_is_shown_and_outlives_a_restart),
    };
    return cmocka_run_group_tests_name("expiry", tests, NULL, NULL);
}
