// SPDX-License-Identifier: MIT
//
// PATCH of a user: a merge patch (RFC 7396) of name, email and attributes.
#include "service_fixture.h"

#define BODY                                                                                       \
    "{\"name\":\"Ada\",\"email\":\"a@b\",\"attributes\":{\"a\":1.50,\"b\":{\"c\":2,\"d\":3}}}"

static void
what_a_patch_does_not_name_stays_as_it_was_written(void **state)
{
    START("shards=2");
    expect(201, "PUT", "/v1/users/ada", BODY);
    expect(200, "PATCH", "/v1/users/ada",
           "{\"attributes\":{\"b\":{\"c\":null},\"e\":9007199254740993}}");
    EXPECT_HAS("\"name\":\"Ada\",\"email\":\"a@b\","
               "\"attributes\":{\"a\":1.50,\"b\":{\"d\":3},\"e\":9007199254740993},\"version\":2,");
    expect(200, "PATCH", "/v1/users/ada", "{\"name\":\"Countess\"}");
    EXPECT_HAS("\"name\":\"Countess\",\"email\":\"a@b\",\"attributes\":{\"a\":1.50,");
    char *patched = strdup(reply());
    expect(200, "GET", "/v1/users/ada", NULL);
    assert_string_equal(reply(), patched);
    free(patched);
}

static void
null_removes_what_may_be_absent_and_nothing_else(void **state)
{
    START("shards=2");
    expect(201, "PUT", "/v1/users/ada", BODY);
    expect_refused(422, "invalid-body", "PATCH", "/v1/users/ada", "{\"name\":null}");
    expect(200, "PATCH", "/v1/users/ada", "{\"email\":null,\"attributes\":null}");
    EXPECT_HAS("\"name\":\"Ada\",\"email\":null,\"attributes\":{},\"version\":2,");
}

static void
a_patch_is_of_the_version_that_if_match_names(void **state)
{
    START("shards=2");
    expect(201, "PUT", "/v1/users/ada", BODY);
    client_add_header(&service.data, "If-Match: \"2\"");
    expect_refused(412, "version-mismatch", "PATCH", "/v1/users/ada", "{\"name\":\"x\"}");
    client_add_header(&service.data, "If-Match: \"1\"");
    client_add_header(&service.data, "Content-Type: application/merge-patch+json");
    expect(200, "PATCH", "/v1/users/ada", "{\"name\":\"x\"}");
    EXPECT_HAS("\"version\":2,");
}

static void
who_is_not_there_is_not_made(void **state)
{
    START("shards=2");
    expect_refused(404, "user-not-found", "PATCH", "/v1/users/ada", "{\"name\":\"x\"}");
    expect_refused(404, "user-not-found", "PATCH", "/v1/users/no%20body", "{\"name\":\"x\"}");
    expect_refused(404, "user-not-found", "GET", "/v1/users/ada", NULL);
}

static void
a_patch_that_says_something_else_is_refused(void **state)
{
    static const char *const wrong[] = {"{\"id\":\"bob\"}", "{\"name\":\"\"}", "{\"name\":7}",
                                        "{\"attributes\":[]}", "{\"sessions\":3}"};
    START("shards=2");
    expect(201, "PUT", "/v1/users/ada", BODY);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_refused(422, "invalid-body", "PATCH", "/v1/users/ada", wrong[i]);
    expect(200, "GET", "/v1/users/ada", NULL);
    EXPECT_HAS("\"version\":1,");
}

// Each patch is small enough; what comes out is not.
static void
a_patch_may_not_grow_attributes_over_the_limits(void **state)
{
    long status = 200;
    START("shards=2", "limits.json_members=16");
    expect(201, "PUT", "/v1/users/ada", BODY);
    for (int i = 0; status == 200 && i < 20; i++) {
        char body[64];
        snprintf(body, sizeof body, "{\"attributes\":{\"x%d\":1}}", i);
        status = client_call(&service.data, "PATCH", "/v1/users/ada", body);
    }
    assert_int_equal(status, 422);
    expect_problem(422, "json-too-large");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(what_a_patch_does_not_name_stays_as_it_was_written),
        SERVICE_TEST(null_removes_what_may_be_absent_and_nothing_else),
        SERVICE_TEST(a_patch_is_of_the_version_that_if_match_names),
        SERVICE_TEST(who_is_not_there_is_not_made),
        SERVICE_TEST(a_patch_that_says_something_else_is_refused),
        SERVICE_TEST(a_patch_may_not_grow_attributes_over_the_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
