// SPDX-License-Identifier: MIT
//
// Many sessions end with one call: a user's, all but one of them, or everybody's.
#include "service_fixture.h"

static void
all_sessions_of_a_user_end_and_nobody_elses(void **state)
{
    struct known_session s[3];
    START("shards=2");
    make_user("ada");
    make_user("bob");
    for (int i = 0; i < 3; i++)
        s[i] = make_session("ada", "");
    struct known_session other = make_session("bob", "");
    expect(200, "DELETE", "/v1/users/ada/sessions", NULL);
    assert_string_equal(reply(), "{\"revoked\":3}");
    for (int i = 0; i < 3; i++)
        expect_dead(&s[i]);
    verify(200, other.token);
    expect(200, "DELETE", "/v1/users/ada/sessions", NULL);
    assert_string_equal(reply(), "{\"revoked\":0}");
    expect(200, "DELETE", "/v1/users/nobody/sessions", NULL);
    assert_string_equal(reply(), "{\"revoked\":0}");
}

static void
the_excepted_session_stays(void **state)
{
    struct known_session s[3];
    char path[96];
    START("shards=2");
    make_user("ada");
    for (int i = 0; i < 3; i++)
        s[i] = make_session("ada", "");
    snprintf(path, sizeof path, "/v1/users/ada/sessions?except=%s", s[1].id);
    expect(200, "DELETE", path, NULL);
    assert_string_equal(reply(), "{\"revoked\":2}");
    expect_dead(&s[0]);
    verify(200, s[1].token);
    expect_dead(&s[2]);
    expect_refused(422, "invalid-parameter", "DELETE", "/v1/users/ada/sessions?except=me", NULL);
    verify(200, s[1].token);
}

// More than one step of the revocation, over shards that all have some.
static void
everybody_is_logged_out_by_who_knows_how_many_there_are(void **state)
{
    enum { USERS = 40, EACH = 20 };
    struct known_session first = {0}, last = {0};
    START("shards=3");
    for (int i = 0; i < USERS; i++) {
        char id[16];
        snprintf(id, sizeof id, "u%d", i);
        make_user(id);
        for (int j = 0; j < EACH; j++)
            last = make_session(id, "");
        first = i == 0 ? last : first;
    }
    expect_refused(422, "invalid-parameter", "DELETE", "/v1/sessions", NULL);
    expect_refused(422, "invalid-parameter", "DELETE", "/v1/sessions?all=true", NULL);
    expect_refused(422, "invalid-parameter", "DELETE", "/v1/sessions?all=true&confirm=8x", NULL);
    expect_refused(409, "count-differs", "DELETE", "/v1/sessions?all=true&confirm=799", NULL);
    EXPECT_HAS("There are 800 live sessions.");
    verify(200, first.token);
    expect(200, "DELETE", "/v1/sessions?all=true&confirm=800", NULL);
    assert_string_equal(reply(), "{\"revoked\":800}");
    expect_dead(&first);
    expect_dead(&last);
    server_kill(&service.server); // acknowledged means synced
    client_fini(&service.data);
    client_fini(&service.admin);
    START("shards=3");
    expect_dead(&first);
    expect(200, "DELETE", "/v1/sessions?all=true&confirm=0", NULL);
    assert_string_equal(reply(), "{\"revoked\":0}");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(all_sessions_of_a_user_end_and_nobody_elses),
        SERVICE_TEST(the_excepted_session_stays),
        SERVICE_TEST(everybody_is_logged_out_by_who_knows_how_many_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
