// SPDX-License-Identifier: MIT
//
// One call about many sessions: each has its own status.
#include "service_fixture.h"

#define BATCH   "/v1/sessions/batch"
#define UNKNOWN "s_0000AAAAAAAAAAAAAAAAAAAAAA"

static struct known_session a, b;

static void
begin(void)
{
    START("shards=2");
    make_user("ada");
    make_user("bob");
    a = make_session("ada", "");
    b = make_session("bob", "");
}

static void
run(const char *op)
{
    char body[512];
    snprintf(body, sizeof body, "{\"op\":\"%s\",\"ids\":[\"%s\",\"" UNKNOWN "\",\"x\",\"%s\"]}", op,
             a.id, b.id);
    expect(200, "POST", BATCH, body);
}

static void
expect_statuses(const char *op, int first, int second, int third, int fourth)
{
    const int wanted[] = {first, second, third, fourth};
    run(op);
    json_t *all = client_reply_json(&service.data), *items = json_object_get(all, "items");
    assert_int_equal(json_array_size(items), 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(json_integer_value(json_object_get(json_array_get(items, i), "status")),
                         wanted[i]);
    json_decref(all);
}

static void
each_session_is_read_as_get_reads_it(void **state)
{
    begin();
    expect(200, "GET", a.path, NULL);
    char *document = strdup(reply());
    expect_statuses("get", 200, 404, 404, 200);
    assert_non_null(strstr(reply(), document));
    free(document);
}

static void
each_session_is_touched_alone(void **state)
{
    begin();
    expect(200, "GET", a.path, NULL);
    char *before = strdup(reply());
    wait_ms(5);
    expect_statuses("touch", 204, 404, 404, 204);
    expect(200, "GET", a.path, NULL);
    assert_string_not_equal(reply(), before);
    free(before);
}

static void
a_deletion_of_what_is_not_there_is_done(void **state)
{
    begin();
    expect_statuses("delete", 204, 204, 204, 204);
    expect_dead(&a);
    expect_dead(&b);
    expect_statuses("delete", 204, 204, 204, 204);
    expect_statuses("get", 404, 404, 404, 404);
}

static void
one_id_may_stand_there_twice(void **state)
{
    char body[256];
    begin();
    snprintf(body, sizeof body, "{\"op\":\"delete\",\"ids\":[\"%s\",\"%s\"]}", a.id, a.id);
    expect(200, "POST", BATCH, body);
    expect_dead(&a);
    expect(200, "POST", BATCH, "{\"op\":\"delete\",\"ids\":[]}");
    assert_string_equal(reply(), "{\"items\":[]}");
}

static void
fill(char *body, size_t size, int ids)
{
    size_t len = (size_t)snprintf(body, size, "{\"op\":\"get\",\"ids\":[\"x\"");
    for (int i = 1; i < ids; i++)
        len += (size_t)snprintf(body + len, size - len, ",\"x\"");
    snprintf(body + len, size - len, "]}");
}

static void
at_most_500_are_asked_for(void **state)
{
    static char body[4096];
    begin();
    fill(body, sizeof body, 500);
    expect(200, "POST", BATCH, body);
    fill(body, sizeof body, 501);
    expect_refused(422, "invalid-body", "POST", BATCH, body);
    expect_refused(422, "invalid-body", "POST", BATCH, "{\"op\":\"get\",\"ids\":[1]}");
    expect_refused(422, "invalid-body", "POST", BATCH, "{\"op\":\"get\",\"ids\":\"x\"}");
    expect_refused(422, "invalid-body", "POST", BATCH, "{\"op\":\"rotate\",\"ids\":[]}");
    expect_refused(422, "invalid-body", "POST", BATCH, "{\"op\":\"get\"}");
    expect_refused(422, "invalid-body", "POST", BATCH, "{\"ids\":[]}");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(each_session_is_read_as_get_reads_it),
        SERVICE_TEST(each_session_is_touched_alone),
        SERVICE_TEST(a_deletion_of_what_is_not_there_is_done),
        SERVICE_TEST(one_id_may_stand_there_twice),
        SERVICE_TEST(at_most_500_are_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
