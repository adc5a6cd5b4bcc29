// SPDX-License-Identifier: MIT
//
// A store that fails every n-th batch, under 32 clients: after each reply the service shows what
// was acknowledged and nothing else, and so does the next start after a power cut.
#include "service_fixture.h"

#include <pthread.h>
#include <unistd.h>

enum { CLIENTS = 32, WRITES = 60 };

// Each has a user and a session of its own, so it knows what must be shown.
struct owner {
    pthread_t thread;
    struct client client;
    unsigned number, refused;
    unsigned name, data; // numbers in what was acknowledged
    struct known_session session;
    char fault[512]; // "": none
};

static struct owner owners[CLIENTS];

static void
note(struct owner *o, const char *what, long status)
{
    snprintf(o->fault, sizeof o->fault, "%s: %ld, name %u, data %u: %.300s", what, status, o->name,
             o->data, o->client.body.data ? o->client.body.data : "");
}

// What is shown is what was acknowledged last.
static void
compare(struct owner *o, const char *path, const char *format, unsigned number)
{
    char expected[64];
    snprintf(expected, sizeof expected, format, number);
    long status = client_call(&o->client, "GET", path, NULL);
    if (status != 200 || !strstr(o->client.body.data, expected))
        note(o, path, status);
}

// Tries once. True: acknowledged.
static bool
write_one(struct owner *o, const char *method, const char *path, const char *format,
          unsigned number)
{
    char body[64];
    snprintf(body, sizeof body, format, number);
    client_add_header(&o->client, "If-Match: *");
    long status = client_call(&o->client, method, path, body);
    o->refused += status == 503;
    if (status != 200 && status != 503)
        note(o, path, status);
    return status == 200;
}

static void *
own(void *arg)
{
    struct owner *o = arg;
    char user[32], data[80];
    snprintf(user, sizeof user, "/v1/users/u%u", o->number);
    snprintf(data, sizeof data, "%s/data", o->session.path);
    for (unsigned i = 1; i <= WRITES && !o->fault[0]; i++) {
        if (write_one(o, "PUT", user, "{\"name\":\"n%u\"}", i))
            o->name = i;
        compare(o, user, "\"name\":\"n%u\"", o->name);
        if (write_one(o, i % 2 ? "PUT" : "PATCH", data, "{\"n\":%u}", i))
            o->data = i;
        compare(o, o->session.path, "\"data\":{\"n\":%u}", o->data);
    }
    return NULL;
}

static void
compare_after_restart(struct owner *o)
{
    char user[32];
    snprintf(user, sizeof user, "/v1/users/u%u", o->number);
    client_init(&o->client, service.server.data_port);
    compare(o, user, "\"name\":\"n%u\"", o->name);
    compare(o, o->session.path, "\"data\":{\"n\":%u}", o->data);
    client_fini(&o->client);
    if (o->fault[0])
        fail_msg("after the restart: %s", o->fault);
}

static void
make_owner(struct owner *o, unsigned number)
{
    char user[32], path[64];
    *o = (struct owner){.number = number};
    snprintf(user, sizeof user, "u%u", number);
    snprintf(path, sizeof path, "/v1/users/%s", user);
    expect(201, "PUT", path, "{\"name\":\"n0\"}");
    o->session = make_session(user, ",\"data\":{\"n\":0}");
}

static void
what_is_shown_is_what_was_acknowledged(void **state)
{
    unsigned refused = 0;
    free(service.server.program);
    service.server.program = strdup(getenv("PROGRAM_ON_DISK"));
    START(NULL);
    for (unsigned i = 0; i < CLIENTS; i++)
        make_owner(&owners[i], i);
    stop();
    setenv("TENURED_TEST_FAIL_EVERY", "5", 1);
    START(NULL);
    unsetenv("TENURED_TEST_FAIL_EVERY");
    for (unsigned i = 0; i < CLIENTS; i++) {
        client_init(&owners[i].client, service.server.data_port);
        assert_int_equal(pthread_create(&owners[i].thread, NULL, own, &owners[i]), 0);
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        pthread_join(owners[i].thread, NULL);
        client_fini(&owners[i].client);
        refused += owners[i].refused;
        if (owners[i].fault[0])
            fail_msg("u%u: %s", i, owners[i].fault);
    }
    assert_in_range(refused, CLIENTS, CLIENTS * WRITES); // of twice as many
    setenv("POWER_CUT", "1", 1);
    server_kill(&service.server);
    unsetenv("POWER_CUT");
    client_fini(&service.data);
    client_fini(&service.admin);
    START(NULL);
    for (unsigned i = 0; i < CLIENTS; i++)
        compare_after_restart(&owners[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {SERVICE_TEST(what_is_shown_is_what_was_acknowledged)};
    return cmocka_run_group_tests_name("failing_store", tests, NULL, NULL);
}
