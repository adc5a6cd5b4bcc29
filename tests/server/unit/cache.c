// SPDX-License-Identifier: MIT
//
// Who is resident, who is loaded, and how often the store is asked.
#include "domain_fixture.h"

enum { CROWD = 40 };

static void
a_user_without_sessions_is_dropped_after_the_reply(void **state)
{
    struct asking q;
    assert_int_equal(put("ada", "Ada"), OUTCOME_DONE);
    assert_int_equal(figures().users_resident, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask(&q, "ada"), OUTCOME_DONE);
        assert_false(q.is_hit);
    }
    assert_int_equal(fixture->loads, 4); // one by the put
}

static void
a_user_with_a_live_session_is_a_hit(void **state)
{
    struct asking q;
    struct making m;
    put("ada", "Ada");
    assert_int_equal(make(&m, "ada"), OUTCOME_DONE);
    unsigned loads = fixture->loads;
    collect();
    assert_int_equal(ask(&q, "ada"), OUTCOME_DONE);
    assert_true(q.is_hit);
    assert_non_null(strstr(q.document, "\"sessions\":1,\"last_session\":null"));
    assert_int_equal(fixture->loads, loads);
}

static void
a_user_whose_sessions_ended_is_a_hit_until_a_collection(void **state)
{
    struct asking before, after, loaded;
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    assert_int_equal(revoke("ada", m.create.id), OUTCOME_DONE);
    assert_int_equal(ask(&before, "ada"), OUTCOME_DONE);
    assert_true(before.is_hit);
    assert_non_null(strstr(before.document, "\"reason\":\"revoked\""));
    collect();
    assert_int_equal(figures().users_resident, 0);
    assert_int_equal(ask(&after, "ada"), OUTCOME_DONE);
    assert_false(after.is_hit);
    assert_string_equal(after.document, before.document);
    // What was loaded is the same cycle, and stays as long.
    assert_int_equal(ask(&loaded, "ada"), OUTCOME_DONE);
    assert_true(loaded.is_hit);
    assert_string_equal(loaded.document, before.document);
    collect();
    assert_int_equal(figures().users_resident, 0);
}

static void
one_load_answers_all_who_wait_for_it(void **state)
{
    struct asking crowd[CROWD];
    put("ada", "Ada");
    unsigned loads = fixture->loads;
    pthread_mutex_lock(&fixture->gate);
    for (int i = 0; i < CROWD; i++)
        start_asking(&crowd[i], "ada");
    pthread_mutex_unlock(&fixture->gate);
    for (int i = 0; i < CROWD; i++) {
        assert_int_equal(finish_asking(&crowd[i]), OUTCOME_DONE);
        assert_string_equal(crowd[i].document, crowd[0].document);
    }
    assert_int_equal(fixture->loads, loads + 1);
    assert_int_equal(figures().counters.cache_coalesced, CROWD - 1);
}

static void
one_load_of_nobody_answers_all_who_wait_for_it(void **state)
{
    struct asking crowd[CROWD];
    pthread_mutex_lock(&fixture->gate);
    for (int i = 0; i < CROWD; i++)
        start_asking(&crowd[i], "nobody");
    pthread_mutex_unlock(&fixture->gate);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(finish_asking(&crowd[i]), OUTCOME_ABSENT);
    assert_int_equal(fixture->loads, 1);
}

static void
a_store_that_cannot_be_asked_is_said_to_all_and_asked_again(void **state)
{
    struct asking a, b;
    put("ada", "Ada");
    fixture->failing = true;
    pthread_mutex_lock(&fixture->gate);
    start_asking(&a, "ada");
    start_asking(&b, "ada");
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_asking(&a), OUTCOME_NO_STORE);
    assert_int_equal(finish_asking(&b), OUTCOME_NO_STORE);
    fixture->failing = false;
    assert_int_equal(ask(&a, "ada"), OUTCOME_DONE);
}

static void
more_lookups_than_the_queue_holds_are_refused(void **state)
{
    static struct asking crowd[200];
    static char ids[200][24];
    int busy = 0, absent = 0;
    pthread_mutex_lock(&fixture->gate);
    for (int i = 0; i < 200; i++) {
        snprintf(ids[i], sizeof ids[i], "user-%d", i);
        start_asking(&crowd[i], ids[i]);
    }
    pthread_mutex_unlock(&fixture->gate);
    for (int i = 0; i < 200; i++) {
        enum outcome outcome = finish_asking(&crowd[i]);
        busy += outcome == OUTCOME_BUSY;
        absent += outcome == OUTCOME_ABSENT;
    }
    assert_int_equal(busy + absent, 200);
    assert_in_range(absent, fixture->config.store_lookups, fixture->config.store_lookups + 1);
}

static void
hits_and_misses_are_counted(void **state)
{
    struct asking q;
    struct making m;
    put("ada", "Ada"); // a miss
    make(&m, "ada");   // a miss
    ask(&q, "ada");    // a hit
    ask(&q, "nobody"); // a miss
    struct shard_figures f = figures();
    assert_int_equal(f.counters.cache_hits, 1);
    assert_int_equal(f.counters.cache_misses, 3);
    assert_int_equal(f.counters.cache_coalesced, 0);
    assert_int_equal(f.counters.cache_loads[LOAD_FOUND], 1);
    assert_int_equal(f.counters.cache_loads[LOAD_ABSENT], 2);
    assert_int_equal(f.counters.sessions_created, 1);
    fixture->failing = true;
    ask(&q, "somebody");
    assert_int_equal(figures().counters.cache_loads[LOAD_ERROR], 1);
}

static void
who_is_not_there_is_asked_for_once_in_a_while(void **state)
{
    struct asking q;
    fixture->config.cache_negative_ttl_ms = 300;
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask(&q, "nobody"), OUTCOME_ABSENT);
    assert_int_equal(fixture->loads, 1);
    assert_int_equal(figures().counters.cache_negative, 4);
    assert_int_equal(figures().counters.cache_misses, 5);
    wait_ms(350);
    assert_int_equal(ask(&q, "nobody"), OUTCOME_ABSENT);
    assert_int_equal(fixture->loads, 2);
}

// A user without sessions is dropped after each reply, so only the store knows them.
static void
who_comes_is_found_at_once(void **state)
{
    struct asking q;
    fixture->config.cache_negative_ttl_ms = 3600000;
    assert_int_equal(ask(&q, "ada"), OUTCOME_ABSENT);
    assert_int_equal(put("ada", "Ada"), OUTCOME_DONE);
    collect();
    assert_int_equal(ask(&q, "ada"), OUTCOME_DONE);
    assert_non_null(strstr(q.document, "\"name\":\"Ada\""));
}

static void
a_store_that_fails_has_not_said_no(void **state)
{
    struct asking q;
    fixture->config.cache_negative_ttl_ms = 3600000;
    put("ada", "Ada");
    fixture->failing = true;
    assert_int_equal(ask(&q, "ada"), OUTCOME_NO_STORE);
    fixture->failing = false;
    assert_int_equal(ask(&q, "ada"), OUTCOME_DONE);
}

static void
the_last_used_are_kept_through_a_collection(void **state)
{
    static const char *const names[] = {"ada", "ben", "cyd"};
    struct asking q;
    for (unsigned i = 0; i < fixture->domain->shard_count; i++)
        fixture->domain->shards[i].kept.limit = 3;
    for (int i = 0; i < 3; i++)
        put(names[i], "Somebody");
    collect();
    for (int i = 0; i < 3; i++) {
        ask(&q, names[i]);
        assert_true(q.is_hit);
    }
    assert_int_equal(figures().users_kept, 3);
    assert_int_equal(figures().users_resident, 3);
}

static void
who_was_used_least_makes_way(void **state)
{
    struct asking q;
    struct shard *s = shard_of("ada");
    s->kept.limit = 2;
    const char *others[2];
    static char names[64][16];
    size_t found = 0;
    for (int i = 0; i < 64 && found < 2; i++) {
        snprintf(names[i], sizeof names[i], "u%d", i);
        if (shard_of(names[i]) == s)
            others[found++] = names[i];
    }
    put("ada", "Ada");
    put(others[0], "Somebody");
    ask(&q, "ada");
    put(others[1], "Somebody");
    ask(&q, "ada");
    assert_true(q.is_hit);
    ask(&q, others[1]);
    assert_true(q.is_hit);
    assert_int_equal(figures().users_kept, 2);
    ask(&q, others[0]);
    assert_false(q.is_hit);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(a_user_without_sessions_is_dropped_after_the_reply),
        DOMAIN_TEST(a_user_with_a_live_session_is_a_hit),
        DOMAIN_TEST(a_user_whose_sessions_ended_is_a_hit_until_a_collection),
        DOMAIN_TEST(one_load_answers_all_who_wait_for_it),
        DOMAIN_TEST(one_load_of_nobody_answers_all_who_wait_for_it),
        DOMAIN_TEST(a_store_that_cannot_be_asked_is_said_to_all_and_asked_again),
        DOMAIN_TEST(more_lookups_than_the_queue_holds_are_refused),
        DOMAIN_TEST(hits_and_misses_are_counted),
        DOMAIN_TEST(who_is_not_there_is_asked_for_once_in_a_while),
        DOMAIN_TEST(who_comes_is_found_at_once),
        DOMAIN_TEST(a_store_that_fails_has_not_said_no),
        DOMAIN_TEST(the_last_used_are_kept_through_a_collection),
        DOMAIN_TEST(who_was_used_least_makes_way),
    };
    return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
