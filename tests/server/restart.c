// SPDX-License-Identifier: MIT
//
// Stopped and started again: what was answered is there, with another number of shards too.
#include "service_fixture.h"

#include <sqlite3.h>

#include <pthread.h>

enum { SESSIONS = 300, CLIENTS = 8 };

static void
everything_is_the_same_after_a_restart(void **state)
{
    START("shards=2");
    expect(201, "PUT", "/v1/users/ada",
           "{\"name\":\"Ada\",\"email\":\"a@b\",\"attributes\":{\"n\":1.0}}");
    struct known_session live =
        make_session("ada", ",\"data\":{\"x\":[1.50]},\"client\":{\"a\":1}");
    struct known_session ended = make_session("ada", "");
    expect(204, "DELETE", ended.path, NULL);
    expect(200, "GET", "/v1/users/ada", NULL);
    char *user = strdup(reply());
    expect(200, "GET", live.path, NULL);
    char *session = strdup(reply());
    stop();
    START("shards=5");
    expect(200, "GET", live.path, NULL);
    assert_string_equal(reply(), session);
    verify(200, live.token);
    assert_string_equal(reply(), session);
    expect_dead(&ended);
    expect(200, "GET", "/v1/users/ada", NULL);
    expect_header("X-Cache", "hit"); // loaded with their session
    assert_string_equal(reply(), user);
    free(user);
    free(session);
}

static void
a_service_that_started_frozen_forgets_whoever_ends(void **state)
{
    static struct known_session sessions[SESSIONS];
    START("shards=2");
    for (int i = 0; i < SESSIONS; i++) {
        char id[24];
        snprintf(id, sizeof id, "user-%d", i / 3);
        if (i % 3 == 0)
            make_user(id);
        sessions[i] = make_session(id, "");
    }
    stop();
    START("shards=2", "gc.freeze_at_start=true");
    for (int i = 0; i < SESSIONS; i++)
        expect(204, "DELETE", sessions[i].path, NULL);
    collect();
    json_t *result = client_reply_json(&service.admin);
    json_t *before = json_object_get(result, "before"), *after = json_object_get(result, "after");
    assert_int_equal(json_integer_value(json_object_get(before, "users_resident")), SESSIONS / 3);
    assert_int_equal(json_integer_value(json_object_get(after, "users_resident")), 0);
    json_decref(result);
    expect(200, "GET", "/v1/users/user-0", NULL);
    expect_header("X-Cache", "miss");
}

// --- Stopping under load -----------------------------------------------------------------------

struct load {
    pthread_t thread;
    struct client client;
    char user[24];
    unsigned acknowledged;
};

static void *
run_load(void *arg)
{
    struct load *l = arg;
    char body[64];
    snprintf(body, sizeof body, "{\"user_id\":\"%s\"}", l->user);
    while (client_call(&l->client, "POST", "/v1/sessions", body) == 201)
        l->acknowledged++;
    return NULL;
}

static void
sigterm_loses_nothing_that_was_answered(void **state)
{
    static struct load loads[CLIENTS];
    START("shards=2", "sessions.per_user=100000");
    for (int i = 0; i < CLIENTS; i++) {
        snprintf(loads[i].user, sizeof loads[i].user, "user-%d", i);
        make_user(loads[i].user);
        client_init(&loads[i].client, service.server.data_port);
        pthread_create(&loads[i].thread, NULL, run_load, &loads[i]);
    }
    wait_ms(300);
    stop(); // exit 0, and nothing from a sanitizer
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(loads[i].thread, NULL);
        client_fini(&loads[i].client);
    }
    START("shards=2", "sessions.per_user=100000");
    for (int i = 0; i < CLIENTS; i++) {
        char path[64];
        snprintf(path, sizeof path, "/v1/users/%s", loads[i].user);
        expect(200, "GET", path, NULL);
        json_t *user = client_reply_json(&service.data);
        json_int_t kept = json_integer_value(json_object_get(user, "sessions"));
        assert_in_range(kept, loads[i].acknowledged, loads[i].acknowledged + 1);
        assert_true(loads[i].acknowledged > 0);
        json_decref(user);
    }
}

// Each changes one session in a way that SQLite has nothing against.
static void
a_row_that_is_no_session_is_called_damage(void **state)
{
    static const char *const damage[] = {
        "id = 's_'",
        "id = 's_000000000000000000000000zz' || char(0)",
        "id = (SELECT id FROM sessions ORDER BY k LIMIT 1)",
        "user_id = 'nobody'",
        "user_id = ''",
        "user_id = 'a b'",
        "token_hash = (SELECT token_hash FROM sessions ORDER BY k)",
        "token_hash = x'00'",
        "data = ''",
        "k = -5",
        "idle_ttl = 9223372036854775807"};
    char path[256], command[2048], said[1024];
    START(NULL);
    make_user("ada");
    make_session("ada", "");
    make_session("ada", "");
    snprintf(path, sizeof path, "%s/tenured.db", service.server.folder);
    stop();
    snprintf(command, sizeof command, "cp '%s' '%s.whole'", path, path);
    assert_int_equal(system(command), 0);
    for (size_t i = 0; i < sizeof damage / sizeof damage[0]; i++) {
        sqlite3 *db;
        char sql[256];
        snprintf(sql, sizeof sql, "UPDATE sessions SET %s WHERE k = (SELECT max(k) FROM sessions)",
                 damage[i]);
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        assert_int_equal(server_refuses(&service.server, NULL, said, sizeof said), 1);
        if (!strstr(said, "is damaged"))
            fail_msg("%s: %s", damage[i], said);
        snprintf(command, sizeof command, "cp '%s.whole' '%s' && rm -f '%s-wal' '%s-shm'", path,
                 path, path, path);
        assert_int_equal(system(command), 0);
    }
    START(NULL); // it is whole again
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(everything_is_the_same_after_a_restart),
        SERVICE_TEST(a_service_that_started_frozen_forgets_whoever_ends),
        SERVICE_TEST(sigterm_loses_nothing_that_was_answered),
        SERVICE_TEST(a_row_that_is_no_session_is_called_damage),
    };
    return cmocka_run_group_tests_name("restart", tests, NULL, NULL);
}
