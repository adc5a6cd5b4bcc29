// SPDX-License-Identifier: MIT
//
// Where others write too: what they do between our commit and our hearing of it, and who joins a
// question that was asked before.
#include "shared_fixture.h"

#include "domain/sweeper.h"

static enum outcome
read_again(const char *user)
{
    return recall_by(user, RECALL_USER, span_of(user));
}

static void
elsewhere_now(struct change c)
{
    assert_true(fixture->real->apply(fixture->domain->store, &c));
}

static struct change
of_ada(enum change_kind kind, const char *name, int64_t version, int64_t created_at)
{
    return (struct change){.kind = kind,
                           .user = {.id = SPAN("ada"),
                                    .name = span_of(name),
                                    .attributes = SPAN("{}"),
                                    .version = version,
                                    .created_at = created_at}};
}

// --- Between our commit and our hearing of it ---------------------------------------------------

// Without her sessions, of which there is one whose row is kept.
static void
delete_and_forget(void)
{
    fixture->applied = NULL;
    elsewhere_now(of_ada(CHANGE_DELETE_USER, "", 0, 0));
    assert_int_equal(read_again("ada"), OUTCOME_DONE);
    elsewhere_now(of_ada(CHANGE_PUT_USER, "Another", 1, clock_ms() + 5000));
}

static void
a_session_that_came_to_a_user_who_was_given_up_is_listed_by_the_next_one(void **state)
{
    struct making m;
    struct asking q;
    put("ada", "Ada");
    assert_int_equal(read_again("ada"), OUTCOME_DONE);
    fixture->applied = delete_and_forget;
    assert_int_equal(make(&m, "ada"), OUTCOME_DONE);
    assert_int_equal(read_again("ada"), OUTCOME_DONE);
    assert_true(is_live("ada", &m));
    assert_int_equal(ask(&q, "ada"), OUTCOME_DONE);
    assert_non_null(strstr(q.document, "\"name\":\"Another\""));
    assert_non_null(strstr(q.document, "\"sessions\":1"));
}

static void
make_her_again(void)
{
    fixture->applied = NULL;
    elsewhere_now(of_ada(CHANGE_PUT_USER, "Another", 1, clock_ms() + 5000));
    notice("ada", 'u', SPAN("ada"));
    assert_int_equal(read_again("ada"), OUTCOME_DONE);
}

static void
a_write_to_who_was_made_again_since_does_not_bring_back_who_was_before(void **state)
{
    struct making m;
    struct asking q;
    put("ada", "Ada");
    make(&m, "ada"); // so that she stays
    fixture->applied = make_her_again;
    assert_int_equal(put("ada", "Countess"), OUTCOME_DONE);
    assert_int_equal(ask(&q, "ada"), OUTCOME_DONE);
    assert_non_null(strstr(q.document, "\"name\":\"Another\""));
}

static struct making rotated;
static enum outcome verified;

static void
verify_the_old_token(void)
{
    fixture->applied = NULL;
    verified = recall_by("ada", RECALL_TOKEN, hash_of(&rotated));
}

static void
a_token_that_our_own_write_replaced_does_not_end_its_session(void **state)
{
    struct writing w;
    put("ada", "Ada");
    make(&rotated, "ada");
    fixture->applied = verify_the_old_token;
    assert_int_equal(rotate(&w, "ada", rotated.create.id), OUTCOME_DONE);
    assert_int_equal(verified, OUTCOME_BUSY);
    assert_true(is_resident("ada", &rotated));
    assert_int_equal(recall_by("ada", RECALL_SESSION, id_of(&rotated)), OUTCOME_DONE);
    assert_int_equal(rows_in_store(), 1);
}

// --- An ending that the store does not make -----------------------------------------------------

static _Atomic unsigned endings;

// Somebody touched the session: it ends only without a condition.
static bool
give_way(struct store *s, const struct change *first)
{
    if (first && first->kind == CHANGE_END_SESSION) {
        endings++;
        if (first->expected != 0) {
            ((struct change *)first)->result = CHANGE_STALE;
            return true;
        }
    }
    return fixture_apply(s, first);
}

static void
who_wants_a_session_to_end_ends_it_although_it_was_touched_elsewhere(void **state)
{
    struct making m;
    put("ada", "Ada");
    make_with(&m, "ada", 20, 86400000);
    lanes_flush(fixture->domain->lanes);
    wait_ms(40);
    endings = 0;
    fixture->ops.apply = give_way;
    assert_int_equal(revoke("ada", m.create.id), OUTCOME_DONE);
    assert_int_equal(endings, 2);
    assert_int_equal(rows_in_store(), 0);
}

// --- Sessions that another instance made --------------------------------------------------------

// Its key is of another range, above all of ours.
static void
a_session_that_another_instance_made_is_revoked_with_all_of_its_user(void **state)
{
    struct making m;
    struct revoking v;
    char id[SESSION_ID_LEN + 1];
    put("ada", "Ada");
    make(&m, "ada");
    session_make_id(id, domain_slot_of_user(fixture->domain, SPAN("ada")));
    elsewhere((struct change){.kind = CHANGE_NEW_SESSION,
                              .session = {.k = (INT64_C(3) << STORE_KEY_BITS) + 1,
                                          .id = {id, SESSION_ID_LEN},
                                          .user_id = SPAN("ada"),
                                          .data = SPAN("{}"),
                                          .token_hash = {9},
                                          .version = 1,
                                          .created_at = clock_ms(),
                                          .last_seen_at = clock_ms(),
                                          .idle_ttl = 1800000,
                                          .idle_expires_at = clock_ms() + 1800000,
                                          .expires_at = clock_ms() + 1800000}});
    assert_int_equal(read_again("ada"), OUTCOME_DONE);
    start_revoking(&v, "ada", NULL);
    assert_int_equal(finish_revoking(&v), OUTCOME_DONE);
    assert_int_equal(v.revocation.revoked, 2);
    assert_int_equal(rows_in_store(), 0);
}

// --- Who joins a question -----------------------------------------------------------------------

static void
wait_until_asked(unsigned before)
{
    while (shared_questions == before)
        wait_ms(1);
    wait_ms(5);
}

static void
who_asks_for_all_sessions_is_not_answered_by_a_question_from_before(void **state)
{
    struct recalling first, second, third;
    put("ada", "Ada");
    unsigned before = shared_questions;
    pthread_mutex_lock(&fixture->gate);
    start_recalling(&first, "ada", RECALL_USER, SPAN("ada"));
    wait_until_asked(before);
    start_recalling(&second, "ada", RECALL_USER, SPAN("ada"));
    start_recalling(&third, "ada", RECALL_USER, SPAN("ada"));
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_recalling(&first), OUTCOME_DONE);
    assert_int_equal(finish_recalling(&second), OUTCOME_DONE);
    assert_int_equal(finish_recalling(&third), OUTCOME_DONE);
    assert_int_equal(shared_questions, before + 2);
}

// It finds nobody; she is made elsewhere, whose client then wants her gone here.
static void
a_deletion_is_not_answered_by_a_question_from_before(void **state)
{
    struct asking q;
    struct deleting d;
    unsigned before = shared_questions;
    pthread_mutex_lock(&fixture->gate);
    start_asking(&q, "ada");
    wait_until_asked(before);
    elsewhere_now(of_ada(CHANGE_PUT_USER, "Ada", 1, clock_ms()));
    start_deleting(&d, "ada");
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_asking(&q), OUTCOME_ABSENT);
    assert_int_equal(finish_deleting(&d), OUTCOME_DONE);
    assert_int_equal(read_again("ada"), OUTCOME_DONE);
    assert_int_equal(ask(&q, "ada"), OUTCOME_ABSENT);
}

static void
an_answer_that_took_longer_than_the_bound_is_none(void **state)
{
    struct recalling r;
    struct asking q;
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    pthread_mutex_lock(&fixture->gate);
    start_recalling(&r, "ada", RECALL_SESSION, id_of(&m));
    wait_ms(SHARED_BOUND_MS + 50);
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_recalling(&r), OUTCOME_NO_STORE);
    pthread_mutex_lock(&fixture->gate);
    start_asking(&q, "ada");
    wait_ms(SHARED_BOUND_MS + 50);
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_asking(&q), OUTCOME_NO_STORE);
}

// --- What may leave memory ----------------------------------------------------------------------

static void
who_was_asked_for_since_everybody_s_end_stays(void **state)
{
    struct making m;
    size_t cursor = 0;
    put("ada", "Ada");
    make(&m, "ada");
    lanes_flush(fixture->domain->lanes);
    domain_spoil_all(fixture->domain);
    assert_int_equal(recall_by("ada", RECALL_SESSION, id_of(&m)), OUTCOME_DONE);
    notice("ada", 'u', SPAN("ada"));
    sweeper_hold(shard_of("ada"), &cursor, SIZE_MAX, clock_ms());
    assert_true(is_resident("ada", &m));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SHARED_TEST(a_session_that_came_to_a_user_who_was_given_up_is_listed_by_the_next_one),
        SHARED_TEST(a_write_to_who_was_made_again_since_does_not_bring_back_who_was_before),
        SHARED_TEST(a_token_that_our_own_write_replaced_does_not_end_its_session),
        SHARED_TEST(who_wants_a_session_to_end_ends_it_although_it_was_touched_elsewhere),
        SHARED_TEST(a_session_that_another_instance_made_is_revoked_with_all_of_its_user),
        SHARED_TEST(who_asks_for_all_sessions_is_not_answered_by_a_question_from_before),
        SHARED_TEST(a_deletion_is_not_answered_by_a_question_from_before),
        SHARED_TEST(an_answer_that_took_longer_than_the_bound_is_none),
        SHARED_TEST(who_was_asked_for_since_everybody_s_end_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
