// SPDX-License-Identifier: MIT
//
// Somebody sets the wall clock while the service runs: no session ends early, none late, and times
// go on from where they were. A service that starts afterwards takes the new time.
#include "service_fixture.h"

#define HOUR 3600L

static char sign[512];

static void
set_clock(long seconds)
{
    FILE *f = fopen(sign, "we");
    fprintf(f, "%ld", seconds);
    fclose(f);
}

static void
start_with_clock(void)
{
    free(service.server.program);
    service.server.program = strdup(getenv("PROGRAM_ON_DISK"));
    snprintf(sign, sizeof sign, "%s/clock", service.server.folder);
    set_clock(0);
    setenv("TENURED_TEST_CLOCK", sign, 1);
    START("shards=2");
}

// Of the session that was shown last; of fixed width, so that texts are ordered like times.
static void
read_time(const char *name, char time[32])
{
    json_t *session = client_reply_json(&service.data);
    snprintf(time, 32, "%s", json_string_value(json_object_get(session, name)));
    assert_int_equal(strlen(time), 24);
    json_decref(session);
}

static void
touch(const struct known_session *s, char seen[32])
{
    char path[96];
    snprintf(path, sizeof path, "%s/touch", s->path);
    wait_ms(5);
    expect(204, "POST", path, NULL);
    expect(200, "GET", s->path, NULL);
    read_time("last_seen_at", seen);
}

static void
a_step_ends_no_session_and_times_go_on(void **state)
{
    static const long steps[] = {48 * HOUR, -48 * HOUR, 10 * 365 * 24 * HOUR};
    char before[32], after[32];
    start_with_clock();
    make_user("ada");
    struct known_session s = make_session("ada", ""), brief;
    touch(&s, before);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        set_clock(steps[i]);
        wait_ms(250); // the sweeper comes by
        verify(200, s.token);
        touch(&s, after);
        assert_true(strcmp(after, before) > 0);
        assert_memory_equal(after, before, 3); // not ten years later
        memcpy(before, after, sizeof before);
        brief = make_session("ada", ",\"idle_ttl\":\"300ms\"");
        verify(200, brief.token);
        wait_ms(400);
        verify(401, brief.token); // on time
    }
    unsetenv("TENURED_TEST_CLOCK");
}

static void
a_start_after_a_step_takes_the_new_time(void **state)
{
    start_with_clock();
    make_user("ada");
    struct known_session s = make_session("ada", "");
    set_clock(25 * HOUR); // more than a session lives
    verify(200, s.token);
    stop();
    START("shards=2");
    verify(401, s.token);
    expect(200, "GET", "/v1/users/ada", NULL);
    EXPECT_HAS("\"reason\":\"expired_idle\"");
    set_clock(0);
    stop();
    START("shards=2"); // back again: what has ended stays so
    verify(401, s.token);
    make_session("ada", "");
    unsetenv("TENURED_TEST_CLOCK");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(a_step_ends_no_session_and_times_go_on),
        SERVICE_TEST(a_start_after_a_step_takes_the_new_time),
    };
    return cmocka_run_group_tests_name("clock_steps", tests, NULL, NULL);
}
