// SPDX-License-Identifier: MIT
//
// The end of a user, over HTTP: nothing of them answers any more, whoever is creating sessions
// meanwhile.
#include "service_fixture.h"

#include <pthread.h>

enum { CLIENTS = 4, ROUNDS = 10, KEPT = 4000 };

static void
a_deleted_user_is_gone_with_all_sessions(void **state)
{
    START("shards=2");
    make_user("ada");
    make_user("eve");
    struct known_session a = make_session("ada", ""), b = make_session("ada", "");
    struct known_session other = make_session("eve", "");
    expect(204, "DELETE", a.path, NULL);
    a = make_session("ada", "");
    expect(204, "DELETE", "/v1/users/ada", NULL);
    assert_string_equal(reply(), "");
    expect_dead(&a);
    expect_dead(&b);
    verify(200, other.token);
    expect_refused(404, "user-not-found", "GET", "/v1/users/ada", NULL);
    expect_refused(404, "user-not-found", "POST", "/v1/sessions", "{\"user_id\":\"ada\"}");
    expect(204, "DELETE", "/v1/users/ada", NULL);
    expect(204, "DELETE", "/v1/users/no%20body", NULL);
    stop();
    START("shards=3");
    expect_dead(&a);
    expect_refused(404, "user-not-found", "GET", "/v1/users/ada", NULL);
    verify(200, other.token);
}

static void
who_comes_again_is_somebody_new(void **state)
{
    START("shards=2");
    make_user("ada");
    expect(200, "PUT", "/v1/users/ada", "{\"name\":\"Ada\"}");
    make_session("ada", "");
    expect(204, "DELETE", "/v1/users/ada", NULL);
    make_user("ada"); // 201
    expect(200, "GET", "/v1/users/ada", NULL);
    EXPECT_HAS("\"version\":1,");
    EXPECT_HAS("\"sessions\":0,\"last_session\":null}");
    collect(); // one who is in the store alone is deleted, too
    expect(204, "DELETE", "/v1/users/ada", NULL);
    expect_refused(404, "user-not-found", "GET", "/v1/users/ada", NULL);
}

// --- Beside others -----------------------------------------------------------------------------

struct creator {
    pthread_t thread;
    struct client client;
    unsigned count;
    char tokens[KEPT][52];
};

static _Atomic bool over;

static void *
create(void *arg)
{
    struct creator *c = arg;
    while (!over && c->count < KEPT) {
        long status = client_call(&c->client, "POST", "/v1/sessions", "{\"user_id\":\"ada\"}");
        assert_true(status == 201 || status == 404);
        if (status != 201)
            continue;
        json_t *session = client_reply_json(&c->client);
        const char *token = json_string_value(json_object_get(session, "token"));
        snprintf(c->tokens[c->count++], 52, "%s", token);
        json_decref(session);
    }
    return NULL;
}

static void
no_session_survives_its_user(void **state)
{
    static struct creator creators[CLIENTS];
    size_t made = 0;
    START("shards=2", "sessions.per_user=100000");
    over = false;
    for (int i = 0; i < CLIENTS; i++) {
        creators[i].count = 0;
        client_init(&creators[i].client, service.server.data_port);
        pthread_create(&creators[i].thread, NULL, create, &creators[i]);
    }
    for (int round = 0; round < ROUNDS; round++) {
        make_user("ada");
        wait_ms(20);
        expect(204, "DELETE", "/v1/users/ada", NULL);
        expect_refused(404, "user-not-found", "GET", "/v1/users/ada", NULL);
    }
    over = true;
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(creators[i].thread, NULL);
        client_fini(&creators[i].client);
    }
    for (int again = 0; again < 2; again++) {
        for (int i = 0; i < CLIENTS; i++)
            for (unsigned t = 0; t < creators[i].count; t++, made++)
                verify(401, creators[i].tokens[t]);
        if (again == 0) {
            stop();
            START("shards=3"); // which needs every session's user
        }
    }
    assert_true(made > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(a_deleted_user_is_gone_with_all_sessions),
        SERVICE_TEST(who_comes_again_is_somebody_new),
        SERVICE_TEST(no_session_survives_its_user),
    };
    return cmocka_run_group_tests_name("delete_user", tests, NULL, NULL);
}
