// SPDX-License-Identifier: MIT
//
// A user is read from a shared store once for all who ask, and never from before a change.
#include "shared_fixture.h"

static const char *const NOBODY = "s_0000AAAAAAAAAAAAAAAAAAAAAA";

static void
a_session_that_was_made_elsewhere_is_found_by_id_and_by_token(void **state)
{
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    wait_ms(SHARED_BOUND_MS + 20);
    notice("ada", 'u', SPAN("ada"));
    struct shard *s = shard_of("ada");
    shard_take(s);
    refresh_let_go(s, session_user(index_borrow(&s->sessions, m.create.id)));
    shard_give(s);
    assert_false(is_resident("ada", &m));
    assert_int_equal(recall_by("ada", RECALL_TOKEN, hash_of(&m)), OUTCOME_DONE);
    assert_true(is_live("ada", &m));
    assert_false(must_recall("ada", RECALL_TOKEN, hash_of(&m)));
    assert_false(must_recall("ada", RECALL_SESSION, id_of(&m)));
}

static void
one_question_answers_all_who_ask(void **state)
{
    enum { CROWD = 20 };
    static struct recalling crowd[CROWD];
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    unsigned before = shared_questions;
    pthread_mutex_lock(&fixture->gate);
    for (int i = 0; i < CROWD; i++)
        start_recalling(&crowd[i], "ada", RECALL_SESSION, id_of(&m));
    pthread_mutex_unlock(&fixture->gate);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(finish_recalling(&crowd[i]), OUTCOME_DONE);
    assert_int_equal(shared_questions, before + 1);
}

static void
what_does_not_exist_is_asked_for_once_in_the_bound(void **state)
{
    assert_true(must_recall("ada", RECALL_SESSION, span_of(NOBODY)));
    assert_int_equal(recall_by("ada", RECALL_SESSION, span_of(NOBODY)), OUTCOME_DONE);
    assert_false(must_recall("ada", RECALL_SESSION, span_of(NOBODY)));
    wait_ms(SHARED_BOUND_MS + 20);
    assert_true(must_recall("ada", RECALL_SESSION, span_of(NOBODY)));
}

// The store has answered, and the answer is on its way, when the revocation is heard of.
static void
a_load_that_a_change_overtakes_is_repeated(void **state)
{
    struct making m;
    struct recalling r;
    put("ada", "Ada");
    make(&m, "ada");
    recall_by("ada", RECALL_USER, SPAN("ada"));
    unsigned before = shared_questions;
    pthread_mutex_lock(&fixture->gate);
    start_recalling(&r, "ada", RECALL_SESSION, id_of(&m));
    while (shared_questions == before)
        wait_ms(1);
    wait_ms(20);
    ended_elsewhere("ada", &m, "{\"reason\":\"revoked\"}");
    notice("ada", 'u', SPAN("ada"));
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_recalling(&r), OUTCOME_DONE);
    assert_int_equal(shared_questions, before + 2);
    assert_false(is_live("ada", &m));
}

static void
change_ada(void)
{
    notice("ada", 'u', SPAN("ada"));
}

static void
who_changes_all_the_time_is_told_to_come_again(void **state)
{
    enum { QUESTIONS = FRESH_REPEATS_MOST + 1 };
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    unsigned before = shared_questions;
    shared_meanwhile = change_ada;
    assert_int_equal(recall_by("ada", RECALL_SESSION, id_of(&m)), OUTCOME_BUSY);
    assert_int_equal(shared_questions, before + QUESTIONS);
    shared_meanwhile = NULL;
    assert_int_equal(recall_by("ada", RECALL_SESSION, id_of(&m)), OUTCOME_DONE);
}

static void
a_store_that_cannot_be_asked_is_said_and_nothing_is_remembered(void **state)
{
    fixture->failing = true;
    assert_int_equal(recall_by("ada", RECALL_SESSION, span_of(NOBODY)), OUTCOME_NO_STORE);
    assert_true(must_recall("ada", RECALL_SESSION, span_of(NOBODY)));
    fixture->failing = false;
    assert_int_equal(recall_by("ada", RECALL_SESSION, span_of(NOBODY)), OUTCOME_DONE);
}

static void
at_most_so_many_questions_are_in_flight(void **state)
{
    enum { CROWD = 200 };
    static struct recalling crowd[CROWD];
    static char ids[CROWD][SESSION_ID_LEN + 1];
    size_t busy = 0, done = 0;
    pthread_mutex_lock(&fixture->gate);
    for (int i = 0; i < CROWD; i++) {
        session_make_id(ids[i], domain_slot_of_user(fixture->domain, SPAN("ada")));
        start_recalling(&crowd[i], "ada", RECALL_SESSION, span_of(ids[i]));
    }
    pthread_mutex_unlock(&fixture->gate);
    for (int i = 0; i < CROWD; i++) {
        enum outcome outcome = finish_recalling(&crowd[i]);
        busy += outcome == OUTCOME_BUSY;
        done += outcome == OUTCOME_DONE;
    }
    assert_int_equal(busy + done, CROWD);
    assert_in_range(done, fixture->config.store_lookups, fixture->config.store_lookups + 1);
}

static void
a_token_that_was_rotated_elsewhere_is_refused(void **state)
{
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    elsewhere((struct change){.kind = CHANGE_EDIT_SESSION,
                              .session = {.k = key_of("ada", &m),
                                          .id = id_of(&m),
                                          .data = SPAN("{}"),
                                          .token_hash = {7},
                                          .version = 2}});
    assert_int_equal(recall_by("ada", RECALL_TOKEN, hash_of(&m)), OUTCOME_DONE);
    struct shard *s = shard_of("ada");
    shard_take(s);
    assert_null(index_borrow(&s->tokens, hash_of(&m).data));
    shard_give(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SHARED_TEST(a_session_that_was_made_elsewhere_is_found_by_id_and_by_token),
        SHARED_TEST(one_question_answers_all_who_ask),
        SHARED_TEST(what_does_not_exist_is_asked_for_once_in_the_bound),
        SHARED_TEST(a_load_that_a_change_overtakes_is_repeated),
        SHARED_TEST(who_changes_all_the_time_is_told_to_come_again),
        SHARED_TEST(a_store_that_cannot_be_asked_is_said_and_nothing_is_remembered),
        SHARED_TEST(at_most_so_many_questions_are_in_flight),
        SHARED_TEST(a_token_that_was_rotated_elsewhere_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
