// SPDX-License-Identifier: MIT
//
// Both tables and the user's list say the same, also while sessions are on their way to the store.
#include "domain_fixture.h"

static tn_object *user;

static tn_object * /* borrowed */
session_with(struct shard *s, int64_t k)
{
    char id[SESSION_ID_LEN + 1];
    session_make_id(id, 1);
    struct session_row row = {.k = k,
                              .id = span_of(id),
                              .user_id = SPAN("ada"),
                              .data = SPAN("{}"),
                              .token_hash = {(uint8_t)k},
                              .idle_expires_at = 1000 - k,
                              .expires_at = 2000};
    tn_object *session = session_new(s, user, &row);
    assert_non_null(session);
    live_join(s, session);
    tn_decref(session); // the table has it
    return session;
}

static struct shard *
begin(void)
{
    struct shard *s = shard_of("ada");
    struct user_row row = {.id = SPAN("ada"), .name = SPAN("Ada"), .attributes = SPAN("{}")};
    shard_take(s);
    user = user_new(s, &row);
    assert_non_null(user);
    return s;
}

static void
leave(struct shard *s, tn_object *session)
{
    struct session x = *session_of(session);
    tn_decref(live_leave(s, session));
    assert_null(index_borrow(&s->sessions, x.id));
    assert_null(index_borrow(&s->tokens, x.token_hash));
}

static void
a_reserved_place_keeps_its_order_and_shows_nothing(void **state)
{
    struct shard *s = begin();
    assert_true(live_reserve(s, user, 1) && live_reserve(s, user, 2) && live_reserve(s, user, 3));
    assert_null(live_oldest(user));
    tn_object *third = session_with(s, 3);
    assert_int_equal(live_count(user), 3);
    assert_int_equal(user_of(user)->live, 1);
    assert_ptr_equal(live_oldest(user), third);
    tn_object *first = session_with(s, 1);
    assert_ptr_equal(live_oldest(user), first);
    assert_ptr_equal(live_item(user, 0), first);
    assert_null(live_item(user, 1));
    assert_ptr_equal(live_item(user, 2), third);
    live_release(s, user, 2);
    assert_int_equal(live_count(user), 2);
    leave(s, first);
    leave(s, third);
    assert_int_equal(live_count(user), 0);
    assert_int_equal(user_of(user)->live, 0);
    TN_CLEAR(user);
    shard_give(s);
}

static void
joining_finds_by_id_and_token_and_notes_the_first_expiry(void **state)
{
    struct shard *s = begin();
    for (int64_t k = 1; k <= 20; k++) {
        assert_true(live_reserve(s, user, k));
        tn_object *session = session_with(s, k);
        const struct session *x = session_of(session);
        assert_ptr_equal(index_borrow(&s->sessions, x->id), session);
        assert_ptr_equal(index_borrow(&s->tokens, x->token_hash), session);
        assert_int_equal(user_of(user)->next_expiry, 1000 - k);
    }
    assert_int_equal(s->sessions.count, 20);
    assert_int_equal(s->sessions.reserved + s->tokens.reserved, 0);
    while (live_oldest(user))
        leave(s, live_oldest(user));
    assert_int_equal(s->sessions.count + s->tokens.count, 0);
    TN_CLEAR(user);
    shard_give(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(a_reserved_place_keeps_its_order_and_shows_nothing),
        DOMAIN_TEST(joining_finds_by_id_and_token_and_notes_the_first_expiry),
    };
    return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
