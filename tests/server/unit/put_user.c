// SPDX-License-Identifier: MIT
//
// A user is what the last durable put said, whoever asks meanwhile.
#include "domain_fixture.h"

static void
the_version_counts_changes_and_the_creation_stays(void **state)
{
    struct putting p;
    struct asking a, b;
    start_put(&p, "ada", "Ada");
    assert_int_equal(finish_put(&p), OUTCOME_DONE);
    assert_true(p.put.is_new);
    ask(&a, "ada");
    start_put(&p, "ada", "Countess");
    assert_int_equal(finish_put(&p), OUTCOME_DONE);
    assert_false(p.put.is_new);
    ask(&b, "ada");
    assert_non_null(strstr(a.document, "\"name\":\"Ada\",\"email\":null"));
    assert_non_null(strstr(a.document, "\"version\":1"));
    assert_non_null(strstr(b.document, "\"name\":\"Countess\""));
    assert_non_null(strstr(b.document, "\"version\":2"));
    char *created = strstr(a.document, "\"created_at\":");
    assert_memory_equal(strstr(b.document, "\"created_at\":"), created, 39);
}

static void
a_put_keeps_sessions_and_last_session(void **state)
{
    struct asking q;
    struct making ended, live;
    put("ada", "Ada");
    make(&ended, "ada");
    make(&live, "ada");
    revoke("ada", ended.create.id);
    assert_int_equal(put("ada", "Countess"), OUTCOME_DONE);
    ask(&q, "ada");
    assert_true(q.is_hit);
    assert_non_null(strstr(q.document, "\"name\":\"Countess\""));
    assert_non_null(strstr(q.document, "\"sessions\":1"));
    assert_non_null(strstr(q.document, ended.create.id));
    revoke("ada", live.create.id);
    collect();
    assert_int_equal(put("ada", "Third"), OUTCOME_DONE); // not resident
    ask(&q, "ada");
    assert_non_null(strstr(q.document, "\"version\":3"));
    assert_non_null(strstr(q.document, live.create.id));
}

static void
a_put_that_must_create_leaves_an_existing_user_alone(void **state)
{
    struct putting p;
    struct asking q;
    put("ada", "Ada");
    p = (struct putting){.put = {.answer = {.tell = putting_tell},
                                 .shard = shard_of("ada"),
                                 .id = SPAN("ada"),
                                 .name = SPAN("Other"),
                                 .attributes = SPAN("{}"),
                                 .must_create = true}};
    sem_init(&p.told, 0, 0);
    put_user_start(&p.put);
    assert_int_equal(finish_put(&p), OUTCOME_EXISTS);
    ask(&q, "ada");
    assert_non_null(strstr(q.document, "\"version\":1"));
}

static void
a_put_while_a_load_is_under_way_is_not_undone_by_it(void **state)
{
    struct asking before, after;
    struct putting p;
    put("ada", "old");
    pthread_mutex_lock(&fixture->gate);
    start_asking(&before, "ada");
    start_put(&p, "ada", "new");
    start_asking(&after, "ada");
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_asking(&before), OUTCOME_DONE);
    assert_int_equal(finish_put(&p), OUTCOME_DONE);
    assert_int_equal(finish_asking(&after), OUTCOME_DONE);
    assert_non_null(strstr(before.document, "\"name\":\"old\""));
    assert_non_null(strstr(after.document, "\"name\":\"new\""));
}

static void
puts_of_one_user_follow_each_other(void **state)
{
    struct putting puts[20];
    struct asking q;
    char names[20][24];
    pthread_mutex_lock(&fixture->gate);
    for (int i = 0; i < 20; i++) {
        snprintf(names[i], sizeof names[i], "name-%d", i);
        start_put(&puts[i], "ada", names[i]);
    }
    pthread_mutex_unlock(&fixture->gate);
    for (int i = 0; i < 20; i++)
        assert_int_equal(finish_put(&puts[i]), OUTCOME_DONE);
    ask(&q, "ada");
    assert_non_null(strstr(q.document, "\"name\":\"name-19\""));
    assert_non_null(strstr(q.document, "\"version\":20"));
}

static void
a_put_that_the_store_did_not_keep_never_was(void **state)
{
    struct asking q;
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    fixture->failing = true;
    assert_int_equal(put("ada", "lost"), OUTCOME_NO_STORE);
    assert_int_equal(put("eve", "Eve"), OUTCOME_NO_STORE);
    ask(&q, "ada"); // resident, so it is shown without the store
    assert_non_null(strstr(q.document, "\"name\":\"Ada\""));
    fixture->failing = false;
    assert_int_equal(ask(&q, "eve"), OUTCOME_ABSENT);
    assert_int_equal(put("ada", "kept"), OUTCOME_DONE);
    ask(&q, "ada");
    assert_non_null(strstr(q.document, "\"version\":2"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(the_version_counts_changes_and_the_creation_stays),
        DOMAIN_TEST(a_put_keeps_sessions_and_last_session),
        DOMAIN_TEST(a_put_that_must_create_leaves_an_existing_user_alone),
        DOMAIN_TEST(a_put_while_a_load_is_under_way_is_not_undone_by_it),
        DOMAIN_TEST(puts_of_one_user_follow_each_other),
        DOMAIN_TEST(a_put_that_the_store_did_not_keep_never_was),
    };
    return cmocka_run_group_tests_name("put_user", tests, NULL, NULL);
}
