// SPDX-License-Identifier: MIT
//
// A session answers when its row is durable, and not before; and a user has no more than they may.
#include "domain_fixture.h"

static void
a_session_answers_only_when_its_row_is_durable(void **state)
{
    struct making m;
    struct asking q;
    put("ada", "Ada");
    struct making first;
    make(&first, "ada"); // keeps the user resident
    pthread_mutex_lock(&fixture->gate);
    start_making(&m, "ada", 60000, 60000);
    assert_false(is_live("ada", &m));
    ask(&q, "ada");
    assert_non_null(strstr(q.document, "\"sessions\":1"));
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_making(&m), OUTCOME_DONE);
    assert_true(is_live("ada", &m));
    assert_int_equal(m.create.slot, domain_slot_of_user(fixture->domain, SPAN("ada")));
    ask(&q, "ada");
    assert_non_null(strstr(q.document, "\"sessions\":2"));
}

static void
a_session_of_nobody_is_refused(void **state)
{
    struct making m;
    assert_int_equal(make(&m, "nobody"), OUTCOME_ABSENT);
    assert_int_equal(rows_in_store(), 0);
}

static void
a_session_that_the_store_did_not_keep_never_was(void **state)
{
    struct making m, other;
    struct asking q;
    put("ada", "Ada");
    make(&other, "ada");
    fixture->failing = true;
    assert_int_equal(make(&m, "ada"), OUTCOME_NO_STORE);
    fixture->failing = false;
    assert_false(is_live("ada", &m));
    ask(&q, "ada");
    assert_non_null(strstr(q.document, "\"sessions\":1"));
    struct shard *s = shard_of("ada");
    assert_int_equal(s->sessions.reserved + s->tokens.reserved, 0);
    assert_int_equal(make(&m, "ada"), OUTCOME_DONE);
    assert_int_equal(rows_in_store(), 2);
}

static void
the_oldest_makes_place_and_is_named(void **state)
{
    struct making m[4];
    struct asking q;
    fixture->config.sessions_per_user = 3;
    put("ada", "Ada");
    for (int i = 0; i < 4; i++)
        assert_int_equal(make(&m[i], "ada"), OUTCOME_DONE);
    assert_string_equal(m[2].evicted, "");
    assert_string_equal(m[3].evicted, m[0].create.id);
    assert_false(is_live("ada", &m[0]));
    for (int i = 1; i < 4; i++)
        assert_true(is_live("ada", &m[i]));
    ask(&q, "ada");
    assert_non_null(strstr(q.document, "\"sessions\":3"));
    assert_non_null(strstr(q.document, "\"reason\":\"evicted\""));
    assert_int_equal(figures().counters.sessions_ended[END_EVICTED], 1);
    assert_int_equal(rows_in_store(), 3);
}

static void
a_crowd_never_exceeds_the_limit(void **state)
{
    static struct making m[30];
    fixture->config.sessions_per_user = 5;
    put("ada", "Ada");
    pthread_mutex_lock(&fixture->gate);
    for (int i = 0; i < 30; i++)
        start_making(&m[i], "ada", 60000, 60000);
    pthread_mutex_unlock(&fixture->gate);
    for (int i = 0; i < 30; i++)
        assert_int_equal(finish_making(&m[i]), OUTCOME_DONE);
    for (int i = 0; i < 30; i++)
        assert_int_equal(is_live("ada", &m[i]), i >= 25);
    assert_int_equal(rows_in_store(), 5);
}

static void
a_lowered_limit_takes_as_many_as_needed(void **state)
{
    struct making m[6];
    put("ada", "Ada");
    for (int i = 0; i < 5; i++)
        make(&m[i], "ada");
    fixture->config.sessions_per_user = 2;
    assert_int_equal(make(&m[5], "ada"), OUTCOME_DONE);
    for (int i = 0; i < 6; i++)
        assert_int_equal(is_live("ada", &m[i]), i >= 4);
    assert_int_equal(rows_in_store(), 2);
}

static void
reject_counts_those_that_are_on_their_way(void **state)
{
    struct making m[4];
    char *policy = fixture->config.sessions_per_user_policy;
    fixture->config.sessions_per_user = 2;
    fixture->config.sessions_per_user_policy = (char *)"reject";
    put("ada", "Ada");
    make(&m[0], "ada");
    pthread_mutex_lock(&fixture->gate);
    start_making(&m[1], "ada", 60000, 60000);
    start_making(&m[2], "ada", 60000, 60000);
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_making(&m[1]), OUTCOME_DONE);
    assert_int_equal(finish_making(&m[2]), OUTCOME_FULL);
    revoke("ada", m[0].create.id);
    assert_int_equal(make(&m[3], "ada"), OUTCOME_DONE);
    fixture->config.sessions_per_user_policy = policy;
}

static void
a_full_queue_refuses_and_keeps_no_place(void **state)
{
    struct making m[4];
    int done = 0, busy = 0;
    tear_down(state);
    setenv("TENURED_STORE__QUEUE", "1", 1);
    set_up(state);
    unsetenv("TENURED_STORE__QUEUE");
    put("ada", "Ada");
    make(&m[3], "ada");
    pthread_mutex_lock(&fixture->gate);
    for (int i = 0; i < 3; i++)
        start_making(&m[i], "ada", 60000, 60000);
    pthread_mutex_unlock(&fixture->gate);
    for (int i = 0; i < 3; i++) {
        enum outcome outcome = finish_making(&m[i]);
        done += outcome == OUTCOME_DONE;
        busy += outcome == OUTCOME_BUSY;
    }
    assert_true(done >= 1 && busy >= 1 && done + busy == 3);
    assert_int_equal(shard_of("ada")->sessions.reserved, 0);
    assert_int_equal(rows_in_store(), (size_t)done + 1);
}

enum { CROWD = 60, IDLE_MS = 1800000, AGE_MS = 86400000 };

// What the session's row has, and its share of what was asked for.
static double
read_times(const struct making *m, int64_t *idle, int64_t *age)
{
    struct shard *s = shard_of("ada");
    shard_take(s);
    tn_object *session =
        expiry_find_session(s, (struct span){m->create.id, SESSION_ID_LEN}, clock_ms());
    assert_non_null(session);
    const struct session *t = session_of(session);
    *idle = t->idle_ttl;
    *age = t->expires_at - t->created_at;
    assert_int_equal(t->idle_expires_at - t->created_at, *idle);
    shard_give(s);
    return (double)*age / AGE_MS;
}

static void
sessions_made_together_end_apart_within_the_jitter(void **state)
{
    struct making m;
    double least = 1, most = 0;
    fixture->config.sessions_jitter = 0.2;
    put("ada", "Ada");
    for (int i = 0; i < CROWD; i++) {
        int64_t idle, age;
        assert_int_equal(make_with(&m, "ada", IDLE_MS, AGE_MS), OUTCOME_DONE);
        double left = read_times(&m, &idle, &age);
        assert_true(left >= 0.8 && left <= 1);
        // One share for both, but for the milliseconds.
        assert_in_range(idle, (int64_t)(left * IDLE_MS) - 2, (int64_t)(left * IDLE_MS) + 2);
        least = left < least ? left : least;
        most = left > most ? left : most;
    }
    assert_true(most - least > 0.1); // once in 10^16 runs it is not
}

static void
without_jitter_a_session_lives_exactly_as_long_as_asked(void **state)
{
    struct making m;
    int64_t idle, age;
    put("ada", "Ada");
    for (int i = 0; i < 5; i++) {
        assert_int_equal(make_with(&m, "ada", IDLE_MS + i, AGE_MS + i), OUTCOME_DONE);
        read_times(&m, &idle, &age);
        assert_int_equal(idle, IDLE_MS + i);
        assert_int_equal(age, AGE_MS + i);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(a_session_answers_only_when_its_row_is_durable),
        DOMAIN_TEST(a_session_of_nobody_is_refused),
        DOMAIN_TEST(a_session_that_the_store_did_not_keep_never_was),
        DOMAIN_TEST(the_oldest_makes_place_and_is_named),
        DOMAIN_TEST(a_crowd_never_exceeds_the_limit),
        DOMAIN_TEST(a_lowered_limit_takes_as_many_as_needed),
        DOMAIN_TEST(reject_counts_those_that_are_on_their_way),
        DOMAIN_TEST(a_full_queue_refuses_and_keeps_no_place),
        DOMAIN_TEST(sessions_made_together_end_apart_within_the_jitter),
        DOMAIN_TEST(without_jitter_a_session_lives_exactly_as_long_as_asked),
    };
    return cmocka_run_group_tests_name("create_session", tests, NULL, NULL);
}
