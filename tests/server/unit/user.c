// SPDX-License-Identifier: MIT
//
// What a user looks like, and which ids there are.
#include "domain_fixture.h"

static tn_object * /* new */
make_alone(struct shard *s, const char *name, struct span email, int64_t version)
{
    struct user_row row = {.id = SPAN("ada"),
                           .name = span_of(name),
                           .email = email,
                           .attributes = SPAN("{\"n\":1.50}"),
                           .version = version,
                           .created_at = 1000,
                           .updated_at = 2000};
    tn_object *user = user_new(s, &row);
    assert_non_null(user);
    return user;
}

static void
expect_document(const tn_object *user, const char *expected)
{
    struct text t;
    text_init(&t);
    user_add_json(&t, user);
    assert_string_equal(t.data, expected);
    text_fini(&t);
}

static void
the_document_shows_what_is_known_and_null_for_what_is_not(void **state)
{
    struct shard *s = shard_of("ada");
    shard_take(s);
    tn_object *user = make_alone(s, "Ada \"Q\"", (struct span){0}, 3);
    expect_document(user, "{\"id\":\"ada\",\"name\":\"Ada \\\"Q\\\"\",\"email\":null,"
                          "\"attributes\":{\"n\":1.50},\"version\":3,"
                          "\"created_at\":\"1970-01-01T00:00:01.000Z\","
                          "\"updated_at\":\"1970-01-01T00:00:02.000Z\","
                          "\"sessions\":0,\"last_session\":null}");
    tn_decref(user);
    shard_give(s);
}

static void
taking_over_leaves_id_and_sessions(void **state)
{
    struct shard *s = shard_of("ada");
    struct user_row row;
    shard_take(s);
    tn_object *user = make_alone(s, "old", SPAN("a@b"), 1);
    tn_object *draft = make_alone(s, "new", (struct span){0}, 2);
    tn_value list = user_of(user)->sessions, id = user_of(user)->id;
    user_take_over(user, draft);
    tn_decref(draft);
    assert_true(tn_is(user_of(user)->sessions, list) && tn_is(user_of(user)->id, id));
    user_fill_row(user, &row);
    assert_true(span_is(row.name, "new"));
    assert_null(row.email.data);
    assert_int_equal(row.version, 2);
    assert_null(row.last_session.data);
    tn_decref(user);
    shard_give(s);
}

static void
the_tag_is_of_what_is_shown_beside_the_version(void **state)
{
    struct shard *s = shard_of("ada");
    struct user_row row = {
        .id = SPAN("ada"), .name = SPAN("Ada"), .attributes = SPAN("{}"), .version = 7};
    shard_take(s);
    tn_object *a = user_new(s, &row), *b = user_new(s, &row);
    struct etag first = user_etag(s, a);
    assert_int_equal(first.version, 7);
    assert_int_equal(user_etag(s, b).hash, first.hash);
    user_of(a)->live = 1;
    assert_int_not_equal(user_etag(s, a).hash, first.hash);
    tn_object *last = session_new_ended(s, b, SPAN("{}"));
    tn_slot_set_steal(b, USER_LAST_SESSION, tn_ref(last));
    assert_int_not_equal(user_etag(s, b).hash, first.hash);
    tn_slot_set(b, USER_LAST_SESSION, TN_ABSENT);
    tn_decref(a);
    tn_decref(b);
    shard_give(s);
}

static void
user_ids_have_their_alphabet_and_length(void **state)
{
    char longest[130];
    memset(longest, 'a', sizeof longest);
    assert_true(user_id_is_valid(SPAN("Ada.Lovelace_1815@example-org")));
    assert_true(user_id_is_valid((struct span){longest, 128}));
    assert_false(user_id_is_valid((struct span){longest, 129}));
    assert_false(user_id_is_valid(SPAN("")));
    assert_false(user_id_is_valid(SPAN("a b")));
    assert_false(user_id_is_valid(SPAN("a/b")));
    assert_false(user_id_is_valid(SPAN("a\0b")));
    assert_false(user_id_is_valid(SPAN("\xc3\xa9")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(the_document_shows_what_is_known_and_null_for_what_is_not),
        DOMAIN_TEST(taking_over_leaves_id_and_sessions),
        DOMAIN_TEST(the_tag_is_of_what_is_shown_beside_the_version),
        cmocka_unit_test(user_ids_have_their_alphabet_and_length),
    };
    return cmocka_run_group_tests_name("user", tests, NULL, NULL);
}
