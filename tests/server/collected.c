// SPDX-License-Identifier: MIT
//
// What the service is for: 10 000 sessions are loaded at the start, all of them end, one
// collection, and no user is resident any more; their bytes are given back.
#include "client.h"
#include "server.h"
#include "support.h"

#include <pthread.h>

enum { SESSIONS = 10000, USERS = 1000, THREADS = 16, SHARE = SESSIONS / THREADS };

static struct server server;
static char ids[SESSIONS][40];

struct worker {
    pthread_t thread;
    unsigned first; // of its share of the sessions
};

// Every tenth session makes its user.
static void *
create(void *arg)
{
    const struct worker *w = arg;
    struct client c;
    client_init(&c, server.data_port);
    for (unsigned i = w->first; i < w->first + SHARE; i++) {
        char path[80], body[160];
        unsigned user = i / (SESSIONS / USERS);
        snprintf(path, sizeof path, "/v1/users/u%u", user);
        snprintf(body, sizeof body, "{\"user_id\":\"u%u\",\"data\":{\"number\":%u}}", user, i);
        if (i % (SESSIONS / USERS) == 0 || i == w->first)
            client_call(&c, "PUT", path, "{\"name\":\"Somebody\"}");
        if (client_call(&c, "POST", "/v1/sessions", body) != 201)
            continue;
        json_t *session = client_reply_json(&c);
        snprintf(ids[i], sizeof ids[i], "%s", json_string_value(json_object_get(session, "id")));
        json_decref(session);
    }
    client_fini(&c);
    return NULL;
}

static void *
end(void *arg)
{
    const struct worker *w = arg;
    struct client c;
    client_init(&c, server.data_port);
    for (unsigned i = w->first; i < w->first + SHARE; i++) {
        char path[80];
        snprintf(path, sizeof path, "/v1/sessions/%s", ids[i]);
        if (client_call(&c, "DELETE", path, NULL) == 204)
            ids[i][0] = '\0';
    }
    client_fini(&c);
    return NULL;
}

static void
share_out(void *(*what)(void *))
{
    struct worker workers[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i].first = i * SHARE;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, what, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
}

static json_t * /* new */
ask(const char *method, const char *path)
{
    struct client c;
    client_init(&c, server.admin_port);
    assert_int_equal(client_call(&c, method, path, NULL), 200);
    json_t *reply = client_reply_json(&c);
    client_fini(&c);
    return reply;
}

static long
member(json_t *root, const char *outer, const char *inner)
{
    json_t *value = json_object_get(json_object_get(root, outer), inner);
    assert_true(json_is_integer(value));
    return (long)json_integer_value(value);
}

static long
bytes_traced(void)
{
    json_t *memory = ask("GET", "/v1/memory");
    long bytes = member(memory, "traced", "current");
    json_decref(memory);
    return bytes;
}

static void
assert_loaded(void)
{
    char *log = server_log(&server), expected[40];
    snprintf(expected, sizeof expected, "\"sessions\":%d,", SESSIONS);
    assert_non_null(strstr(log, expected));
    free(log);
}

static void
ended_users_are_collected_although_the_process_started_frozen(void **state)
{
    static const char *const by_hand[] = {"gc.schedules=[]", NULL};
    server_init(&server);
    server_start(&server, by_hand);
    long empty = bytes_traced();
    share_out(create);
    for (unsigned i = 0; i < SESSIONS; i++)
        assert_true(ids[i][0] == 's');
    server_stop(&server);

    server_start(&server, by_hand);
    assert_loaded();
    long loaded = bytes_traced();
    json_t *gc = ask("GET", "/v1/gc");
    assert_true(member(gc, "frozen", "objects") >= SESSIONS + USERS);
    json_decref(gc);

    share_out(end);
    for (unsigned i = 0; i < SESSIONS; i++)
        assert_true(ids[i][0] == '\0');
    json_t *reply = ask("POST", "/v1/gc/collect");
    assert_int_equal(member(reply, "before", "users_resident"), USERS);
    assert_int_equal(member(reply, "after", "users_resident"), 0);
    json_decref(reply);
    long after = bytes_traced();
    print_message("traced bytes: empty %ld, loaded %ld, collected %ld\n", empty, loaded, after);
    assert_true(after - empty < (loaded - empty) / 10);
    server_fini(&server);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ended_users_are_collected_although_the_process_started_frozen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
