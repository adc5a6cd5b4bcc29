// SPDX-License-Identifier: MIT
//
// A session that ends is refused at once; whoever ended it hears of it when the store knows.
#include "domain_fixture.h"

static void
a_revocation_works_at_once_and_is_told_when_it_is_durable(void **state)
{
    struct making m;
    struct waiter w;
    struct asking q;
    put("ada", "Ada");
    make(&m, "ada");
    pthread_mutex_lock(&fixture->gate);
    start_revoke(&w, "ada", m.create.id);
    assert_false(is_live("ada", &m));
    ask(&q, "ada");
    assert_non_null(strstr(q.document, "\"sessions\":0,\"last_session\":{"));
    wait_ms(20);
    int told;
    sem_getvalue(&w.told, &told);
    assert_int_equal(told, 0);
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(waiter_wait(&w), OUTCOME_DONE);
    assert_int_equal(rows_in_store(), 0);
}

static void
a_second_revocation_waits_for_the_row_of_the_first(void **state)
{
    struct making m;
    struct waiter a, b;
    put("ada", "Ada");
    make(&m, "ada");
    fixture->failing = true;
    pthread_mutex_lock(&fixture->gate);
    start_revoke(&a, "ada", m.create.id);
    start_revoke(&b, "ada", m.create.id);
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(waiter_wait(&a), OUTCOME_NO_STORE);
    assert_int_equal(waiter_wait(&b), OUTCOME_NO_STORE);
}

static void
revoking_what_is_not_there_is_done(void **state)
{
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    assert_int_equal(revoke("ada", m.create.id), OUTCOME_DONE);
    assert_int_equal(revoke("ada", m.create.id), OUTCOME_DONE);
    session_make_id(m.create.id, m.create.slot);
    assert_int_equal(revoke("ada", m.create.id), OUTCOME_DONE);
}

static void
a_revocation_that_the_store_did_not_keep_stays_refused_and_is_tried_again(void **state)
{
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    fixture->failing = true;
    assert_int_equal(revoke("ada", m.create.id), OUTCOME_NO_STORE);
    assert_false(is_live("ada", &m));
    fixture->failing = false;
    assert_int_equal(rows_in_store(), 1);
    assert_int_equal(revoke("ada", m.create.id), OUTCOME_DONE);
    assert_int_equal(rows_in_store(), 0);
}

static void
another_write_takes_along_what_could_not_be_kept(void **state)
{
    struct making m[2];
    struct asking before, after;
    put("ada", "Ada");
    make(&m[0], "ada");
    make(&m[1], "ada");
    fixture->failing = true;
    revoke("ada", m[0].create.id);
    revoke("ada", m[1].create.id); // the last one, whichever row goes out first
    fixture->failing = false;
    assert_int_equal(put("ada", "Ada"), OUTCOME_DONE);
    assert_int_equal(rows_in_store(), 0);
    ask(&before, "ada");
    collect();
    ask(&after, "ada");
    assert_false(after.is_hit);
    assert_string_equal(after.document, before.document);
    assert_non_null(strstr(after.document, m[1].create.id));
}

static void
a_user_stays_until_the_store_knows_their_past(void **state)
{
    struct making m;
    struct asking q;
    put("ada", "Ada");
    make(&m, "ada");
    fixture->failing = true;
    revoke("ada", m.create.id);
    collect();
    assert_int_equal(ask(&q, "ada"), OUTCOME_DONE);
    assert_true(q.is_hit);
    fixture->failing = false;
    revoke("ada", m.create.id);
    collect();
    assert_int_equal(figures().users_resident, 0);
}

static void
the_session_that_ended_last_is_shown_and_the_one_before_is_gone(void **state)
{
    struct making m[3];
    struct asking q;
    put("ada", "Ada");
    for (int i = 0; i < 3; i++)
        make(&m[i], "ada");
    revoke("ada", m[2].create.id);
    revoke("ada", m[0].create.id);
    ask(&q, "ada");
    assert_non_null(strstr(q.document, m[0].create.id));
    assert_null(strstr(q.document, m[2].create.id));
    revoke("ada", m[1].create.id);
    lanes_flush(fixture->domain->lanes);
    struct shard *s = shard_of("ada");
    tn_usage usage[16];
    shard_take(s);
    size_t n = tn_usage_get(s->heap, usage, 16);
    for (size_t i = 0; i < n; i++)
        if (strcmp(usage[i].name, "session") == 0)
            assert_int_equal(usage[i].objects, 1);
    shard_give(s);
}

static void
what_is_still_parked_at_the_end_leaks_nothing(void **state)
{
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    fixture->failing = true;
    assert_int_equal(revoke("ada", m.create.id), OUTCOME_NO_STORE);
    domain_down(); // stops at a leak
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(a_revocation_works_at_once_and_is_told_when_it_is_durable),
        DOMAIN_TEST(a_second_revocation_waits_for_the_row_of_the_first),
        DOMAIN_TEST(revoking_what_is_not_there_is_done),
        DOMAIN_TEST(a_revocation_that_the_store_did_not_keep_stays_refused_and_is_tried_again),
        DOMAIN_TEST(another_write_takes_along_what_could_not_be_kept),
        DOMAIN_TEST(a_user_stays_until_the_store_knows_their_past),
        DOMAIN_TEST(the_session_that_ended_last_is_shown_and_the_one_before_is_gone),
        DOMAIN_TEST(what_is_still_parked_at_the_end_leaks_nothing),
    };
    return cmocka_run_group_tests_name("ending", tests, NULL, NULL);
}
