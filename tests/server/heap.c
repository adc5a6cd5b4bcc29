// SPDX-License-Identifier: MIT
//
// Objects of a real server, one by one: what they are and hold, who refers to them, what keeps
// them.
#include "admin_fixture.h"

enum { PATH_SIZE = 200, OID_SIZE = 32 };

static json_t * /* new */
look(long status, const char *path)
{
    return ask(status, "GET", path, NULL);
}

static json_t * /* new */
ask_about(long status, const char *oid, const char *what)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "/v1/heap/objects/%s%s", oid, what);
    return look(status, path);
}

static void
refused_about(long status, const char *type, const char *oid, const char *what)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "/v1/heap/objects/%s%s", oid, what);
    refused(status, type, "GET", path, NULL);
}

// The oid of the only object of the type, or of the first.
static void
find_one(const char *type, char oid[OID_SIZE])
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "/v1/heap/objects?type=%s", type);
    json_t *list = look(200, path);
    assert_int_equal(snprintf(oid, OID_SIZE, "%s", word(item(list, "items", 0), "oid")) > 0, 1);
    json_decref(list);
}

// The field of the object that stands at [place]; absent ends the test.
static const json_t *
field(const json_t *object, const char *list, const char *place)
{
    const json_t *row;
    size_t i;
    json_array_foreach(json_object_get(object, list), i, row)
    {
        if (strcmp(word(row, "place"), place) == 0)
            return row;
    }
    fail_msg("there is no %s in %s", place, answer());
    return NULL;
}

static void
an_object_tells_what_it_is_and_holds(void **state)
{
    char oid[OID_SIZE];
    START("shards=2", "gc.schedules=[]");
    make_user("ada");
    make_session("ada", "");
    find_one("user", oid);
    json_t *user = ask_about(200, oid, "");
    assert_string_equal(word(user, "oid"), oid);
    assert_string_equal(word(user, "type"), "user");
    assert_true(number(user, "bytes") > 50);
    assert_int_equal(number(user, "references"), 1);
    assert_true(json_is_false(json_object_get(user, "frozen")));
    assert_true(json_is_null(json_object_get(user, "site"))); // nobody traces
    assert_string_equal(word(field(user, "fields", ".id"), "type"), "str");
    assert_null(json_object_get(field(user, "fields", ".id"), "text"));
    assert_string_equal(word(field(user, "fields", ".sessions"), "type"), "list");
    assert_int_equal(json_array_size(json_object_get(user, "fields")), number(user, "field_count"));
    json_decref(user);
    user = ask_about(200, oid, "?values=true"); // a plane without tokens is open
    assert_string_equal(word(field(user, "fields", ".id"), "text"), "ada");
    json_decref(user);
}

static void
referents_lead_from_a_user_to_the_session_and_back(void **state)
{
    char user[OID_SIZE], list[OID_SIZE], session[OID_SIZE];
    START("shards=2", "gc.schedules=[]");
    make_user("ada");
    make_session("ada", "");
    make_session("ada", "");
    find_one("user", user);
    json_t *held = ask_about(200, user, "/referents");
    snprintf(list, sizeof list, "%s", word(field(held, "items", ".sessions"), "oid"));
    json_decref(held);
    held = ask_about(200, list, "/referents?limit=1");
    snprintf(session, sizeof session, "%s", word(field(held, "items", "[0]"), "oid"));
    assert_string_equal(word(held, "next_cursor"), "1");
    json_decref(held);
    held = ask_about(200, list, "/referents?limit=1&cursor=1");
    assert_string_not_equal(word(field(held, "items", "[1]"), "oid"), session);
    assert_true(json_is_null(json_object_get(held, "next_cursor")));
    json_decref(held);
    held = ask_about(200, session, "/referents");
    assert_string_equal(word(field(held, "items", ".user"), "oid"), user);
    json_decref(held);
}

static void
referrers_tell_who_and_where(void **state)
{
    char user[OID_SIZE];
    START("shards=2", "gc.schedules=[]");
    make_user("ada");
    make_session("ada", "");
    make_session("ada", "");
    find_one("user", user);
    json_t *held = ask_about(200, user, "/referrers");
    assert_int_equal(json_array_size(json_object_get(held, "items")), 2);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(word(item(held, "items", i), "type"), "session");
        assert_string_equal(word(item(held, "items", i), "place"), ".user");
    }
    assert_int_equal(number(held, "references"), 2);
    assert_int_equal(number(held, "outside"), 0);
    assert_true(json_is_false(json_object_get(held, "truncated")));
    json_decref(held);
    held = ask_about(200, user, "/referrers?limit=1");
    assert_int_equal(json_array_size(json_object_get(held, "items")), 1);
    assert_true(json_is_true(json_object_get(held, "truncated")));
    json_decref(held);
}

static void
roots_name_the_table_of_live_sessions(void **state)
{
    char user[OID_SIZE], session[OID_SIZE];
    START("shards=2", "gc.schedules=[]");
    make_user("ada");
    make_session("ada", "");
    find_one("user", user);
    find_one("session", session);
    json_t *way = ask_about(200, user, "/roots");
    assert_string_equal(word(way, "held_by"), "the table of live sessions");
    assert_int_equal(json_array_size(json_object_get(way, "path")), 2);
    assert_string_equal(word(item(way, "path", 0), "oid"), session);
    assert_string_equal(word(item(way, "path", 0), "place"), ".user");
    assert_string_equal(word(item(way, "path", 1), "oid"), user);
    assert_true(json_is_null(json_object_get(item(way, "path", 1), "place")));
    assert_int_equal(number(way, "outside"), 1);
    assert_true(number(way, "slices") > 0);
    json_decref(way);
    way = ask_about(200, session, "/roots");
    assert_int_equal(json_array_size(json_object_get(way, "path")), 1);
    json_decref(way);
}

static void
users_who_are_kept_and_the_map_are_roots_too(void **state)
{
    char oid[OID_SIZE];
    START("shards=1", "gc.schedules=[]", "cache.keep=10");
    make_user("ada");
    expect(200, "GET", "/v1/users/ada", NULL);
    find_one("user", oid);
    json_t *way = ask_about(200, oid, "/roots");
    assert_string_equal(word(way, "held_by"), "the users who are kept");
    json_decref(way);
    find_one("weakmap", oid);
    way = ask_about(200, oid, "/roots");
    assert_string_equal(word(way, "held_by"), "the map of users");
    json_decref(way);
}

static void
nothing_keeps_a_user_whose_sessions_have_ended(void **state)
{
    char oid[OID_SIZE];
    START("shards=1", "gc.schedules=[]");
    make_user("ada");
    struct known_session s = make_session("ada", "");
    expect(204, "DELETE", s.path, NULL);
    find_one("user", oid);
    json_t *way = ask_about(200, oid, "/roots");
    for (int i = 0; i < 100 && !json_is_null(json_object_get(way, "held_by")); i++) {
        json_decref(way); // the writer may still hold them for a moment
        wait_ms(20);
        way = ask_about(200, oid, "/roots");
    }
    assert_true(json_is_null(json_object_get(way, "held_by")));
    assert_int_equal(json_array_size(json_object_get(way, "path")), 0);
    assert_true(json_is_false(json_object_get(way, "truncated")));
    json_decref(way);
    collect();
    refused_about(410, "object-gone", oid, "");
}

static void
an_oid_is_gone_when_its_object_dies_and_unknown_before(void **state)
{
    static const char *const calls[] = {"", "/referents", "/referrers", "/size", "/roots"};
    char oid[OID_SIZE], later[OID_SIZE];
    START("shards=2", "gc.schedules=[]");
    make_user("ada");
    struct known_session s = make_session("ada", "");
    find_one("session", oid);
    snprintf(later, sizeof later, "%lld", strtoll(oid, NULL, 10) + 100000);
    expect(204, "DELETE", s.path, NULL);
    make_session("ada", ""); // which may stand in the same place
    expect(204, "DELETE", "/v1/users/ada", NULL);
    collect();
    for (int i = 0; i < 5; i++) {
        refused_about(410, "object-gone", oid, calls[i]);
        refused_about(404, "object-not-found", later, calls[i]);
        refused_about(404, "object-not-found", "12", calls[i]);
        refused_about(422, "invalid-parameter", "0x10", calls[i]);
        refused_about(422, "invalid-parameter", "12345678901234567890", calls[i]);
    }
}

static void
sizes_tell_what_would_die_with_it(void **state)
{
    char oid[OID_SIZE];
    START("shards=1", "gc.schedules=[]");
    make_user("ada");
    make_session("ada", "");
    find_one("session", oid);
    json_t *size = ask_about(200, oid, "/size");
    const json_t *deep = json_object_get(size, "deep"), *unique = json_object_get(size, "unique");
    assert_true(number(size, "self") > 200);   // its document is a buffer of its own
    assert_true(number(deep, "objects") >= 5); // itself, the user, id, name, attributes, list
    assert_true(number(deep, "bytes") > number(size, "self"));
    assert_true(number(unique, "bytes") <= number(deep, "bytes"));
    assert_true(json_is_false(json_object_get(size, "truncated")));
    json_decref(size);
    size = ask_about(200, oid, "/size?max_nodes=2");
    assert_int_equal(number(json_object_get(size, "deep"), "objects"), 2);
    assert_true(json_is_true(json_object_get(size, "truncated")));
    json_decref(size);
    refused_about(422, "invalid-parameter", oid, "/size?max_nodes=0");
    refused_about(422, "invalid-parameter", oid, "/size?max_nodes=10001");
}

enum { USERS = 40 };

static void
make_users(void)
{
    char name[32];
    for (int i = 0; i < USERS; i++) {
        snprintf(name, sizeof name, "user-%d", i);
        make_user(name);
        make_session(name, "");
    }
}

static void
a_type_is_listed_page_by_page_over_all_shards(void **state)
{
    char path[PATH_SIZE] = "/v1/heap/objects?type=user&limit=7", oids[USERS][OID_SIZE];
    bool shards[2] = {false, false}, more = true;
    size_t count = 0;
    START("shards=2", "gc.schedules=[]");
    make_users();
    while (more) {
        json_t *page = look(200, path);
        const json_t *row;
        size_t i;
        json_array_foreach(json_object_get(page, "items"), i, row)
        {
            assert_true(count < USERS);
            snprintf(oids[count], OID_SIZE, "%s", word(row, "oid"));
            for (size_t k = 0; k < count; k++)
                assert_string_not_equal(oids[k], oids[count]);
            shards[number(row, "shard")] = true;
            count++;
        }
        more = !json_is_null(json_object_get(page, "next_cursor"));
        snprintf(path, sizeof path, "/v1/heap/objects?type=user&limit=7&cursor=%s",
                 word(page, "next_cursor"));
        json_decref(page);
    }
    assert_int_equal(count, USERS);
    assert_true(shards[0] && shards[1]);
    json_t *none = look(200, "/v1/heap/objects?type=unicorn");
    assert_int_equal(json_array_size(json_object_get(none, "items")), 0);
    json_decref(none);
    json_decref(look(422, "/v1/heap/objects"));
    json_decref(look(422, "/v1/heap/objects?type=user&limit=257"));
    json_decref(look(422, "/v1/heap/objects?type=user&site=nowhere"));
}

static void
an_oid_stays_the_same(void **state)
{
    char before[OID_SIZE], after[OID_SIZE];
    START("shards=1", "gc.schedules=[]");
    make_user("ada");
    make_session("ada", "");
    find_one("user", before);
    collect();
    assert_int_equal(client_call(&service.admin, "POST", "/v1/gc/freeze", NULL), 200);
    find_one("user", after);
    assert_string_equal(before, after);
    json_t *user = ask_about(200, after, "");
    assert_true(json_is_true(json_object_get(user, "frozen")));
    json_decref(user);
}

static void
what_one_line_made_is_listed_while_tracing(void **state)
{
    char path[PATH_SIZE];
    START("shards=1", "gc.schedules=[]");
    make_user("eve");
    make_session("eve", "");
    assert_int_equal(
        client_call(&service.admin, "PATCH", "/v1/memory/tracing", "{\"mode\":\"exact\"}"), 200);
    make_user("ada");
    make_session("ada", "");
    json_t *list = look(200, "/v1/heap/objects?type=session");
    assert_int_equal(json_array_size(json_object_get(list, "items")), 2);
    const json_t *site = json_object_get(item(list, "items", 1), "site");
    site = json_is_null(site) ? json_object_get(item(list, "items", 0), "site") : site;
    assert_string_equal(word(site, "file"), "server/domain/session.c");
    snprintf(path, sizeof path, "/v1/heap/objects?type=session&site=%s:%lld", word(site, "file"),
             number(site, "line"));
    json_decref(list);
    list = look(200, path);
    assert_int_equal(json_array_size(json_object_get(list, "items")), 1); // eve's is unknown
    json_decref(list);
}

#define READ_TOKEN "a-token-that-may-read-and-nothing-else"
#define DUMP_TOKEN "another-token-which-may-see-everything"

static json_t * /* new */
ask_as(long status, const char *token, const char *path)
{
    char header[100];
    snprintf(header, sizeof header, "Authorization: Bearer %s", token);
    client_add_header(&service.admin, header);
    return look(status, path);
}

static void
contents_need_the_scope_dump(void **state)
{
    char path[PATH_SIZE];
    START("shards=1", "auth.read=[\"" READ_TOKEN "\"]", "auth.dump=[\"" DUMP_TOKEN "\"]");
    make_user("ada");
    make_session("ada", "");
    json_t *list = ask_as(200, READ_TOKEN, "/v1/heap/objects?type=user");
    snprintf(path, sizeof path, "/v1/heap/objects/%s?values=true",
             word(item(list, "items", 0), "oid"));
    json_decref(list);
    json_decref(ask_as(403, READ_TOKEN, path));
    json_t *user = ask_as(200, DUMP_TOKEN, path);
    assert_string_equal(word(field(user, "fields", ".id"), "text"), "ada");
    json_decref(user);
    *strchr(path, '?') = '\0';
    user = ask_as(200, READ_TOKEN, path);
    assert_null(json_object_get(field(user, "fields", ".id"), "text"));
    assert_null(strstr(answer(), "ada"));
    json_decref(user);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(an_object_tells_what_it_is_and_holds),
        SERVICE_TEST(referents_lead_from_a_user_to_the_session_and_back),
        SERVICE_TEST(referrers_tell_who_and_where),
        SERVICE_TEST(roots_name_the_table_of_live_sessions),
        SERVICE_TEST(users_who_are_kept_and_the_map_are_roots_too),
        SERVICE_TEST(nothing_keeps_a_user_whose_sessions_have_ended),
        SERVICE_TEST(an_oid_is_gone_when_its_object_dies_and_unknown_before),
        SERVICE_TEST(sizes_tell_what_would_die_with_it),
        SERVICE_TEST(a_type_is_listed_page_by_page_over_all_shards),
        SERVICE_TEST(an_oid_stays_the_same),
        SERVICE_TEST(what_one_line_made_is_listed_while_tracing),
        SERVICE_TEST(contents_need_the_scope_dump),
    };
    return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
