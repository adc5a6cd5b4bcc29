// SPDX-License-Identifier: MIT
//
// Entity tags, over HTTP: the same for what looks the same, another for what looks different.
#include "service_fixture.h"

static char * /* new */
tag_of(const char *path)
{
    expect(200, "GET", path, NULL);
    char *tag = client_reply_header(&service.data, "ETag");
    assert_non_null(tag);
    return tag;
}

// Whether the tag is [version], a dash, and 16 digits.
static void
expect_version(const char *tag, int version)
{
    char start[16];
    size_t len = (size_t)snprintf(start, sizeof start, "\"%d-", version);
    assert_memory_equal(tag, start, len);
    assert_int_equal(strspn(tag + len, "0123456789abcdef"), 16);
    assert_string_equal(tag + len + 16, "\"");
}

static void
expect_same(const char *path, const char *tag)
{
    char *now = tag_of(path);
    assert_string_equal(now, tag);
    free(now);
}

static void
expect_other(const char *path, char **tag)
{
    char *now = tag_of(path);
    assert_string_not_equal(now, *tag);
    free(*tag);
    *tag = now;
}

static void
a_tag_is_the_same_after_a_collection_and_a_restart(void **state)
{
    START("shards=2");
    make_user("ada");
    struct known_session ended = make_session("ada", "");
    struct known_session live = make_session("ada", ",\"data\":{\"a\":1}");
    char *session = tag_of(live.path);
    expect(204, "DELETE", ended.path, NULL);
    char *user = tag_of("/v1/users/ada");
    expect_version(session, 1);
    expect_version(user, 1);
    stop();
    START("shards=3");
    expect_same("/v1/users/ada", user);
    expect_same(live.path, session);
    expect(204, "DELETE", live.path, NULL);
    expect_other("/v1/users/ada", &user);
    collect();
    expect_same("/v1/users/ada", user);
    expect_header("X-Cache", "miss");
    free(user);
    free(session);
}

static void
a_tag_changes_with_whatever_is_shown(void **state)
{
    char path[80];
    START("shards=2");
    make_user("ada");
    char *user = tag_of("/v1/users/ada");
    struct known_session s = make_session("ada", "");
    expect_other("/v1/users/ada", &user); // one session more
    expect_version(user, 1);
    char *session = tag_of(s.path);
    wait_ms(5);
    snprintf(path, sizeof path, "%s/touch", s.path);
    expect(204, "POST", path, NULL);
    expect_other(s.path, &session);
    expect_version(session, 1); // a touch is no change of the document
    snprintf(path, sizeof path, "%s/rotate", s.path);
    expect(200, "POST", path, NULL);
    expect_other(s.path, &session);
    expect_version(session, 2);
    expect_same("/v1/users/ada", user);
    expect(200, "PUT", "/v1/users/ada", "{\"name\":\"Countess\"}");
    expect_other("/v1/users/ada", &user);
    expect_version(user, 2);
    free(user);
    free(session);
}

// [path] is known to the client by its tag.
static void
expect_not_modified(const char *method, const char *path, const char *condition)
{
    char header[160];
    snprintf(header, sizeof header, "If-None-Match: %s", condition);
    client_add_header(&service.data, header);
    expect(304, method, path, NULL);
    assert_string_equal(reply(), "");
    expect_header("Content-Type", NULL);
}

static void
who_has_it_already_gets_304_without_a_body(void **state)
{
    char weak[80];
    START("shards=2");
    make_user("ada");
    struct known_session s = make_session("ada", "");
    const char *paths[] = {s.path, "/v1/users/ada"};
    for (int i = 0; i < 2; i++) {
        char *tag = tag_of(paths[i]);
        expect_not_modified("GET", paths[i], tag);
        expect_header("ETag", tag);
        expect_not_modified("HEAD", paths[i], tag);
        expect_not_modified("GET", paths[i], "*");
        snprintf(weak, sizeof weak, "\"x\", W/%s", tag);
        expect_not_modified("GET", paths[i], weak);
        expect_same(paths[i], tag); // the connection goes on
        client_add_header(&service.data, "If-None-Match: \"1\"");
        expect(200, "GET", paths[i], NULL);
        client_add_header(&service.data, "If-None-Match: 1");
        expect_refused(400, "malformed-request", "GET", paths[i], NULL);
        free(tag);
    }
}

static void
a_head_has_the_headers_of_a_get(void **state)
{
    START("shards=2");
    make_user("ada");
    struct known_session s = make_session("ada", "");
    char *tag = tag_of(s.path);
    expect(200, "HEAD", s.path, NULL);
    assert_string_equal(reply(), "");
    expect_header("ETag", tag);
    expect(200, "HEAD", "/v1/users/ada", NULL);
    expect_header("X-Cache", "hit");
    expect(404, "HEAD", "/v1/users/nobody", NULL);
    free(tag);
}

static void
an_expanded_session_and_a_list_have_no_tag(void **state)
{
    char path[80];
    START("shards=2");
    make_user("ada");
    struct known_session s = make_session("ada", "");
    snprintf(path, sizeof path, "%s?expand=user", s.path);
    client_add_header(&service.data, "If-None-Match: *");
    expect(200, "GET", path, NULL);
    expect_header("ETag", NULL);
    expect(200, "GET", "/v1/users/ada/sessions", NULL);
    expect_header("ETag", NULL);
}

static void
put_user(long status, const char *condition, const char *name)
{
    char body[64];
    snprintf(body, sizeof body, "{\"name\":\"%s\"}", name);
    client_add_header(&service.data, condition);
    expect(status, "PUT", "/v1/users/ada", body);
}

static void
a_put_replaces_only_the_version_that_it_names(void **state)
{
    char header[80];
    START("shards=2");
    put_user(412, "If-Match: *", "nobody is there");
    expect_problem(412, "version-mismatch");
    put_user(412, "If-Match: \"1\"", "nobody is there");
    expect_refused(404, "user-not-found", "GET", "/v1/users/ada", NULL);
    make_user("ada");
    char *tag = tag_of("/v1/users/ada");
    make_session("ada", ""); // another hash, the same version
    snprintf(header, sizeof header, "If-Match: %s", tag);
    put_user(200, header, "Second");
    put_user(412, header, "late");
    put_user(200, "If-Match: *", "Third");
    put_user(400, "If-Match: 3", "unquoted");
    expect_problem(400, "malformed-request");
    expect(200, "GET", "/v1/users/ada", NULL);
    EXPECT_HAS("\"name\":\"Third\"");
    EXPECT_HAS("\"version\":3");
    free(tag);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(a_tag_is_the_same_after_a_collection_and_a_restart),
        SERVICE_TEST(a_tag_changes_with_whatever_is_shown),
        SERVICE_TEST(who_has_it_already_gets_304_without_a_body),
        SERVICE_TEST(a_head_has_the_headers_of_a_get),
        SERVICE_TEST(an_expanded_session_and_a_list_have_no_tag),
        SERVICE_TEST(a_put_replaces_only_the_version_that_it_names),
    };
    return cmocka_run_group_tests_name("tags", tests, NULL, NULL);
}
