// SPDX-License-Identifier: MIT
//
// What each type holds in a real server, and how that has grown.
#include "admin_fixture.h"

static json_t * /* new */
census(const char *query)
{
    char path[80];
    snprintf(path, sizeof path, "/v1/heap/census%s", query);
    return ask(200, "GET", path, NULL);
}

static const json_t *
row(const json_t *list, size_t i)
{
    return item(list, "items", i);
}

static const char *
type_at(const json_t *list, size_t i)
{
    return word(row(list, i), "type");
}

static json_int_t
figure(const char *query, const char *type, const char *name)
{
    json_t *all = census(query);
    json_int_t found = 0;
    for (size_t i = 0; row(all, i); i++)
        if (strcmp(type_at(all, i), type) == 0)
            found = number(row(all, i), name);
    json_decref(all);
    return found;
}

enum { SESSIONS = 60 };

static void
leak(void)
{
    make_user("ada");
    for (int i = 0; i < SESSIONS; i++)
        make_session("ada", ",\"data\":{\"x\":\"something that nobody will ever ask for\"}");
}

static void
what_grew_the_most_since_the_start_comes_first(void **state)
{
    START("shards=2", "gc.schedules=[]");
    leak();
    json_t *all = census("?sort=growth&window=1h");
    assert_string_equal(type_at(all, 0), "session");
    assert_int_equal(number(row(all, 0), "count"), SESSIONS);
    assert_int_equal(number(row(all, 0), "count_growth"), SESSIONS);
    assert_true(number(row(all, 0), "bytes") > SESSIONS * 200);
    assert_int_equal(number(row(all, 0), "bytes_growth"), number(row(all, 0), "bytes"));
    assert_int_equal(json_string_length(json_object_get(all, "since")), 24);
    json_decref(all);
    assert_int_equal(figure("?window=1h", "user", "count_growth"), 1);
}

static void
what_went_again_has_not_grown(void **state)
{
    START("shards=1", "gc.schedules=[]");
    leak();
    stop();
    START("shards=1", "gc.schedules=[]"); // which begins with all of them
    assert_int_equal(figure("?window=1h", "session", "count_growth"), 0);
    assert_int_equal(figure("?window=1h", "session", "count"), SESSIONS);
    expect(204, "DELETE", "/v1/users/ada", NULL);
    collect();
    assert_int_equal(figure("?window=1h", "session", "count_growth"), -SESSIONS);
    json_t *all = census("?sort=growth&window=1h");
    for (size_t i = 1; row(all, i); i++)
        assert_true(number(row(all, i - 1), "bytes_growth") >= number(row(all, i), "bytes_growth"));
    json_decref(all);
}

static void
each_order_is_kept_page_by_page(void **state)
{
    static const char *const orders[] = {"bytes", "count"};
    char query[80];
    START("shards=2", "gc.schedules=[]");
    leak();
    for (int o = 0; o < 2; o++) {
        json_int_t last = INT64_MAX;
        size_t types = 0;
        snprintf(query, sizeof query, "?limit=2&sort=%s", orders[o]);
        for (bool more = true; more;) {
            json_t *page = census(query);
            for (size_t i = 0; row(page, i); i++, types++) {
                assert_true(number(row(page, i), orders[o]) <= last);
                last = number(row(page, i), orders[o]);
            }
            const char *next = json_string_value(json_object_get(page, "next_cursor"));
            more = next != NULL;
            snprintf(query, sizeof query, "?limit=2&sort=%s&cursor=%s", orders[o],
                     more ? next : "");
            json_decref(page);
        }
        assert_true(types >= 4);
    }
}

static void
another_order_or_window_is_refused(void **state)
{
    static const char *const queries[] = {"?sort=name", "?window=2h", "?window=60",
                                          "?limit=0",   "?limit=257", "?cursor=x"};
    char path[80];
    START("shards=1");
    for (int i = 0; i < 6; i++) {
        snprintf(path, sizeof path, "/v1/heap/census%s", queries[i]);
        refused(422, "invalid-parameter", "GET", path, NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(what_grew_the_most_since_the_start_comes_first),
        SERVICE_TEST(what_went_again_has_not_grown),
        SERVICE_TEST(each_order_is_kept_page_by_page),
        SERVICE_TEST(another_order_or_window_is_refused),
    };
    return cmocka_run_group_tests_name("census", tests, NULL, NULL);
}
