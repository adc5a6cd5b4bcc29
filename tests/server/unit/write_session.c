// SPDX-License-Identifier: MIT
//
// Writes of one session follow each other; what the store did not keep never was.
#include "writes_fixture.h"

static struct making one;

static const char *
begin(void)
{
    put("ada", "Ada");
    assert_int_equal(make(&one, "ada"), OUTCOME_DONE);
    return one.create.id;
}

static void
a_write_gives_data_or_token_and_counts(void **state)
{
    struct writing w;
    const char *id = begin();
    assert_int_equal(patch(&w, "ada", id, "\"1\"", "{\"m\":2.50}"), OUTCOME_DONE);
    assert_int_equal(w.write.version, 2);
    expect_shown("ada", id, "\"data\":{\"n\":1.0,\"m\":2.50},\"client\":null,\"version\":2,");
    start_writing(&w, "ada", id, WRITE_DATA, "*", "{}");
    assert_int_equal(finish_writing(&w), OUTCOME_DONE);
    expect_shown("ada", id, "\"data\":{},\"client\":null,\"version\":3,");
    assert_int_equal(rotate(&w, "ada", id), OUTCOME_DONE);
    memcpy(one.create.token, w.write.token, sizeof one.create.token);
    assert_true(is_live("ada", &one));
    expect_shown("ada", id, "\"version\":4,");
}

static void
another_version_is_told_and_nothing_changed(void **state)
{
    struct writing w;
    const char *id = begin();
    assert_int_equal(patch(&w, "ada", id, "\"2\"", "{}"), OUTCOME_MISMATCH);
    assert_int_equal(w.write.version, 1);
    assert_int_equal(patch(&w, "ada", id, "*", "{\"1\":{\"2\":{\"3\":{\"4\":[[[[[]]]]]}}}}"),
                     OUTCOME_LARGE); // nine levels
    expect_shown("ada", id, "\"data\":{\"n\":1.0},\"client\":null,\"version\":1,");
}

static void
writes_of_one_session_follow_each_other(void **state)
{
    struct writing w[20];
    char data[20][32];
    const char *id = begin();
    pthread_mutex_lock(&fixture->gate);
    for (int i = 0; i < 20; i++) {
        snprintf(data[i], sizeof data[i], "{\"a%d\":%d}", i, i);
        start_writing(&w[i], "ada", id, WRITE_PATCH, i % 2 ? "\"5\"" : "*", data[i]);
    }
    pthread_mutex_unlock(&fixture->gate);
    for (int i = 0; i < 20; i++) // the fifth version is there for number 5 alone
        assert_int_equal(finish_writing(&w[i]), i % 2 == 0 ? OUTCOME_DONE
                                                : i == 7   ? OUTCOME_DONE
                                                           : OUTCOME_MISMATCH);
    expect_shown("ada", id, "\"a6\":6,\"a7\":7,\"a8\":8,");
    expect_shown("ada", id, "\"version\":12,");
}

static void
a_write_that_the_store_did_not_keep_never_was(void **state)
{
    struct writing w, behind;
    const char *id = begin();
    fixture->failing = true;
    pthread_mutex_lock(&fixture->gate);
    start_writing(&w, "ada", id, WRITE_TOKEN, NULL, NULL);
    start_writing(&behind, "ada", id, WRITE_PATCH, "*", "{}");
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_writing(&w), OUTCOME_NO_STORE);
    assert_int_equal(finish_writing(&behind), OUTCOME_NO_STORE);
    fixture->failing = false;
    assert_true(is_live("ada", &one));
    expect_shown("ada", id, "\"version\":1,");
    assert_int_equal(patch(&w, "ada", id, "\"1\"", "{}"), OUTCOME_DONE);
}

static void
a_session_that_ends_meanwhile_is_not_written(void **state)
{
    struct writing w, behind;
    struct waiter end;
    const char *id = begin();
    pthread_mutex_lock(&fixture->gate);
    start_writing(&w, "ada", id, WRITE_TOKEN, NULL, NULL);
    start_writing(&behind, "ada", id, WRITE_PATCH, "*", "{}");
    start_revoke(&end, "ada", id);
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_writing(&w), OUTCOME_ENDED);
    assert_int_equal(finish_writing(&behind), OUTCOME_ENDED);
    assert_int_equal(waiter_wait(&end), OUTCOME_DONE);
    assert_false(is_live("ada", &one));
    assert_int_equal(rows_in_store(), 0);
    collect();
    assert_int_equal(figures().users_resident, 0);
}

static void
a_touch_while_a_write_is_on_its_way_stays(void **state)
{
    struct writing w;
    const char *id = begin();
    struct shard *s = shard_of("ada");
    pthread_mutex_lock(&fixture->gate);
    start_writing(&w, "ada", id, WRITE_DATA, "*", "{\"longer\":\"than before\"}");
    shard_take(s);
    tn_object *session = index_borrow(&s->sessions, id);
    touch_session(s, session, INT64_C(4102444800000)); // 2100
    shard_give(s);
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_writing(&w), OUTCOME_DONE);
    expect_shown("ada", id, "\"last_seen_at\":\"2100-01-01T00:00:00.000Z\"");
    expect_shown("ada", id, "{\"longer\":\"than before\"}");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(a_write_gives_data_or_token_and_counts),
        DOMAIN_TEST(another_version_is_told_and_nothing_changed),
        DOMAIN_TEST(writes_of_one_session_follow_each_other),
        DOMAIN_TEST(a_write_that_the_store_did_not_keep_never_was),
        DOMAIN_TEST(a_session_that_ends_meanwhile_is_not_written),
        DOMAIN_TEST(a_touch_while_a_write_is_on_its_way_stays),
    };
    return cmocka_run_group_tests_name("write_session", tests, NULL, NULL);
}
