// SPDX-License-Identifier: MIT
//
// A revocation answers once, when the store knows of everything that ended.
#include "writes_fixture.h"

static bool
is_told(struct revoking *v)
{
    int value;
    sem_getvalue(&v->told, &value);
    return value > 0;
}

static void
sessions_are_refused_at_once_and_the_answer_waits_for_the_store(void **state)
{
    struct making m[2];
    struct revoking v;
    put("ada", "Ada");
    make(&m[0], "ada");
    make(&m[1], "ada");
    pthread_mutex_lock(&fixture->gate);
    start_revoking(&v, "ada", NULL);
    assert_false(is_live("ada", &m[0]));
    assert_false(is_live("ada", &m[1]));
    wait_ms(20);
    assert_false(is_told(&v));
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_revoking(&v), OUTCOME_DONE);
    assert_int_equal(v.revocation.revoked, 2);
    assert_int_equal(rows_in_store(), 0);
}

// Whose row was not kept the first time is not "nothing left to do" the second time.
static void
a_second_call_waits_for_what_the_first_one_could_not_store(void **state)
{
    struct making m;
    struct revoking v;
    put("ada", "Ada");
    make(&m, "ada");
    fixture->failing = true;
    start_revoking(&v, "ada", NULL);
    assert_int_equal(finish_revoking(&v), OUTCOME_NO_STORE);
    assert_false(is_live("ada", &m));
    start_revoking(&v, "ada", NULL);
    assert_int_equal(finish_revoking(&v), OUTCOME_NO_STORE);
    fixture->failing = false;
    start_revoking(&v, NULL, NULL);
    assert_int_equal(finish_revoking(&v), OUTCOME_DONE);
    assert_int_equal(v.revocation.revoked, 0);
    assert_int_equal(rows_in_store(), 0);
}

static void
more_sessions_than_a_step_takes_end_in_several(void **state)
{
    enum { MANY = REVOCATION_STEP * 2 + 7 };
    struct making m;
    struct revoking v;
    fixture->config.sessions_per_user = MANY;
    put("ada", "Ada");
    for (int i = 0; i < MANY; i++)
        assert_int_equal(make(&m, "ada"), OUTCOME_DONE);
    start_revoking(&v, "ada", m.create.id);
    assert_int_equal(finish_revoking(&v), OUTCOME_DONE);
    assert_int_equal(v.revocation.revoked, MANY - 1);
    assert_true(is_live("ada", &m));
    start_revoking(&v, NULL, NULL);
    assert_int_equal(finish_revoking(&v), OUTCOME_DONE);
    assert_int_equal(v.revocation.revoked, 1);
    assert_int_equal(figures().sessions_live, 0);
}

static void
a_session_that_is_created_later_stays(void **state)
{
    struct making before, after;
    struct revoking v;
    put("ada", "Ada");
    make(&before, "ada");
    pthread_mutex_lock(&fixture->gate);
    start_revoking(&v, NULL, NULL);
    start_making(&after, "ada", 1800000, 86400000);
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_revoking(&v), OUTCOME_DONE);
    assert_int_equal(finish_making(&after), OUTCOME_DONE);
    assert_int_equal(v.revocation.revoked, 1);
    assert_true(is_live("ada", &after));
}

static void
a_revocation_of_nobody_is_answered_at_once(void **state)
{
    struct revoking v;
    start_revoking(&v, "nobody", NULL);
    assert_true(is_told(&v));
    assert_int_equal(finish_revoking(&v), OUTCOME_DONE);
    assert_int_equal(v.revocation.revoked, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(sessions_are_refused_at_once_and_the_answer_waits_for_the_store),
        DOMAIN_TEST(a_second_call_waits_for_what_the_first_one_could_not_store),
        DOMAIN_TEST(more_sessions_than_a_step_takes_end_in_several),
        DOMAIN_TEST(a_session_that_is_created_later_stays),
        DOMAIN_TEST(a_revocation_of_nobody_is_answered_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
