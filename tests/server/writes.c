// SPDX-License-Identifier: MIT
//
// What changes a session that is there, over HTTP: its data and its token, and whose version
// counts.
#include "service_fixture.h"

#include <pthread.h>

#define SHARDS "shards=2"

static struct known_session one; // of the running test

static void
begin(const char *data)
{
    char more[256];
    START(SHARDS);
    make_user("ada");
    snprintf(more, sizeof more, ",\"data\":%s", data);
    one = make_session("ada", more);
}

static void
write_data(struct client *c, const char *method, const char *match, const char *body)
{
    char path[80], header[80];
    snprintf(path, sizeof path, "%s/data", one.path);
    snprintf(header, sizeof header, "If-Match: %s", match);
    if (match)
        client_add_header(c, header);
    client_call(c, method, path, body);
}

static void
expect_write(long status, const char *method, const char *match, const char *body)
{
    write_data(&service.data, method, match, body);
    if (service.data.status != status)
        fail_msg("%s %s: %ld instead of %ld: %s", method, body, service.data.status, status,
                 reply());
}

static void
expect_data(const char *data, int version)
{
    char words[512];
    expect(200, "GET", one.path, NULL);
    snprintf(words, sizeof words, "\"data\":%s,\"client\":null,\"version\":%d,", data, version);
    EXPECT_HAS(words);
}

static void
data_are_replaced_and_the_version_counts(void **state)
{
    begin("{\"a\":1}");
    expect_write(200, "PUT", "\"1\"", "{ \"b\" : [1.50, 123456789012345678901234567890] }");
    assert_string_equal(reply(), "{\"version\":2}");
    expect_data("{\"b\":[1.50,123456789012345678901234567890]}", 2);
    expect_write(200, "PUT", "*", "{}");
    expect_data("{}", 3);
}

static void
a_patch_changes_what_it_names(void **state)
{
    begin("{\"cart\":{\"tea\":1.0,\"milk\":2},\"theme\":\"dark\"}");
    expect_write(200, "PATCH", "\"1-0\"", "{\"cart\" : {\"milk\":null, \"rice\":1e2}}");
    expect_data("{\"cart\":{\"tea\":1.0,\"rice\":1e2},\"theme\":\"dark\"}", 2);
    client_add_header(&service.data, "Content-Type: application/merge-patch+json");
    expect_write(200, "PATCH", "\"2\"", "{\"theme\":null}");
    expect_data("{\"cart\":{\"tea\":1.0,\"rice\":1e2}}", 3);
}

static void
a_version_must_be_named_and_must_be_the_one(void **state)
{
    static const char *const others[] = {"\"2\"", "\"0\"", "\"1x\"", "W/\"1\"", "\"\""};
    static const char *const wrong[] = {"1", "\"1", "x", ",", "\"1\" \"2\""};
    static const char *const methods[] = {"PUT", "PATCH"};
    begin("{}");
    for (int m = 0; m < 2; m++) {
        expect_write(428, methods[m], NULL, "{\"a\":1}");
        expect_problem(428, "precondition-required");
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
            expect_write(412, methods[m], others[i], "{\"a\":1}");
            expect_problem(412, "version-mismatch");
            EXPECT_HAS("has version 1.");
        }
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
            expect_write(400, methods[m], wrong[i], "{\"a\":1}");
            expect_problem(400, "malformed-request");
        }
    }
    expect_data("{}", 1);
    expect_write(200, "PUT", "\"7\", \"1\"", "{\"a\":1}");
}

static void
what_is_no_object_or_too_much_is_refused(void **state)
{
    static const char *const wrong[] = {"", "[]", "7", "null", "{\"a\":1", "{\"a\":1,\"a\":2}"};
    static char members[4000];
    START(SHARDS, "limits.json_members=16", "limits.body=1024");
    make_user("ada");
    one = make_session("ada", ",\"data\":{\"0\":0,\"1\":1,\"2\":2,\"3\":3}");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        expect_write(400, "PUT", "*", wrong[i]);
        expect_problem(400, "malformed-json");
        expect_write(400, "PATCH", "*", wrong[i]);
    }
    size_t at = (size_t)sprintf(members, "{\"a0\":0");
    for (int i = 1; i < 13; i++)
        at += (size_t)sprintf(members + at, ",\"a%d\":%d", i, i);
    sprintf(members + at, "}");
    expect_write(422, "PATCH", "*", members); // 13 members and 4 that are there
    expect_problem(422, "json-too-large");
    expect_write(200, "PUT", "*", members);
    expect_write(200, "PATCH", "\"2\"", "{\"a12\":null,\"x\":1,\"y\":2,\"z\":3,\"u\":4}"); // 16
    snprintf(members, sizeof members, "{\"x\":\"%0600d\"}", 0);
    expect_write(200, "PATCH", "*", members);
    snprintf(members, sizeof members, "{\"y\":\"%0600d\"}", 0);
    expect_write(422, "PATCH", "*", members); // more than any body can bring
    snprintf(members, sizeof members, "{\"y\":\"%02000d\"}", 0);
    expect_write(413, "PUT", "*", members);
}

static void
a_session_that_is_not_there_is_not_written(void **state)
{
    begin("{}");
    expect(204, "DELETE", one.path, NULL);
    expect_write(404, "PUT", "*", "{}");
    expect_problem(404, "session-not-found");
    expect_write(404, "PATCH", "*", "{}");
    expect_refused(404, "session-not-found", "POST", "/v1/sessions/nonsense/rotate", NULL);
    expect_refused(404, "session-not-found", "POST",
                   "/v1/sessions/s_0000AAAAAAAAAAAAAAAAAAAAAA/touch", NULL);
    expect_refused(404, "session-not-found", "POST", "/v1/sessions/nonsense/touch", NULL);
}

static void
rotate(long status, struct known_session *s)
{
    char path[80];
    snprintf(path, sizeof path, "%s/rotate", s->path);
    expect(status, "POST", path, NULL);
    json_t *body = client_reply_json(&service.data);
    snprintf(s->token, sizeof s->token, "%s", json_string_value(json_object_get(body, "token")));
    json_decref(body);
}

static void
a_rotated_token_is_the_only_one(void **state)
{
    char former[52];
    begin("{\"n\":1.0}");
    memcpy(former, one.token, sizeof former);
    rotate(200, &one);
    EXPECT_HAS(",\"version\":2}");
    assert_memory_equal(one.token, former, 8); // the slot is the user's
    assert_string_not_equal(one.token, former);
    verify(401, former);
    verify(200, one.token);
    expect_data("{\"n\":1.0}", 2);
    stop();
    START(SHARDS);
    verify(401, former);
    verify(200, one.token);
    expect_data("{\"n\":1.0}", 2);
}

static void
writes_survive_a_kill(void **state)
{
    begin("{\"a\":1.0}");
    expect_write(200, "PATCH", "*", "{\"b\":[2.50]}");
    rotate(200, &one);
    server_kill(&service.server);
    client_fini(&service.data);
    client_fini(&service.admin);
    START(SHARDS);
    expect_data("{\"a\":1.0,\"b\":[2.50]}", 3);
    verify(200, one.token);
}

// --- Several at once ---------------------------------------------------------------------------

enum { WRITERS = 4, ROUNDS = 60 };

struct writer {
    pthread_t thread;
    struct client client;
    int number, won;
};

static int
current_version(struct client *c)
{
    assert_int_equal(client_call(c, "GET", one.path, NULL), 200);
    json_t *session = client_reply_json(c);
    int version = (int)json_integer_value(json_object_get(session, "version"));
    json_decref(session);
    return version;
}

// Every version has one winner, whose member stays.
static void *
compete(void *arg)
{
    struct writer *w = arg;
    for (int i = 0; i < ROUNDS; i++) {
        char match[16], body[64];
        int version = current_version(&w->client);
        snprintf(match, sizeof match, "\"%d\"", version);
        snprintf(body, sizeof body, "{\"v%d\":%d}", version, w->number);
        write_data(&w->client, "PATCH", match, body);
        assert_true(w->client.status == 200 || w->client.status == 412);
        w->won += w->client.status == 200;
    }
    return NULL;
}

static void
of_patches_to_one_version_exactly_one_wins(void **state)
{
    static struct writer writers[WRITERS];
    int won = 0;
    begin("{}");
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.number = i};
        client_init(&writers[i].client, service.server.data_port);
        pthread_create(&writers[i].thread, NULL, compete, &writers[i]);
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(writers[i].thread, NULL);
        client_fini(&writers[i].client);
        won += writers[i].won;
    }
    expect(200, "GET", one.path, NULL);
    json_t *session = client_reply_json(&service.data);
    assert_int_equal(json_integer_value(json_object_get(session, "version")), won + 1);
    assert_int_equal(json_object_size(json_object_get(session, "data")), won);
    assert_true(won >= ROUNDS);
    json_decref(session);
}

// Rotates as fast as it can; only the newest token opens.
static void *
rotate_all_the_time(void *arg)
{
    struct writer *w = arg;
    char path[80], body[128], former[52];
    struct known_session *s = (struct known_session[]){one};
    snprintf(path, sizeof path, "%s/rotate", s->path);
    for (int i = 0; i < ROUNDS; i++) {
        memcpy(former, s->token, sizeof former);
        assert_int_equal(client_call(&w->client, "POST", path, NULL), 200);
        json_t *reply = client_reply_json(&w->client);
        snprintf(s->token, sizeof s->token, "%s",
                 json_string_value(json_object_get(reply, "token")));
        json_decref(reply);
        snprintf(body, sizeof body, "{\"token\":\"%s\"}", former);
        assert_int_equal(client_call(&w->client, "POST", "/v1/sessions/verify", body), 401);
        snprintf(body, sizeof body, "{\"token\":\"%s\"}", s->token);
        assert_int_equal(client_call(&w->client, "POST", "/v1/sessions/verify", body), 200);
    }
    return NULL;
}

static void
rotation_under_load_leaves_one_token(void **state)
{
    struct writer rotating = {0}, writing = {.number = 7};
    begin("{}");
    client_init(&rotating.client, service.server.data_port);
    client_init(&writing.client, service.server.data_port);
    pthread_create(&rotating.thread, NULL, rotate_all_the_time, &rotating);
    pthread_create(&writing.thread, NULL, compete, &writing);
    pthread_join(rotating.thread, NULL);
    pthread_join(writing.thread, NULL);
    assert_int_equal(current_version(&service.data), 1 + ROUNDS + writing.won);
    client_fini(&rotating.client);
    client_fini(&writing.client);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(data_are_replaced_and_the_version_counts),
        SERVICE_TEST(a_patch_changes_what_it_names),
        SERVICE_TEST(a_version_must_be_named_and_must_be_the_one),
        SERVICE_TEST(what_is_no_object_or_too_much_is_refused),
        SERVICE_TEST(a_session_that_is_not_there_is_not_written),
        SERVICE_TEST(a_rotated_token_is_the_only_one),
        SERVICE_TEST(writes_survive_a_kill),
        SERVICE_TEST(of_patches_to_one_version_exactly_one_wins),
        SERVICE_TEST(rotation_under_load_leaves_one_token),
    };
    return cmocka_run_group_tests_name("writes", tests, NULL, NULL);
}
