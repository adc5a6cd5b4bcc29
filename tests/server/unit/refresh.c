// SPDX-License-Identifier: MIT
//
// What another instance changed is in memory after a read, in place; what is on its way is not
// touched.
#include "shared_fixture.h"

#include "domain/sweeper.h"

static enum outcome
read_again(const char *user)
{
    return recall_by(user, RECALL_USER, span_of(user));
}

static void
a_session_that_ended_elsewhere_leaves_and_is_shown_as_the_last(void **state)
{
    struct making m, other;
    struct asking q;
    put("ada", "Ada");
    make(&m, "ada");
    make(&other, "ada");
    ended_elsewhere("ada", &m, "{\"id\":\"s_1\",\"reason\":\"revoked\"}");
    assert_int_equal(read_again("ada"), OUTCOME_DONE);
    assert_false(is_live("ada", &m));
    assert_true(is_live("ada", &other));
    assert_int_equal(ask(&q, "ada"), OUTCOME_DONE);
    assert_non_null(strstr(q.document, "\"sessions\":1,\"last_session\":{\"id\":\"s_1\""));
}

static void
a_user_who_was_changed_elsewhere_is_the_same_object_with_other_words(void **state)
{
    struct making m;
    struct asking q;
    put("ada", "Ada");
    make(&m, "ada");
    struct shard *s = shard_of("ada");
    shard_take(s);
    const tn_object *before = tn_weakmap_borrow_str(s->users, "ada", 3);
    shard_give(s);
    elsewhere((struct change){
        .kind = CHANGE_PUT_USER,
        .user = {
            .id = SPAN("ada"), .name = SPAN("Countess"), .attributes = SPAN("{}"), .version = 2}});
    assert_int_equal(read_again("ada"), OUTCOME_DONE);
    shard_take(s);
    assert_ptr_equal(tn_weakmap_borrow_str(s->users, "ada", 3), before);
    shard_give(s);
    assert_int_equal(ask(&q, "ada"), OUTCOME_DONE);
    assert_non_null(strstr(q.document, "\"name\":\"Countess\""));
    assert_non_null(strstr(q.document, "\"version\":2"));
}

static tn_object * /* new */
hold(const char *user)
{
    struct shard *s = shard_of(user);
    shard_take(s);
    tn_object *o = tn_incref(tn_weakmap_borrow_str(s->users, user, strlen(user)));
    shard_give(s);
    return o;
}

static void
let_go(const char *user, tn_object *o)
{
    struct shard *s = shard_of(user);
    shard_take(s);
    tn_decref(o);
    shard_give(s);
}

// Their versions begin again. Somebody has them in hand meanwhile, so they are the same object.
static void
who_was_deleted_and_made_again_elsewhere_is_who_they_are_now(void **state)
{
    struct making m;
    struct asking q;
    put("ada", "Ada");
    put("ada", "Countess");
    make(&m, "ada");
    int64_t k = key_of("ada", &m);
    tn_object *held = hold("ada");
    elsewhere((struct change){
        .kind = CHANGE_DELETE_USER, .user = {.id = SPAN("ada")}, .keys = &k, .count = 1});
    elsewhere((struct change){.kind = CHANGE_PUT_USER,
                              .user = {.id = SPAN("ada"),
                                       .name = SPAN("Another"),
                                       .attributes = SPAN("{}"),
                                       .version = 1,
                                       .created_at = clock_ms() + 5000}});
    assert_int_equal(read_again("ada"), OUTCOME_DONE);
    assert_false(is_live("ada", &m));
    assert_int_equal(ask(&q, "ada"), OUTCOME_DONE);
    assert_non_null(strstr(q.document, "\"name\":\"Another\""));
    assert_non_null(strstr(q.document, "\"version\":1,"));
    let_go("ada", held);
}

// Of two threads that asked the store the one that asked first may come second.
static void
a_read_from_before_the_last_one_changes_nothing(void **state)
{
    struct making m;
    const struct user_row row = {
        .id = SPAN("ada"), .name = SPAN("Ada"), .attributes = SPAN("{}"), .version = 1};
    const struct user_state nothing_yet = {.user = &row};
    uint64_t early = clock_monotonic_ns();
    put("ada", "Ada");
    make(&m, "ada");
    assert_int_equal(read_again("ada"), OUTCOME_DONE);
    struct shard *s = shard_of("ada");
    shard_take(s);
    tn_decref(refresh_take(s, &nothing_yet, early));
    shard_give(s);
    assert_true(is_live("ada", &m));
    assert_true(is_fresh("ada"));
}

static void
data_and_times_that_changed_elsewhere_are_taken_and_never_go_back(void **state)
{
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    int64_t k = key_of("ada", &m), later = clock_ms() + 60000;
    struct touch touch = {k, later, later + 1, id_of(&m)};
    elsewhere((struct change){
        .kind = CHANGE_EDIT_SESSION,
        .session = {
            .k = k, .id = id_of(&m), .data = SPAN("{\"n\":2}"), .token_hash = {7}, .version = 2}});
    elsewhere((struct change){.kind = CHANGE_TOUCH_SESSIONS, .touches = &touch, .count = 1});
    assert_int_equal(read_again("ada"), OUTCOME_DONE);
    expect_shown("ada", m.create.id, "\"data\":{\"n\":2}");
    struct shard *s = shard_of("ada");
    touch.last_seen_at -= 30000;
    elsewhere((struct change){.kind = CHANGE_TOUCH_SESSIONS, .touches = &touch, .count = 1});
    assert_int_equal(read_again("ada"), OUTCOME_DONE);
    shard_take(s);
    assert_int_equal(session_of(index_borrow(&s->sessions, m.create.id))->last_seen_at, later);
    shard_give(s);
}

// Its row is not there, so a read does not show it.
static void
a_session_on_its_way_to_the_store_survives_a_read(void **state)
{
    struct making m, coming;
    struct recalling r;
    put("ada", "Ada");
    make(&m, "ada");
    pthread_mutex_lock(&fixture->gate);
    start_making(&coming, "ada", 1800000, 86400000);
    start_recalling(&r, "ada", RECALL_USER, SPAN("ada"));
    wait_ms(20);
    pthread_mutex_unlock(&fixture->gate);
    assert_int_equal(finish_making(&coming), OUTCOME_DONE);
    assert_int_equal(finish_recalling(&r), OUTCOME_DONE);
    assert_true(is_live("ada", &m));
    assert_true(is_live("ada", &coming));
}

// It is in the store before we hear of that: another instance may see it there and end it.
static void
end_what_was_just_made(void)
{
    struct change end = {.kind = CHANGE_END_SESSION,
                         .user = {.id = SPAN("ada"), .last_session = SPAN("{}")},
                         .session = {.k = fixture->domain->next_k - 1, .user_id = SPAN("ada")}};
    fixture->applied = NULL;
    assert_true(fixture->real->apply(fixture->domain->store, &end));
    notice("ada", 'u', SPAN("ada"));
    assert_int_equal(read_again("ada"), OUTCOME_DONE);
    assert_true(is_fresh("ada"));
}

static void
a_session_that_ended_elsewhere_before_we_heard_of_its_row_is_not_believed(void **state)
{
    struct making m;
    put("ada", "Ada");
    assert_int_equal(read_again("ada"), OUTCOME_DONE);
    fixture->applied = end_what_was_just_made;
    assert_int_equal(make(&m, "ada"), OUTCOME_DONE);
    assert_true(must_recall("ada", RECALL_TOKEN, hash_of(&m)));
    assert_int_equal(recall_by("ada", RECALL_TOKEN, hash_of(&m)), OUTCOME_DONE);
    assert_false(is_live("ada", &m));
}

// Before its notice comes, which then finds nobody.
static void
delete_who_just_logged_in(void)
{
    int64_t k = fixture->domain->next_k - 1;
    struct change delete = {
        .kind = CHANGE_DELETE_USER, .user = {.id = SPAN("ada")}, .keys = &k, .count = 1};
    fixture->applied = NULL;
    assert_true(fixture->real->apply(fixture->domain->store, &delete));
    assert_int_equal(read_again("ada"), OUTCOME_DONE);
}

static void
a_session_of_who_was_deleted_before_we_heard_of_its_row_is_not_believed(void **state)
{
    struct making m;
    put("ada", "Ada");
    assert_int_equal(read_again("ada"), OUTCOME_DONE);
    fixture->applied = delete_who_just_logged_in;
    assert_int_equal(make(&m, "ada"), OUTCOME_DONE);
    notice("ada", 'u', SPAN("ada"));
    assert_true(must_recall("ada", RECALL_TOKEN, hash_of(&m)));
    assert_int_equal(recall_by("ada", RECALL_TOKEN, hash_of(&m)), OUTCOME_DONE);
    assert_false(is_live("ada", &m));
}

static void
a_session_that_is_ending_stays_ended_although_the_store_has_it(void **state)
{
    struct making m;
    struct waiter w;
    put("ada", "Ada");
    make(&m, "ada");
    fixture->failing = true;
    start_revoke(&w, "ada", m.create.id);
    assert_int_equal(waiter_wait(&w), OUTCOME_NO_STORE);
    fixture->failing = false;
    assert_int_equal(read_again("ada"), OUTCOME_DONE);
    assert_false(is_live("ada", &m));
}

static void
a_user_who_was_deleted_elsewhere_is_gone(void **state)
{
    struct making m;
    struct asking q;
    put("ada", "Ada");
    make(&m, "ada");
    int64_t k = key_of("ada", &m);
    elsewhere((struct change){
        .kind = CHANGE_DELETE_USER, .user = {.id = SPAN("ada")}, .keys = &k, .count = 1});
    assert_int_equal(read_again("ada"), OUTCOME_DONE);
    assert_false(is_live("ada", &m));
    assert_int_equal(ask(&q, "ada"), OUTCOME_ABSENT);
    collect();
    assert_int_equal(figures().users_resident, 0);
}

static void
what_is_let_go_is_not_in_memory_and_comes_again(void **state)
{
    struct making a, b;
    struct asking q;
    put("ada", "Ada");
    make(&a, "ada");
    make(&b, "ada");
    lanes_flush(fixture->domain->lanes);
    struct shard *s = shard_of("ada");
    shard_take(s);
    refresh_let_go(s, tn_weakmap_borrow_str(s->users, "ada", 3));
    shard_give(s);
    assert_int_equal(figures().sessions_live, 0);
    assert_int_equal(figures().users_resident, 0);
    assert_int_equal(rows_in_store(), 2);
    assert_int_equal(ask(&q, "ada"), OUTCOME_DONE);
    assert_non_null(strstr(q.document, "\"sessions\":2"));
    assert_true(is_live("ada", &a));
    assert_true(is_live("ada", &b));
}

static void
a_touch_that_is_not_written_yet_is_not_let_go(void **state)
{
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    struct shard *s = shard_of("ada");
    shard_take(s);
    touch_session(s, index_borrow(&s->sessions, m.create.id), clock_ms() + 5000);
    refresh_let_go(s, tn_weakmap_borrow_str(s->users, "ada", 3));
    assert_non_null(index_borrow(&s->sessions, m.create.id));
    touch_flush(s);
    shard_give(s);
}

static bool
is_swept(const char *user, const struct making *m)
{
    size_t cursor = 0;
    sweeper_hold(shard_of(user), &cursor, SIZE_MAX, clock_ms());
    return !is_resident(user, m);
}

// Otherwise each instance would end up with every session that anybody asked it for.
static void
whom_nobody_asks_for_is_swept_out_of_memory_and_comes_again(void **state)
{
    struct making m;
    fixture->config.cache_idle_ms = 300;
    put("ada", "Ada");
    make(&m, "ada");
    lanes_flush(fixture->domain->lanes);
    for (int i = 0; i < 4; i++) { // asked for more often than that
        wait_ms(100);
        assert_int_equal(recall_by("ada", RECALL_SESSION, id_of(&m)), OUTCOME_DONE);
        must_recall("ada", RECALL_SESSION, id_of(&m));
        assert_false(is_swept("ada", &m));
    }
    wait_ms(320);
    assert_true(is_swept("ada", &m));
    assert_int_equal(figures().users_resident, 0);
    assert_int_equal(rows_in_store(), 1);
    assert_int_equal(recall_by("ada", RECALL_TOKEN, hash_of(&m)), OUTCOME_DONE);
    assert_true(is_live("ada", &m));
}

static void
where_nobody_else_changes_the_store_nobody_is_swept_for_being_idle(void **state)
{
    struct making m;
    fixture->config.cache_idle_ms = 1;
    put("ada", "Ada");
    make(&m, "ada");
    wait_ms(20);
    assert_false(is_swept("ada", &m));
}

static void
everybody_s_end_is_swept_out_of_memory(void **state)
{
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    ended_elsewhere("ada", &m, "{\"reason\":\"revoked\"}");
    domain_spoil_all(fixture->domain);
    assert_true(is_swept("ada", &m));
    assert_int_equal(figures().sessions_live, 0);
    assert_int_equal(figures().users_resident, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SHARED_TEST(a_session_that_ended_elsewhere_leaves_and_is_shown_as_the_last),
        SHARED_TEST(a_user_who_was_changed_elsewhere_is_the_same_object_with_other_words),
        SHARED_TEST(who_was_deleted_and_made_again_elsewhere_is_who_they_are_now),
        SHARED_TEST(a_read_from_before_the_last_one_changes_nothing),
        SHARED_TEST(data_and_times_that_changed_elsewhere_are_taken_and_never_go_back),
        SHARED_TEST(a_session_on_its_way_to_the_store_survives_a_read),
        SHARED_TEST(a_session_that_ended_elsewhere_before_we_heard_of_its_row_is_not_believed),
        SHARED_TEST(a_session_of_who_was_deleted_before_we_heard_of_its_row_is_not_believed),
        SHARED_TEST(a_session_that_is_ending_stays_ended_although_the_store_has_it),
        SHARED_TEST(a_user_who_was_deleted_elsewhere_is_gone),
        SHARED_TEST(what_is_let_go_is_not_in_memory_and_comes_again),
        SHARED_TEST(a_touch_that_is_not_written_yet_is_not_let_go),
        SHARED_TEST(whom_nobody_asks_for_is_swept_out_of_memory_and_comes_again),
        DOMAIN_TEST(where_nobody_else_changes_the_store_nobody_is_swept_for_being_idle),
        SHARED_TEST(everybody_s_end_is_swept_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
