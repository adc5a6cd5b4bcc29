// SPDX-License-Identifier: MIT
//
// Touches: at once in memory, one row a session and flush in the store, none lost by a failure.
#include "writes_fixture.h"

enum { MANY = 3 * TOUCH_ROWS + 7 };

static _Atomic unsigned rows, changes; // that the store was given

static bool
count_apply(struct store *s, const struct change *first)
{
    for (const struct change *c = first; c; c = c->next)
        if (c->kind == CHANGE_TOUCH_SESSIONS) {
            rows += (unsigned)c->count;
            changes++;
        }
    return fixture_apply(s, first);
}

// Flushes are the test's own: the bell rings once a second, and a test takes less.
static void
begin(void)
{
    fixture->ops.apply = count_apply;
    rows = changes = 0;
    put("ada", "Ada");
}

static void
touch(const struct making *m, int64_t later)
{
    struct shard *s = shard_of("ada");
    shard_take(s);
    tn_object *session = index_borrow(&s->sessions, m->create.id);
    touch_session(s, session, session_of(session)->last_seen_at + later);
    shard_give(s);
}

static void
flush(void)
{
    struct shard *s = shard_of("ada");
    bool busy = true;
    shard_take(s);
    touch_flush(s);
    shard_give(s);
    while (busy) { // one change after the other
        lanes_flush(fixture->domain->lanes);
        shard_take(s);
        busy = s->touches.is_flushing;
        shard_give(s);
    }
}

static bool
add_seen(void *arg, const struct session_row *row)
{
    *(int64_t *)arg += row->last_seen_at - row->created_at;
    assert_int_equal(row->idle_expires_at, row->last_seen_at + row->idle_ttl);
    return true;
}

// How much later than its creation the store says that each session was seen, together.
static int64_t
seen_in_store(void)
{
    char error[256];
    int64_t sum = 0;
    struct store *s = fixture->domain->store;
    assert_true(s->ops->load_sessions(s, add_seen, &sum, error, sizeof error));
    return sum;
}

static void
many_touches_of_a_session_are_one_row(void **state)
{
    struct making a, b;
    begin();
    make(&a, "ada");
    make(&b, "ada");
    for (int i = 0; i < 1000; i++)
        touch(&a, 1);
    touch(&b, 5);
    touch(&b, 0); // no later than it was seen
    assert_int_equal(rows, 0);
    flush();
    assert_int_equal(rows, 2);
    assert_int_equal(changes, 1);
    assert_int_equal(seen_in_store(), 1005);
    flush();
    assert_int_equal(changes, 1); // nothing is left to say
}

static void
many_sessions_leave_in_changes_of_some_rows_each(void **state)
{
    static struct making m[MANY];
    begin();
    fixture->config.sessions_per_user = MANY;
    for (int i = 0; i < MANY; i++) {
        start_making(&m[i], "ada", 1800000, 86400000);
        if (i % 64 == 63 || i == MANY - 1)
            for (int j = i - i % 64; j <= i; j++)
                assert_int_equal(finish_making(&m[j]), OUTCOME_DONE);
    }
    for (int i = 0; i < MANY; i++)
        touch(&m[i], 1);
    flush();
    assert_int_equal(rows, MANY);
    assert_int_equal(changes, 4);
    assert_int_equal(seen_in_store(), MANY);
}

static void
what_is_touched_while_a_flush_is_on_its_way_waits_for_the_next(void **state)
{
    struct making a;
    struct shard *s = shard_of("ada");
    begin();
    make(&a, "ada");
    touch(&a, 1);
    pthread_mutex_lock(&fixture->gate);
    shard_take(s);
    touch_flush(s);
    shard_give(s);
    touch(&a, 1);
    touch(&a, 1);
    pthread_mutex_unlock(&fixture->gate);
    lanes_flush(fixture->domain->lanes);
    assert_int_equal(rows, 1);
    assert_int_equal(seen_in_store(), 1);
    flush();
    assert_int_equal(rows, 2);
    assert_int_equal(seen_in_store(), 3);
}

static void
what_the_store_did_not_keep_is_sent_again(void **state)
{
    struct making a, b;
    begin();
    make(&a, "ada");
    make(&b, "ada");
    touch(&a, 1);
    touch(&b, 1);
    fixture->failing = true;
    flush();
    assert_int_equal(changes, 1); // and not again before the next flush
    assert_int_equal(revoke("ada", b.create.id), OUTCOME_NO_STORE);
    touch(&a, 1);
    fixture->failing = false;
    flush();
    assert_int_equal(rows, 3);
    shard_take(shard_of("ada"));
    ending_retry(shard_of("ada"));
    shard_give(shard_of("ada"));
    lanes_flush(fixture->domain->lanes);
    assert_int_equal(seen_in_store(), 2);
}

static void
an_ended_session_leaves_the_list_wherever_it_stands(void **state)
{
    struct making m[5];
    static const int order[] = {0, 4, 2, 1};
    begin();
    for (int i = 0; i < 5; i++) {
        make(&m[i], "ada");
        touch(&m[i], 1);
    }
    for (int i = 0; i < 4; i++)
        assert_int_equal(revoke("ada", m[order[i]].create.id), OUTCOME_DONE);
    struct shard *s = shard_of("ada");
    assert_int_equal(s->touches.count, 1);
    assert_ptr_equal(s->touches.first, s->touches.last);
    flush();
    assert_int_equal(rows, 1);
    assert_null(s->touches.first);
    assert_null(s->touches.last);
}

static uint64_t
candidates_of_a_collection(void)
{
    uint64_t before = figures().stats[2].candidates;
    collect();
    return figures().stats[2].candidates - before;
}

static void
a_touched_session_is_no_suspect_of_the_collector(void **state)
{
    struct making a;
    begin();
    make(&a, "ada");
    candidates_of_a_collection(); // of the newborn
    uint64_t usual = candidates_of_a_collection();
    touch(&a, 1);
    flush();
    assert_int_equal(candidates_of_a_collection(), usual);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(many_touches_of_a_session_are_one_row),
        DOMAIN_TEST(many_sessions_leave_in_changes_of_some_rows_each),
        DOMAIN_TEST(what_is_touched_while_a_flush_is_on_its_way_waits_for_the_next),
        DOMAIN_TEST(what_the_store_did_not_keep_is_sent_again),
        DOMAIN_TEST(an_ended_session_leaves_the_list_wherever_it_stands),
        DOMAIN_TEST(a_touched_session_is_no_suspect_of_the_collector),
    };
    return cmocka_run_group_tests_name("touch", tests, NULL, NULL);
}
