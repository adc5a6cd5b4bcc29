// SPDX-License-Identifier: MIT
//
// What the service says of itself: GET /v1/info and GET /v1/config.
#include "service_fixture.h"

#include <tenure/tenure.h>

#define DATA    "data-data-data-data-data-data-32"
#define NEWER   "the-next-token-for-the-data-plane"
#define OPERATE "operate-operate-operate-operate!"

static json_t * /* new */
ask_admin(const char *path)
{
    client_add_header(&service.admin, "Authorization: Bearer " OPERATE);
    assert_int_equal(client_call(&service.admin, "GET", path, NULL), 200);
    return client_reply_json(&service.admin);
}

static const char *
text_at(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    assert_non_null(text);
    return text;
}

// --- GET /v1/info ------------------------------------------------------------------------------

static void
info_names_version_revision_and_size(void **state)
{
    START("shards=3", "http.threads=2");
    json_t *info = ask_admin("/v1/info"), *store = json_object_get(info, "store");
    assert_string_equal(text_at(info, "version"), TN_VERSION);
    size_t len = strspn(text_at(info, "revision"), "0123456789abcdef");
    if (strcmp(text_at(info, "revision"), "unknown") != 0)
        assert_in_range(len, 7, 40);
    assert_int_equal(json_integer_value(json_object_get(info, "shards")), 3);
    assert_int_equal(json_integer_value(json_object_get(info, "threads")), 2);
    assert_string_equal(text_at(store, "kind"), "sqlite");
    assert_string_equal(text_at(store, "durability"), "commit");
    static const char *const libraries[] = {"libmicrohttpd", "jansson", "sqlite", "libsodium"};
    for (size_t i = 0; i < 4; i++)
        assert_in_range(text_at(json_object_get(info, "libraries"), libraries[i])[0], '0', '9');
    json_decref(info);
}

static void
info_says_since_when_it_runs(void **state)
{
    START("shards=1");
    json_t *first = ask_admin("/v1/info");
    wait_ms(30);
    json_t *second = ask_admin("/v1/info");
    assert_string_equal(text_at(first, "started_at"), text_at(second, "started_at"));
    assert_int_equal(strlen(text_at(first, "started_at")), 24);
    double a = json_real_value(json_object_get(first, "uptime_seconds"));
    double b = json_real_value(json_object_get(second, "uptime_seconds"));
    assert_true(a >= 0 && b >= a + 0.029 && b < 60);
    json_decref(first);
    json_decref(second);
}

static void
a_store_that_keeps_nothing_says_so(void **state)
{
    START("store.kind=memory");
    json_t *info = ask_admin("/v1/info"), *store = json_object_get(info, "store");
    assert_string_equal(text_at(store, "kind"), "memory");
    assert_string_equal(text_at(store, "durability"), "none");
    json_decref(info);
}

// --- GET /v1/config ----------------------------------------------------------------------------

static void
fill_in(json_t *config, const char *list, const char *first, const char *second)
{
    json_t *tokens = json_object_get(json_object_get(config, "auth"), list);
    const char *const values[] = {first, second};
    assert_int_equal(json_array_size(tokens), second ? 2 : 1);
    for (size_t i = 0; i < json_array_size(tokens); i++) {
        assert_string_equal(json_string_value(json_array_get(tokens, i)), "***");
        json_array_set_new(tokens, i, json_string(values[i]));
    }
}

static void
what_config_shows_can_be_started_with(void **state)
{
    char path[4096];
    START("auth.data=[\"" DATA "\",\"" NEWER "\"]", "auth.operate=" OPERATE, "shards=2",
          "sessions.idle_ttl=90s", "http.hosts=[\"localhost\",\"127.0.0.1\"]");
    json_t *config = ask_admin("/v1/config");
    char *shown = strdup(service.admin.body.data);
    assert_null(strstr(shown, "data-data"));
    assert_null(strstr(shown, OPERATE));
    fill_in(config, "data", DATA, NEWER);
    fill_in(config, "operate", OPERATE, NULL);
    snprintf(path, sizeof path, "%s/config.json", service.server.folder);
    assert_int_equal(json_dump_file(config, path, 0), 0);
    json_decref(config);
    stop();
    service.server.config_file = path;
    start(NULL);
    json_decref(ask_admin("/v1/config"));
    assert_string_equal(service.admin.body.data, shown);
    client_add_header(&service.data, "Authorization: Bearer " NEWER);
    expect(404, "GET", "/v1/users/ada", NULL);
    free(shown);
}

static void
what_config_shows_needs_its_tokens(void **state)
{
    char path[4096], said[1024];
    START("auth.operate=" OPERATE);
    json_t *config = ask_admin("/v1/config");
    snprintf(path, sizeof path, "%s/config.json", service.server.folder);
    assert_int_equal(json_dump_file(config, path, 0), 0);
    json_decref(config);
    stop();
    service.server.config_file = path;
    assert_int_equal(server_refuses(&service.server, NULL, said, sizeof said), 1);
    assert_non_null(strstr(said, "auth.operate: token 1 has 3 characters"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(info_names_version_revision_and_size),
        SERVICE_TEST(info_says_since_when_it_runs),
        SERVICE_TEST(a_store_that_keeps_nothing_says_so),
        SERVICE_TEST(what_config_shows_can_be_started_with),
        SERVICE_TEST(what_config_shows_needs_its_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
