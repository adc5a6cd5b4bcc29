// SPDX-License-Identifier: MIT
//
// Touches, over HTTP: they prolong, they end with the process for at most one interval, a GET makes
// none.
#include "service_fixture.h"

enum { IDLE_MS = 1500, STEP_MS = 500 };

#define SHORT ",\"idle_ttl\":\"1500ms\""

static void
touch(long status, const struct known_session *s)
{
    char path[80];
    snprintf(path, sizeof path, "%s/touch", s->path);
    expect(status, "POST", path, NULL);
    if (status == 204)
        assert_string_equal(reply(), "");
    else
        expect_problem(status, "session-not-found");
}

static void
verify_with(long status, const struct known_session *s, const char *more)
{
    char body[128];
    snprintf(body, sizeof body, "{\"token\":\"%s\"%s}", s->token, more);
    expect(status, "POST", "/v1/sessions/verify", body);
}

// A member of the session's document as GET shows it. To be freed.
static char * /* new */
shown(const struct known_session *s, const char *member)
{
    expect(200, "GET", s->path, NULL);
    json_t *session = client_reply_json(&service.data);
    char *value = strdup(json_string_value(json_object_get(session, member)));
    json_decref(session);
    return value;
}

static void
expect_moved(const struct known_session *s, const char *member, const char *before, bool moved)
{
    char *now = shown(s, member);
    assert_int_equal(strcmp(now, before) > 0, moved);
    free(now);
}

static void
touches_prolong_and_reads_do_not(void **state)
{
    START("shards=2");
    make_user("ada");
    struct known_session touched = make_session("ada", SHORT),
                         verified = make_session("ada", SHORT), read = make_session("ada", SHORT),
                         asked = make_session("ada", SHORT);
    for (int waited = 0; waited < 2 * IDLE_MS; waited += STEP_MS) {
        touch(204, &touched);
        verify_with(200, &verified, "");
        if (waited < IDLE_MS - STEP_MS) {
            expect(200, "GET", read.path, NULL);
            verify_with(200, &asked, ",\"touch\":false");
        }
        wait_ms(STEP_MS);
    }
    verify_with(200, &touched, "");
    touch(204, &verified);
    touch(404, &read);
    verify_with(401, &asked, "");
}

static void
a_touch_moves_two_times_and_verify_shows_them(void **state)
{
    START("shards=2");
    make_user("ada");
    struct known_session s = make_session("ada", "");
    char *seen = shown(&s, "last_seen_at"), *idle = shown(&s, "idle_expires_at");
    char *ends = shown(&s, "expires_at");
    wait_ms(5);
    verify_with(200, &s, ",\"touch\":false");
    EXPECT_HAS(seen);
    verify_with(200, &s, ",\"touch\":true,\"expand\":[\"user\"]");
    assert_null(strstr(reply(), idle));
    expect_moved(&s, "last_seen_at", seen, true);
    expect_moved(&s, "idle_expires_at", idle, true);
    expect_moved(&s, "expires_at", ends, false);
    EXPECT_HAS("\"version\":1,");
    free(seen);
    free(idle);
    free(ends);
}

static void
a_touch_prolongs_no_further_than_the_age(void **state)
{
    START("shards=2");
    make_user("ada");
    struct known_session s = make_session("ada", ",\"idle_ttl\":\"1h\",\"absolute_ttl\":\"1s\"");
    wait_ms(400);
    touch(204, &s);
    char *idle = shown(&s, "idle_expires_at"), *ends = shown(&s, "expires_at");
    assert_string_equal(idle, ends);
    wait_ms(800);
    touch(404, &s);
    free(idle);
    free(ends);
}

static void
a_stop_keeps_every_touch_and_a_kill_those_before_the_last_interval(void **state)
{
    START("shards=2", "sessions.touch_flush=60s");
    make_user("ada");
    struct known_session s = make_session("ada", "");
    char *first = shown(&s, "last_seen_at");
    wait_ms(5);
    touch(204, &s);
    char *second = shown(&s, "last_seen_at");
    stop();
    START("shards=2", "sessions.touch_flush=50ms");
    expect_moved(&s, "last_seen_at", first, true);
    expect_moved(&s, "last_seen_at", second, false);
    touch(204, &s);
    wait_ms(500);
    server_kill(&service.server);
    client_fini(&service.data);
    client_fini(&service.admin);
    START("shards=2", "sessions.touch_flush=60s");
    expect_moved(&s, "last_seen_at", second, true);
    free(second);
    second = shown(&s, "last_seen_at");
    touch(204, &s);
    server_kill(&service.server); // before the flush
    client_fini(&service.data);
    client_fini(&service.admin);
    START("shards=2");
    expect_moved(&s, "last_seen_at", second, false);
    free(first);
    free(second);
}

static void
what_touch_may_be_is_true_or_false(void **state)
{
    START("shards=1");
    expect_refused(422, "invalid-body", "POST", "/v1/sessions/verify",
                   "{\"token\":\"x\",\"touch\":1}");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(touches_prolong_and_reads_do_not),
        SERVICE_TEST(a_touch_moves_two_times_and_verify_shows_them),
        SERVICE_TEST(a_touch_prolongs_no_further_than_the_age),
        SERVICE_TEST(a_stop_keeps_every_touch_and_a_kill_those_before_the_last_interval),
        SERVICE_TEST(what_touch_may_be_is_true_or_false),
    };
    return cmocka_run_group_tests_name("touch", tests, NULL, NULL);
}
