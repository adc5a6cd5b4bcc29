// SPDX-License-Identifier: MIT
//
// The calls about users, over HTTP.
#include "service_fixture.h"

#define SHARDS "shards=2"

static void
a_user_is_created_and_shown(void **state)
{
    START(SHARDS);
    expect(201, "PUT", "/v1/users/ada",
           "{\"name\":\"Ada \\u00e9\", \"email\":\"ada@example.org\","
           " \"attributes\":{\"n\" : 1.50, \"big\":9007199254740993, \"s\":\"a b\"}}");
    EXPECT_HAS("\"sessions\":0,\"last_session\":null}");
    expect(200, "GET", "/v1/users/ada", NULL);
    EXPECT_HAS("{\"id\":\"ada\",\"name\":\"Ada \xc3\xa9\",\"email\":\"ada@example.org\","
               "\"attributes\":{\"n\":1.50,\"big\":9007199254740993,\"s\":\"a b\"},"
               "\"version\":1,\"created_at\":\"20");
    expect_header("Content-Type", "application/json");
    expect_header("Cache-Control", "no-store");
    expect_header("X-Content-Type-Options", "nosniff");
}

static void
a_put_replaces_the_whole_document(void **state)
{
    START(SHARDS);
    expect(201, "PUT", "/v1/users/ada",
           "{\"name\":\"Ada\",\"email\":\"a@b\",\"attributes\":{\"a\":1}}");
    expect(200, "PUT", "/v1/users/ada", "{\"name\":\"Countess\",\"email\":null}");
    EXPECT_HAS("\"name\":\"Countess\",\"email\":null,\"attributes\":{},\"version\":2,");
    char *put = strdup(reply());
    expect(200, "GET", "/v1/users/ada", NULL);
    assert_string_equal(reply(), put);
    free(put);
}

static void
if_none_match_creates_only(void **state)
{
    START(SHARDS);
    client_add_header(&service.data, "If-None-Match: *");
    expect(201, "PUT", "/v1/users/ada", "{\"name\":\"Ada\"}");
    client_add_header(&service.data, "If-None-Match: *");
    expect_refused(412, "user-exists", "PUT", "/v1/users/ada", "{\"name\":\"Other\"}");
    expect(200, "GET", "/v1/users/ada", NULL);
    EXPECT_HAS("\"name\":\"Ada\"");
    client_add_header(&service.data, "If-None-Match: \"1-0\"");
    expect_refused(501, "not-implemented", "PUT", "/v1/users/ada", "{\"name\":\"Other\"}");
}

static void
an_unknown_user_is_not_found(void **state)
{
    START(SHARDS);
    expect_refused(404, "user-not-found", "GET", "/v1/users/nobody", NULL);
    expect_refused(404, "user-not-found", "GET", "/v1/users/nobody/sessions", NULL);
    expect_refused(404, "user-not-found", "GET", "/v1/users/no%20body", NULL);
    expect_refused(422, "invalid-parameter", "PUT", "/v1/users/no%20body", "{\"name\":\"x\"}");
    char path[256] = "/v1/users/";
    memset(path + 10, 'a', 129);
    expect_refused(422, "invalid-parameter", "PUT", path, "{\"name\":\"x\"}");
    path[10 + 128] = '\0';
    expect(201, "PUT", path, "{\"name\":\"x\"}");
}

static void
a_body_that_says_something_else_is_refused(void **state)
{
    static const char *const wrong[] = {"{}",
                                        "{\"name\":1}",
                                        "{\"name\":\"\"}",
                                        "{\"name\":null}",
                                        "{\"name\":\"x\",\"email\":7}",
                                        "{\"name\":\"x\",\"attributes\":[]}",
                                        "{\"name\":\"x\",\"attributes\":\"{}\"}",
                                        "{\"name\":\"x\",\"admin\":true}"};
    START(SHARDS);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_refused(422, "invalid-body", "PUT", "/v1/users/ada", wrong[i]);
    expect_refused(404, "user-not-found", "GET", "/v1/users/ada", NULL);
}

// The heart of the service, seen from outside.
static void
a_collection_is_what_forgets_a_user_whose_sessions_ended(void **state)
{
    START(SHARDS);
    make_user("ada");
    for (int i = 0; i < 2; i++) { // who never had a session is not kept
        expect(200, "GET", "/v1/users/ada", NULL);
        expect_header("X-Cache", "miss");
    }
    struct known_session s = make_session("ada", ",\"client\":{\"ip\":\"192.0.2.1\"}");
    collect();
    expect(200, "GET", "/v1/users/ada", NULL);
    expect_header("X-Cache", "hit");
    expect(204, "DELETE", s.path, NULL);
    expect(200, "GET", "/v1/users/ada", NULL);
    expect_header("X-Cache", "hit");
    EXPECT_HAS("\"client\":{\"ip\":\"192.0.2.1\"}");
    EXPECT_HAS("\"reason\":\"revoked\"");
    char *before = strdup(reply());
    collect();
    expect(200, "GET", "/v1/users/ada", NULL);
    expect_header("X-Cache", "miss");
    assert_string_equal(reply(), before);
    expect(200, "GET", "/v1/users/ada", NULL); // loaded with their past, they stay
    expect_header("X-Cache", "hit");
    assert_string_equal(reply(), before);
    free(before);
}

// --- The list of sessions ----------------------------------------------------------------------

// Follows the cursors and counts; [cursor] starts as "".
static size_t
read_page(char cursor[32], size_t limit, char ids[][29])
{
    char path[256];
    snprintf(path, sizeof path, "/v1/users/ada/sessions?limit=%zu%s%s", limit,
             *cursor ? "&cursor=" : "", cursor);
    expect(200, "GET", path, NULL);
    json_t *page = client_reply_json(&service.data);
    json_t *items = json_object_get(page, "items"), *next = json_object_get(page, "next_cursor");
    size_t count = json_array_size(items);
    for (size_t i = 0; i < count; i++) {
        json_t *item = json_array_get(items, i);
        assert_null(json_object_get(item, "token"));
        snprintf(ids[i], 29, "%s", json_string_value(json_object_get(item, "id")));
    }
    snprintf(cursor, 32, "%s", json_is_string(next) ? json_string_value(next) : "");
    assert_true(json_is_string(next) || json_is_null(next));
    json_decref(page);
    return count;
}

static void
the_list_of_sessions_comes_in_pages_that_survive_changes(void **state)
{
    struct known_session s[5];
    char cursor[32] = "", ids[5][29];
    START(SHARDS);
    make_user("ada");
    assert_int_equal(read_page(cursor, 50, ids), 0);
    for (int i = 0; i < 5; i++)
        s[i] = make_session("ada", "");
    assert_int_equal(read_page(cursor, 5, ids), 5);
    assert_string_equal(cursor, ""); // exactly full, and nothing behind it
    assert_int_equal(read_page(cursor, 2, ids), 2);
    assert_string_equal(ids[0], s[0].id);
    assert_string_equal(ids[1], s[1].id);
    expect(204, "DELETE", s[1].path, NULL); // the one that the cursor names
    expect(204, "DELETE", s[3].path, NULL);
    assert_int_equal(read_page(cursor, 2, ids), 2);
    assert_string_equal(ids[0], s[2].id);
    assert_string_equal(ids[1], s[4].id);
    assert_string_equal(cursor, "");
}

static void
a_page_has_fifty_items_and_at_most_two_hundred(void **state)
{
    static const char *const wrong[] = {"limit=0",  "limit=201", "limit=-1",
                                        "limit=x",  "limit=",    "cursor=x",
                                        "cursor=1", "cursor=",   "cursor=0123456789abcdeg"};
    static char ids[200][29];
    char cursor[32] = "", path[256];
    START(SHARDS, "sessions.per_user=300");
    make_user("ada");
    for (int i = 0; i < 205; i++)
        make_session("ada", "");
    expect(200, "GET", "/v1/users/ada/sessions", NULL);
    json_t *page = client_reply_json(&service.data);
    assert_int_equal(json_array_size(json_object_get(page, "items")), 50);
    json_decref(page);
    assert_int_equal(read_page(cursor, 200, ids), 200);
    assert_int_equal(read_page(cursor, 200, ids), 5);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(path, sizeof path, "/v1/users/ada/sessions?%s", wrong[i]);
        expect_refused(422, "invalid-parameter", "GET", path, NULL);
    }
}

// --- The plane ---------------------------------------------------------------------------------

static void
the_plane_says_that_it_lives_and_is_ready(void **state)
{
    START(SHARDS);
    expect(200, "GET", "/livez", NULL);
    expect(200, "GET", "/readyz", NULL);
}

static void
paths_and_methods_that_are_not_there_are_problems(void **state)
{
    START(SHARDS);
    expect_refused(404, "path-not-found", "GET", "/v1/nothing", NULL);
    expect_refused(405, "method-not-allowed", "POST", "/v1/users/ada", "{}");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(a_user_is_created_and_shown),
        SERVICE_TEST(a_put_replaces_the_whole_document),
        SERVICE_TEST(if_none_match_creates_only),
        SERVICE_TEST(an_unknown_user_is_not_found),
        SERVICE_TEST(a_body_that_says_something_else_is_refused),
        SERVICE_TEST(a_collection_is_what_forgets_a_user_whose_sessions_ended),
        SERVICE_TEST(the_list_of_sessions_comes_in_pages_that_survive_changes),
        SERVICE_TEST(a_page_has_fifty_items_and_at_most_two_hundred),
        SERVICE_TEST(the_plane_says_that_it_lives_and_is_ready),
        SERVICE_TEST(paths_and_methods_that_are_not_there_are_problems),
    };
    return cmocka_run_group_tests_name("users", tests, NULL, NULL);
}
