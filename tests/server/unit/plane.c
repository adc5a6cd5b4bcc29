// SPDX-License-Identifier: MIT
//
// server/http/plane.c: what a plane takes from the configuration.
#include "client.h"
#include "support.h"

#include "http/plane.h"

#include <unistd.h>

#define DATA    "data-data-data-data-data-data-32"
#define READ    "read-read-read-read-read-read-32"
#define OPERATE "operate-operate-operate-operate!"
#define DUMP    "dump-dump-dump-dump-dump-dump-32"

static void
say_yes(struct request *r)
{
    struct text body;
    text_init(&body);
    text_adds(&body, "true");
    reply_json(r, 200, &body);
}

static const struct route routes[] = {
    {"GET", "/open", say_yes, ACCESS_OPEN}, {"GET", "/data", say_yes, ACCESS_DATA},
    {"GET", "/read", say_yes, ACCESS_READ}, {"GET", "/operate", say_yes, ACCESS_OPERATE},
    {"GET", "/dump", say_yes, ACCESS_DUMP}, {NULL, NULL, NULL, 0},
};

static struct config config;
static struct listener *listener;
static struct client client;

static void
start(enum plane plane, char *settings[], int count)
{
    char *argv[16] = {"tenured", "--set", "listen.data=127.0.0.1:0", "--set",
                      "listen.admin=127.0.0.1:0"};
    char error[512] = "", *none[] = {NULL};
    int argc = 5;
    for (int i = 0; i < count; i++) {
        argv[argc++] = "--set";
        argv[argc++] = settings[i];
    }
    assert_true(config_load(&config, argc, argv, none, error, sizeof error));
    listener = plane_start(&config, plane, routes, NULL, error, sizeof error);
    assert_string_equal(error, "");
    client_init(&client, listener_port(listener));
}

static void
stop(void)
{
    client_fini(&client);
    listener_stop(listener);
    config_fini(&config);
}

// Asks each route in turn; [expected] has a letter for each: y, 401 is u, 403 is f.
static void
assert_answers(const char *token, const char *expected)
{
    for (size_t i = 0; routes[i].method != NULL; i++) {
        char header[256];
        snprintf(header, sizeof header, "Authorization: Bearer %s", token);
        client_add_header(&client, header);
        long status = client_call(&client, "GET", routes[i].pattern, NULL);
        long wanted = expected[i] == 'y' ? 200 : expected[i] == 'u' ? 401 : 403;
        if (status != wanted)
            fail_msg("%s: %ld instead of %ld", routes[i].pattern, status, wanted);
    }
}

static char *all[] = {"auth.data=" DATA, "auth.read=" READ, "auth.operate=" OPERATE,
                      "auth.dump=" DUMP};

static void
the_data_plane_knows_data_tokens_only(void **state)
{
    start(PLANE_DATA, all, 4);
    assert_answers(DATA, "yyfff");
    assert_answers(READ, "yuuuu");
    assert_answers(DUMP, "yuuuu");
    stop();
}

static void
the_admin_plane_knows_operators_tokens_only(void **state)
{
    start(PLANE_ADMIN, all, 4);
    assert_answers(DATA, "yuuuu");
    assert_answers(READ, "yyyff");
    assert_answers(OPERATE, "yyyyf");
    assert_answers(DUMP, "yyyyy");
    stop();
}

static void
a_plane_without_tokens_of_its_own_is_open(void **state)
{
    start(PLANE_DATA, all + 1, 3);
    assert_answers("anything", "yyyyy");
    stop();
    start(PLANE_ADMIN, all, 1);
    assert_answers("anything", "yyyyy");
    stop();
}

static void
hosts_are_the_configurations(void **state)
{
    char *hosts[] = {"http.hosts=api.example.org"};
    start(PLANE_DATA, hosts, 1);
    client_add_header(&client, "Host: api.example.org");
    assert_int_equal(client_call(&client, "GET", "/open", NULL), 200);
    client_add_header(&client, "Host: example.org");
    assert_int_equal(client_call(&client, "GET", "/open", NULL), 421);
    stop();
}

static void
a_port_in_use_is_one_sentence(void **state)
{
    char error[512] = "", expected[64];
    start(PLANE_DATA, NULL, 0);
    free(config.listen_admin);
    assert_true(asprintf(&config.listen_admin, "127.0.0.1:%u", listener_port(listener)) > 0);
    assert_null(plane_start(&config, PLANE_ADMIN, routes, NULL, error, sizeof error));
    snprintf(expected, sizeof expected, "port %u of 127.0.0.1 is in use by another process",
             listener_port(listener));
    assert_string_equal(error, expected);
    stop();
}

static void
an_address_needs_a_new_start(void **state)
{
    char error[512] = "", before[] = "127.0.0.1:0", after[] = "0.0.0.0:0";
    struct config running = {.listen_data = before, .listen_admin = before},
                  fresh = {.listen_data = before, .listen_admin = after};
    start(PLANE_DATA, all, 4);
    assert_false(plane_reload(listener, listener, &running, &fresh, error, sizeof error));
    assert_string_equal(error, "listen.admin: needs a new start to become 0.0.0.0:0");
    assert_answers(DATA, "yyfff");
    stop();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_data_plane_knows_data_tokens_only),
        cmocka_unit_test(the_admin_plane_knows_operators_tokens_only),
        cmocka_unit_test(a_plane_without_tokens_of_its_own_is_open),
        cmocka_unit_test(hosts_are_the_configurations),
        cmocka_unit_test(an_address_needs_a_new_start),
        cmocka_unit_test(a_port_in_use_is_one_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
