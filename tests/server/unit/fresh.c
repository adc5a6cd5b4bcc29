// SPDX-License-Identifier: MIT
//
// What memory has is given out while it is known to be true, and no longer.
#include "shared_fixture.h"

static void
who_is_not_shared_is_always_fresh(void **state)
{
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    notice("ada", 'u', SPAN("ada"));
    assert_true(is_fresh("ada"));
}

// Nobody can say that nothing changed, so it is true as of its own time only.
static void
what_was_read_is_fresh_for_the_bound_while_nothing_is_heard(void **state)
{
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    assert_int_equal(recall_by("ada", RECALL_USER, SPAN("ada")), OUTCOME_DONE);
    assert_true(is_fresh("ada"));
    assert_false(must_recall("ada", RECALL_SESSION, id_of(&m)));
    wait_ms(SHARED_BOUND_MS + 20);
    assert_false(is_fresh("ada"));
    assert_true(must_recall("ada", RECALL_SESSION, id_of(&m)));
    assert_true(must_recall("ada", RECALL_TOKEN, hash_of(&m)));
}

static void
a_notice_of_a_user_spoils_that_user_alone(void **state)
{
    struct making a, b;
    put("ada", "Ada");
    put("bob", "Bob");
    make(&a, "ada");
    make(&b, "bob");
    assert_int_equal(recall_by("ada", RECALL_USER, SPAN("ada")), OUTCOME_DONE);
    assert_int_equal(recall_by("bob", RECALL_USER, SPAN("bob")), OUTCOME_DONE);
    notice("ada", 'u', SPAN("ada"));
    assert_false(is_fresh("ada"));
    assert_true(is_fresh("bob"));
}

static void
a_notice_of_a_session_spoils_its_user(void **state)
{
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    recall_by("ada", RECALL_USER, SPAN("ada"));
    notice("ada", 's', SPAN("s_0000AAAAAAAAAAAAAAAAAAAAAA"));
    assert_true(is_fresh("ada"));
    notice("ada", 's', id_of(&m));
    assert_false(is_fresh("ada"));
}

static void
a_notice_that_is_none_of_ours_harms_nobody(void **state)
{
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    recall_by("ada", RECALL_USER, SPAN("ada"));
    notice("ada", 's', SPAN("s_"));
    notice("ada", 's', SPAN(""));
    notice("ada", 'u', SPAN("no user \" id"));
    notice("ada", 'x', SPAN("ada"));
    assert_true(is_fresh("ada"));
}

static void
everybody_s_end_spoils_whoever_was_read_before_it(void **state)
{
    struct making a, b;
    put("ada", "Ada");
    put("bob", "Bob");
    make(&a, "ada");
    make(&b, "bob");
    recall_by("ada", RECALL_USER, SPAN("ada"));
    recall_by("bob", RECALL_USER, SPAN("bob"));
    domain_spoil_all(fixture->domain);
    assert_false(is_fresh("ada"));
    assert_false(is_fresh("bob"));
    recall_by("ada", RECALL_USER, SPAN("ada"));
    assert_true(is_fresh("ada"));
    assert_false(is_fresh("bob"));
}

static void
a_change_counts_in_its_slot_and_anything_in_all(void **state)
{
    struct shard *s = shard_of("ada");
    uint16_t slot = domain_slot_of_user(fixture->domain, SPAN("ada")), other = slot ^ 1;
    uint64_t of_slot = fresh_count(s, slot), of_other = fresh_count(s, other);
    notice("ada", 'u', SPAN("ada"));
    assert_int_equal(fresh_count(s, slot), of_slot + 1);
    assert_int_equal(fresh_count(s, other), of_other);
    shard_take(s);
    fresh_note_anything(s);
    shard_give(s);
    assert_int_equal(fresh_count(s, slot), of_slot + 2);
    assert_int_equal(fresh_count(s, other), of_other + 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(who_is_not_shared_is_always_fresh),
        SHARED_TEST(what_was_read_is_fresh_for_the_bound_while_nothing_is_heard),
        SHARED_TEST(a_notice_of_a_user_spoils_that_user_alone),
        SHARED_TEST(a_notice_of_a_session_spoils_its_user),
        SHARED_TEST(a_notice_that_is_none_of_ours_harms_nobody),
        SHARED_TEST(everybody_s_end_spoils_whoever_was_read_before_it),
        SHARED_TEST(a_change_counts_in_its_slot_and_anything_in_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
