// SPDX-License-Identifier: MIT
//
// Lists: all users, and a user's sessions by query; their cursors survive what changes meanwhile.
#include "service_fixture.h"

enum { USERS = 25, PAGE = 10 };

static char *
next_cursor(void)
{
    json_t *page = client_reply_json(&service.data);
    const char *next = json_string_value(json_object_get(page, "next_cursor"));
    char *copy = strdup(next ? next : "");
    json_decref(page);
    return copy;
}

static size_t
count_items(void)
{
    json_t *page = client_reply_json(&service.data);
    size_t count = json_array_size(json_object_get(page, "items"));
    json_decref(page);
    return count;
}

static void
make_users(int from, int to)
{
    for (int i = from; i < to; i++) {
        char id[16];
        snprintf(id, sizeof id, "u%03d", i);
        make_user(id);
    }
}

static void
read_page(const char *cursor)
{
    char path[256];
    snprintf(path, sizeof path, "/v1/users?limit=%d%s%s", PAGE, cursor[0] ? "&cursor=" : "",
             cursor);
    expect(200, "GET", path, NULL);
}

static void
users_come_in_the_order_of_their_ids_page_by_page(void **state)
{
    size_t seen = 0;
    char *cursor = strdup("");
    START("shards=3");
    make_users(0, USERS);
    do {
        read_page(cursor);
        json_t *page = client_reply_json(&service.data);
        for (size_t i = 0; i < json_array_size(json_object_get(page, "items")); i++) {
            char id[16];
            snprintf(id, sizeof id, "u%03zu", seen++);
            json_t *user = json_array_get(json_object_get(page, "items"), i);
            assert_string_equal(json_string_value(json_object_get(user, "id")), id);
        }
        json_decref(page);
        free(cursor);
        cursor = next_cursor();
    } while (cursor[0]);
    free(cursor);
    assert_int_equal(seen, USERS);
}

static void
a_cursor_survives_the_deletion_of_the_user_that_it_names_and_newcomers(void **state)
{
    START("shards=2");
    make_users(0, 20);
    read_page("");
    char *cursor = next_cursor();
    assert_string_equal(cursor, "u009");
    expect(204, "DELETE", "/v1/users/u009", NULL);
    expect(204, "DELETE", "/v1/users/u010", NULL);
    make_user("u0105");
    make_user("a-newcomer-before-the-cursor");
    read_page(cursor);
    EXPECT_HAS("{\"items\":[{\"id\":\"u0105\",");
    assert_int_equal(count_items(), 10);
    free(cursor);
    cursor = next_cursor();
    assert_string_equal(cursor, ""); // exactly full, and nothing behind it
    free(cursor);
}

// Somebody resident, somebody who is not, and somebody with a past.
static void
the_list_shows_each_user_as_get_does(void **state)
{
    static const char *const ids[] = {"absent", "past", "resident"};
    START("shards=2");
    for (int i = 0; i < 3; i++)
        make_user(ids[i]);
    struct known_session past = make_session("past", "");
    make_session("resident", "");
    expect(204, "DELETE", past.path, NULL);
    collect();
    expect(200, "GET", "/v1/users", NULL);
    char *list = strdup(reply());
    for (int i = 0; i < 3; i++) {
        char path[64];
        snprintf(path, sizeof path, "/v1/users/%s", ids[i]);
        expect(200, "GET", path, NULL);
        assert_non_null(strstr(list, reply()));
    }
    free(list);
}

static void
the_list_of_no_users_is_empty(void **state)
{
    START("store.kind=memory");
    expect(200, "GET", "/v1/users", NULL);
    assert_string_equal(reply(), "{\"items\":[],\"next_cursor\":null}");
}

static void
limits_and_cursors_that_are_none_are_refused(void **state)
{
    START("shards=2");
    expect_refused(422, "invalid-parameter", "GET", "/v1/users?limit=0", NULL);
    expect_refused(422, "invalid-parameter", "GET", "/v1/users?limit=201", NULL);
    expect_refused(422, "invalid-parameter", "GET", "/v1/users?cursor=no%20id", NULL);
    expect_refused(422, "invalid-parameter", "GET", "/v1/users?cursor=", NULL);
    make_user("ada");
    static const char *const cursors[] = {
        "", "x", "0x00000000000001", "00000000000000AF", "%20000000000000001", "8000000000000000"};
    for (size_t i = 0; i < sizeof cursors / sizeof cursors[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "/v1/users/ada/sessions?cursor=%s", cursors[i]);
        expect_refused(422, "invalid-parameter", "GET", path, NULL);
    }
    expect(200, "GET", "/v1/users/ada/sessions?cursor=00000000000000af", NULL);
    expect(200, "GET", "/v1/users?limit=200", NULL);
}

static void
sessions_are_found_by_their_user(void **state)
{
    START("shards=2");
    make_user("ada");
    make_session("ada", "");
    make_session("ada", "");
    expect(200, "GET", "/v1/users/ada/sessions", NULL);
    char *list = strdup(reply());
    expect(200, "GET", "/v1/sessions?user_id=ada", NULL);
    assert_string_equal(reply(), list);
    free(list);
    expect(200, "GET", "/v1/sessions?user_id=ada&limit=1", NULL);
    assert_int_equal(count_items(), 1);
    expect_refused(422, "invalid-parameter", "GET", "/v1/sessions", NULL);
    expect_refused(404, "user-not-found", "GET", "/v1/sessions?user_id=nobody", NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(users_come_in_the_order_of_their_ids_page_by_page),
        SERVICE_TEST(a_cursor_survives_the_deletion_of_the_user_that_it_names_and_newcomers),
        SERVICE_TEST(the_list_shows_each_user_as_get_does),
        SERVICE_TEST(the_list_of_no_users_is_empty),
        SERVICE_TEST(limits_and_cursors_that_are_none_are_refused),
        SERVICE_TEST(sessions_are_found_by_their_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
