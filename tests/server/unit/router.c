// SPDX-License-Identifier: MIT
//
// server/http/router.c and uri.c: paths, methods, escapes.
#include "support.h"

#include "http/router.h"
#include "http/uri.h"

static void
nothing(struct request *r)
{
}

static const struct route routes[] = {
    {"GET", "/", nothing, ACCESS_DATA},
    {"GET", "/v1/users/{id}", nothing, ACCESS_DATA},
    {"HEAD", "/v1/users/{id}", nothing, ACCESS_DATA},
    {"PUT", "/v1/users/{id}", nothing, ACCESS_DATA},
    {"GET", "/v1/users/{id}/sessions", nothing, ACCESS_DATA},
    {"POST", "/v1/sessions/verify", nothing, ACCESS_DATA},
    {"GET", "/v1/sessions/{id}", nothing, ACCESS_DATA},
    {"GET", "/v1/{a}/x/{b}", nothing, ACCESS_DATA},
    {NULL, NULL, NULL, 0},
};

static struct routing found;

// The pattern that is found, or "".
static const char *
route(const char *method, const char *path)
{
    router_find(routes, method, path, &found);
    return found.route != NULL ? found.route->pattern : "";
}

static void
a_path_finds_its_pattern_and_parameters(void **state)
{
    assert_string_equal(route("GET", "/"), "/");
    assert_string_equal(route("GET", "/v1/users/ada"), "/v1/users/{id}");
    assert_true(span_is(found.params[0], "ada"));
    assert_null(found.params[1].data);
    assert_string_equal(route("GET", "/v1/users/ada/sessions"), "/v1/users/{id}/sessions");
    assert_string_equal(route("GET", "/v1/one/x/two"), "/v1/{a}/x/{b}");
    assert_true(span_is(found.params[0], "one"));
    assert_true(span_is(found.params[1], "two"));
}

static void
other_paths_find_nothing(void **state)
{
    static const char *const paths[] = {
        "/v1",          "/v1/users",           "/v1/users/",
        "/v1/users/a/", "/v1/users//sessions", "/v1/users/a/b",
        "//v1/users/a", "/V1/users/a",         "/v1/users/a/sessions/"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_string_equal(route("GET", paths[i]), "");
        assert_string_equal(found.allow, "");
    }
}

static void
another_method_learns_what_is_allowed(void **state)
{
    assert_string_equal(route("DELETE", "/v1/users/ada"), "");
    assert_string_equal(found.allow, "GET, HEAD, PUT");
    assert_string_equal(route("TRACE", "/v1/users/ada"), "");
    assert_string_equal(route("HEAD", "/"), "");
    assert_string_equal(found.allow, "GET");
    assert_string_equal(route("get", "/"), "");
}

static void
a_literal_row_that_lacks_the_method_does_not_hide_a_parameter(void **state)
{
    assert_string_equal(route("GET", "/v1/sessions/verify"), "/v1/sessions/{id}");
    assert_string_equal(route("PUT", "/v1/sessions/verify"), "");
    assert_string_equal(found.allow, "POST, GET");
}

static void
parameters_are_decoded_after_the_path_was_cut(void **state)
{
    assert_string_equal(route("GET", "/v1/users/a%40b%2Fc%2e"), "/v1/users/{id}");
    assert_true(span_is(found.params[0], "a@b/c."));
    assert_string_equal(route("GET", "/v1/%41/x/%42"), "/v1/{a}/x/{b}");
    assert_true(span_is(found.params[0], "A"));
    assert_true(span_is(found.params[1], "B"));
}

static void
an_escaped_parameter_beyond_the_room_finds_nothing(void **state)
{
    char path[ROUTER_DECODED_SIZE + 64] = "/v1/users/%41";
    memset(path + 13, 'a', ROUTER_DECODED_SIZE - 3);
    assert_string_equal(route("GET", path), "/v1/users/{id}");
    assert_int_equal(found.params[0].len, ROUTER_DECODED_SIZE - 2);
    strcat(path, "a");
    assert_string_equal(route("GET", path), "");
}

static void
only_clean_uris_are_clean(void **state)
{
    static const char *const clean[] = {"/", "/a?b=c&d", "/%20%7f%ff", "/~!$&'()*+,;=:@"};
    static const char *const not_clean[] = {
        "",     "*",      "a",     "http://localhost/", "/ ",   "/%", "/%2", "/%2g",
        "/%00", "/a?%00", "/\x7f", "/\xc3\xa9",         "/a\tb"};
    for (size_t i = 0; i < sizeof clean / sizeof clean[0]; i++)
        assert_true(uri_is_clean(clean[i]));
    for (size_t i = 0; i < sizeof not_clean / sizeof not_clean[0]; i++)
        assert_false(uri_is_clean(not_clean[i]));
}

static void
decoding_may_happen_in_place(void **state)
{
    char text[] = "a%2Bb%C3%a9+%25";
    size_t len = uri_decode(text, text, strlen(text));
    assert_int_equal(len, 7);
    assert_memory_equal(text, "a+b\xc3\xa9+%", 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_finds_its_pattern_and_parameters),
        cmocka_unit_test(other_paths_find_nothing),
        cmocka_unit_test(another_method_learns_what_is_allowed),
        cmocka_unit_test(a_literal_row_that_lacks_the_method_does_not_hide_a_parameter),
        cmocka_unit_test(parameters_are_decoded_after_the_path_was_cut),
        cmocka_unit_test(an_escaped_parameter_beyond_the_room_finds_nothing),
        cmocka_unit_test(only_clean_uris_are_clean),
        cmocka_unit_test(decoding_may_happen_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
