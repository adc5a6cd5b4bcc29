// SPDX-License-Identifier: MIT
//
// What a session looks like: its id and token, its document while it lives, and what is left of it.
#include "domain_fixture.h"

static const char ID[] = "s_12abAAAAAAAAAAAAAAAAAAAAAA";

static struct session_row
row(void)
{
    return (struct session_row){.k = 7,
                                .id = SPAN("s_12abAAAAAAAAAAAAAAAAAAAAAA"),
                                .user_id = SPAN("ada"),
                                .data = SPAN("{\"n\":1.50}"),
                                .client = SPAN("{\"ip\":\"::1\"}"),
                                .token_hash = {1, 2, 3},
                                .version = 4,
                                .created_at = 1000,
                                .last_seen_at = 2000,
                                .idle_ttl = 3000,
                                .idle_expires_at = 5000,
                                .expires_at = 6000};
}

// Of no table and no list: dropped by the test.
static tn_object * /* new */
make_alone(struct shard *s, const struct session_row *r)
{
    struct user_row user = {.id = SPAN("ada"), .name = SPAN("Ada"), .attributes = SPAN("{}")};
    tn_object *owner = user_new(s, &user);
    tn_object *session = session_new(s, owner, r);
    assert_non_null(session);
    tn_decref(owner);
    return session;
}

static void
expect_text(const tn_object *session, const char *expected)
{
    struct span text = session_text(session);
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.data, expected, text.len);
}

static void
the_document_ends_with_the_three_times_that_move(void **state)
{
    struct shard *s = shard_of("ada");
    struct session_row r = row();
    shard_take(s);
    tn_object *session = make_alone(s, &r);
    expect_text(session, "{\"id\":\"s_12abAAAAAAAAAAAAAAAAAAAAAA\",\"user_id\":\"ada\","
                         "\"data\":{\"n\":1.50},\"client\":{\"ip\":\"::1\"},\"version\":4,"
                         "\"created_at\":\"1970-01-01T00:00:01.000Z\","
                         "\"last_seen_at\":\"1970-01-01T00:00:02.000Z\","
                         "\"idle_expires_at\":\"1970-01-01T00:00:05.000Z\","
                         "\"expires_at\":\"1970-01-01T00:00:06.000Z\"}");
    tn_decref(session);
    shard_give(s);
}

static void
the_row_of_a_session_is_the_row_that_it_was_made_from(void **state)
{
    struct shard *s = shard_of("ada");
    struct session_row r = row(), filled;
    shard_take(s);
    for (int with_client = 0; with_client < 2; with_client++) {
        if (!with_client)
            r.client = (struct span){0};
        tn_object *session = make_alone(s, &r);
        session_fill_row(session, &filled);
        assert_true(span_equal(filled.id, r.id) && span_equal(filled.user_id, r.user_id));
        assert_true(span_equal(filled.data, r.data) && span_equal(filled.client, r.client));
        assert_memory_equal(filled.token_hash, r.token_hash, TOKEN_HASH_SIZE);
        assert_memory_equal(&filled.version, &r.version, 6 * sizeof(int64_t));
        assert_int_equal(filled.k, r.k);
        tn_decref(session);
        r = row();
    }
    shard_give(s);
}

static void
what_is_left_of_a_session_says_when_and_why_it_ended(void **state)
{
    struct shard *s = shard_of("ada");
    struct session_row r = row();
    static const uint8_t none[TOKEN_HASH_SIZE];
    uint32_t len;
    shard_take(s);
    tn_object *session = make_alone(s, &r);
    char *text = session_make_ended_text(s, session, END_EVICTED, 3000, &len);
    assert_non_null(text);
    session_end(s, session, text, len);
    expect_text(session, "{\"id\":\"s_12abAAAAAAAAAAAAAAAAAAAAAA\",\"client\":{\"ip\":\"::1\"},"
                         "\"created_at\":\"1970-01-01T00:00:01.000Z\","
                         "\"last_seen_at\":\"1970-01-01T00:00:02.000Z\","
                         "\"ended_at\":\"1970-01-01T00:00:03.000Z\",\"reason\":\"evicted\"}");
    assert_memory_equal(session_of(session)->token_hash, none, sizeof none);
    tn_decref(session);
    shard_give(s);
}

static void
a_session_expires_at_the_earlier_of_two_times(void **state)
{
    struct shard *s = shard_of("ada");
    struct session_row r = row();
    enum end_reason reason;
    shard_take(s);
    tn_object *session = make_alone(s, &r);
    assert_int_equal(session_expiry(session, &reason), 5000);
    assert_int_equal(reason, END_EXPIRED_IDLE);
    session_of(session)->idle_expires_at = 6000;
    assert_int_equal(session_expiry(session, &reason), 6000);
    assert_int_equal(reason, END_EXPIRED_ABSOLUTE);
    tn_decref(session);
    shard_give(s);
}

static void
a_touch_rewrites_two_times_in_place(void **state)
{
    struct shard *s = shard_of("ada");
    struct session_row r = row();
    shard_take(s);
    tn_object *session = make_alone(s, &r);
    const char *text = session_text(session).data;
    struct etag before = session_etag(s, session);
    assert_false(session_touch(session, 2000)); // it was seen then
    assert_true(session_touch(session, 2500));
    assert_ptr_equal(session_text(session).data, text);
    expect_text(session, "{\"id\":\"s_12abAAAAAAAAAAAAAAAAAAAAAA\",\"user_id\":\"ada\","
                         "\"data\":{\"n\":1.50},\"client\":{\"ip\":\"::1\"},\"version\":4,"
                         "\"created_at\":\"1970-01-01T00:00:01.000Z\","
                         "\"last_seen_at\":\"1970-01-01T00:00:02.500Z\","
                         "\"idle_expires_at\":\"1970-01-01T00:00:05.500Z\","
                         "\"expires_at\":\"1970-01-01T00:00:06.000Z\"}");
    struct etag after = session_etag(s, session);
    assert_int_equal(after.version, before.version);
    assert_int_not_equal(after.hash, before.hash);
    assert_true(session_touch(session, 4000)); // 7000 would be past its age
    assert_int_equal(session_of(session)->idle_expires_at, 6000);
    tn_decref(session);
    shard_give(s);
}

static void
a_draft_gives_data_token_and_version_but_no_times(void **state)
{
    struct shard *s = shard_of("ada");
    struct session_row r = row(), drafted = row(), filled;
    drafted.data = SPAN("{\"another\":\"length\"}");
    drafted.version = 10;
    drafted.token_hash[0] = 9;
    shard_take(s);
    tn_object *session = make_alone(s, &r), *draft = make_alone(s, &drafted);
    session_touch(session, 2500);
    session_take_over(session, draft);
    tn_decref(draft);
    expect_text(session, "{\"id\":\"s_12abAAAAAAAAAAAAAAAAAAAAAA\",\"user_id\":\"ada\","
                         "\"data\":{\"another\":\"length\"},\"client\":{\"ip\":\"::1\"},"
                         "\"version\":10,\"created_at\":\"1970-01-01T00:00:01.000Z\","
                         "\"last_seen_at\":\"1970-01-01T00:00:02.500Z\","
                         "\"idle_expires_at\":\"1970-01-01T00:00:05.500Z\","
                         "\"expires_at\":\"1970-01-01T00:00:06.000Z\"}");
    session_fill_row(session, &filled);
    assert_true(span_equal(filled.data, drafted.data) && span_equal(filled.client, r.client));
    assert_int_equal(filled.token_hash[0], 9);
    tn_decref(session);
    shard_give(s);
}

// --- Ids and tokens ----------------------------------------------------------------------------

static void
ids_and_tokens_carry_their_slot_and_differ(void **state)
{
    char a[SESSION_ID_LEN + 1], b[SESSION_ID_LEN + 1], t[TOKEN_LEN + 1], u[TOKEN_LEN + 1];
    uint16_t slot;
    session_make_id(a, 0x12ab);
    session_make_id(b, 0x12ab);
    session_make_token(t, 0xf00d);
    session_make_token(u, 0xf00d);
    assert_int_equal(strlen(a), 28);
    assert_int_equal(strlen(t), 51);
    assert_string_not_equal(a, b);
    assert_string_not_equal(t, u);
    assert_memory_equal(a, "s_12ab", 6);
    assert_memory_equal(t, "tn1_f00d", 8);
    assert_true(session_read_id(span_of(a), &slot));
    assert_int_equal(slot, 0x12ab);
    assert_true(session_read_token(span_of(t), &slot));
    assert_int_equal(slot, 0xf00d);
}

static void
what_cannot_be_an_id_or_a_token_is_told_at_once(void **state)
{
    char id[sizeof ID];
    uint16_t slot;
    assert_true(session_read_id(span_of(ID), &slot));
    assert_false(session_read_id((struct span){ID, sizeof ID - 2}, &slot));
    assert_false(session_read_id((struct span){ID, sizeof ID}, &slot));
    assert_false(session_read_id((struct span){0}, &slot));
    for (size_t at = 0; at < 6; at++) { // the prefix and the digits of the slot
        memcpy(id, ID, sizeof ID);
        id[at] = 'G';
        assert_false(session_read_id(span_of(id), &slot));
        id[at] = '\0';
        assert_false(session_read_id((struct span){id, sizeof ID - 1}, &slot));
    }
    assert_false(session_read_token(span_of(ID), &slot));
    assert_false(session_read_token(SPAN("tn1_"), &slot));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(the_document_ends_with_the_three_times_that_move),
        DOMAIN_TEST(the_row_of_a_session_is_the_row_that_it_was_made_from),
        DOMAIN_TEST(what_is_left_of_a_session_says_when_and_why_it_ended),
        DOMAIN_TEST(a_session_expires_at_the_earlier_of_two_times),
        DOMAIN_TEST(a_touch_rewrites_two_times_in_place),
        DOMAIN_TEST(a_draft_gives_data_token_and_version_but_no_times),
        cmocka_unit_test(ids_and_tokens_carry_their_slot_and_differ),
        cmocka_unit_test(what_cannot_be_an_id_or_a_token_is_told_at_once),
    };
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
