// SPDX-License-Identifier: MIT
//
// The end of a user, beside everything that may be on its way then.
#include "writes_fixture.h"

static void
expect_nobody(const char *id)
{
    struct asking q;
    assert_int_equal(ask(&q, id), OUTCOME_ABSENT);
    assert_int_equal(figures().users_resident, 0); // without a collection
    assert_int_equal(figures().sessions_live, 0);
    assert_int_equal(rows_in_store(), 0);
}

static void
a_user_goes_with_their_sessions_and_their_past(void **state)
{
    struct making a, b;
    put("ada", "Ada");
    make(&a, "ada");
    make(&b, "ada");
    revoke("ada", a.create.id);
    assert_int_equal(delete ("ada"), OUTCOME_DONE);
    expect_nobody("ada");
    assert_false(is_live("ada", &b));
    assert_int_equal(delete ("ada"), OUTCOME_DONE); // nobody is there
}

static void
sessions_are_refused_before_the_row_is_durable(void **state)
{
    struct making a;
    struct deleting d;
    put("ada", "Ada");
    make(&a, "ada");
    pthread_mutex_lock(&fixture->gate);
    start_deleting(&d, "ada");
    assert_false(is_live("ada", &a));
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_deleting(&d), OUTCOME_DONE);
    expect_nobody("ada");
}

static void
a_session_on_its_way_ends_with_its_user_and_a_later_one_finds_none(void **state)
{
    struct making before, after;
    struct deleting d;
    struct making keeps; // resident, so that the first session does not wait for a load
    put("ada", "Ada");
    make(&keeps, "ada");
    pthread_mutex_lock(&fixture->gate);
    start_making(&before, "ada", 60000, 60000);
    start_deleting(&d, "ada");
    start_making(&after, "ada", 60000, 60000);
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_making(&before), OUTCOME_DONE);
    assert_int_equal(finish_making(&after), OUTCOME_ABSENT);
    assert_int_equal(finish_deleting(&d), OUTCOME_DONE);
    assert_false(is_live("ada", &before));
    expect_nobody("ada");
}

static void
a_put_behind_a_deletion_makes_somebody_new(void **state)
{
    struct making a;
    struct deleting d;
    struct putting p;
    put("ada", "Ada");
    make(&a, "ada");
    pthread_mutex_lock(&fixture->gate);
    start_deleting(&d, "ada");
    start_put(&p, "ada", "Second");
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_deleting(&d), OUTCOME_DONE);
    assert_int_equal(finish_put(&p), OUTCOME_DONE);
    assert_true(p.put.is_new);
    assert_false(is_live("ada", &a));
    assert_int_equal(rows_in_store(), 0);
}

static void
a_deletion_that_the_store_did_not_keep_has_ended_the_sessions(void **state)
{
    struct making a, b;
    struct asking q;
    put("ada", "Ada");
    make(&a, "ada");
    fixture->failing = true;
    assert_int_equal(delete ("ada"), OUTCOME_NO_STORE);
    assert_false(is_live("ada", &a));
    fixture->failing = false;
    assert_int_equal(ask(&q, "ada"), OUTCOME_DONE);
    assert_int_equal(make(&b, "ada"), OUTCOME_DONE); // they stay, and the ending goes out with it
    assert_int_equal(rows_in_store(), 1);
    assert_int_equal(delete ("ada"), OUTCOME_DONE);
    expect_nobody("ada");
}

// The endings failed, the deletion did not: the row names their sessions, and they are not tried
// again, which would give their past to whoever has the id next.
static void
endings_that_were_not_kept_go_with_the_user(void **state)
{
    struct making a, b;
    struct asking q;
    put("ada", "Ada");
    make(&a, "ada");
    make(&b, "ada");
    fixture->failing = true;
    assert_int_equal(revoke("ada", a.create.id), OUTCOME_NO_STORE);
    fixture->failing = false;
    assert_int_equal(delete ("ada"), OUTCOME_DONE);
    expect_nobody("ada");
    assert_null(shard_of("ada")->parked);
    put("ada", "Second");
    ask(&q, "ada");
    assert_non_null(strstr(q.document, "\"sessions\":0,\"last_session\":null}"));
}

static void
a_write_on_its_way_finds_no_session(void **state)
{
    struct making a;
    struct writing w;
    struct deleting d;
    put("ada", "Ada");
    make(&a, "ada");
    pthread_mutex_lock(&fixture->gate);
    start_writing(&w, "ada", a.create.id, WRITE_TOKEN, NULL, NULL);
    start_deleting(&d, "ada");
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_writing(&w), OUTCOME_ENDED);
    assert_int_equal(finish_deleting(&d), OUTCOME_DONE);
    expect_nobody("ada");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(a_user_goes_with_their_sessions_and_their_past),
        DOMAIN_TEST(sessions_are_refused_before_the_row_is_durable),
        DOMAIN_TEST(a_session_on_its_way_ends_with_its_user_and_a_later_one_finds_none),
        DOMAIN_TEST(a_put_behind_a_deletion_makes_somebody_new),
        DOMAIN_TEST(a_deletion_that_the_store_did_not_keep_has_ended_the_sessions),
        DOMAIN_TEST(endings_that_were_not_kept_go_with_the_user),
        DOMAIN_TEST(a_write_on_its_way_finds_no_session),
    };
    return cmocka_run_group_tests_name("delete_user", tests, NULL, NULL);
}
