// SPDX-License-Identifier: MIT
//
// Everybody's sessions end at once, and their rows go later: nobody sees the difference.
#include "failing_realloc.h"
#include "store_fixture.h"

enum { ID_SIZE = 29, NOW = 1700000000 };

static int64_t
rows_left(void)
{
    return postgres_select_int("SELECT count(*) FROM tenured.sessions");
}

// Until nothing is left of what nobody sees.
static void
sweep(struct fixture *f)
{
    int i = 0;
    for (; i < 100 && postgres_select_int("SELECT count(*) FROM tenured.epochs WHERE is_pending");
         i++)
        f->store->ops->shared->sweep(f->store);
    assert_true(i < 100);
}

// With the slot of its user, as ids have it; of an age.
static struct change
login(struct fixture *f, char id[ID_SIZE], int64_t k, const char *user)
{
    struct change c = session_change(k, user);
    unsigned slot = store_slot_of_user(f->store->slot_key, span_of(user));
    snprintf(id, ID_SIZE, "s_%04x%02d", slot, (int)k);
    c.session.id = span_of(id);
    c.session.created_at = k;
    c.session.idle_expires_at = c.session.expires_at = INT64_C(2000000000000);
    return c;
}

static struct change
end_of_all(int64_t count, int64_t now)
{
    return (struct change){
        .kind = CHANGE_END_EVERYBODY, .expected = count, .session.last_seen_at = now};
}

static size_t
show(struct fixture *f, const char *user, struct text *to)
{
    struct seen seen = {0};
    text_init(&seen.text);
    assert_true(f->store->ops->load_user(f->store, span_of(user), note_user, &seen));
    *to = seen.text;
    return seen.count;
}

// The user is found and shows [part], before the rows are gone and after.
static void
assert_shown(struct fixture *f, const char *user, const char *part)
{
    struct text before, after;
    assert_int_equal(show(f, user, &before), 1);
    assert_non_null(strstr(before.data, part));
    sweep(f);
    assert_int_equal(show(f, user, &after), 1);
    assert_string_equal(before.data, after.data);
    text_fini(&before);
    text_fini(&after);
}

static void
rows_that_are_still_there_answer_nobody(void **state)
{
    char ids[3][ID_SIZE];
    struct fixture *f = *state;
    int64_t count;
    struct change batch[] = {user_change("ada", "Ada", 1), login(f, ids[0], 1, "ada"),
                             login(f, ids[1], 2, "ada"), end_of_all(2, NOW),
                             login(f, ids[2], 3, "ada")};
    batch[4].most = 1; // those that ended are not counted
    assert_true(apply_all(f, batch, 5));
    assert_int_equal(batch[4].result, CHANGE_APPLIED);
    assert_int_equal(rows_left(), 3);
    assert_sessions(f, "3 ada;");
    assert_true(f->store->ops->shared->count_sessions(f->store, &count));
    assert_int_equal(count, 1);
    sweep(f);
    assert_int_equal(rows_left(), 1);
    assert_sessions(f, "3 ada;");
}

static void
nobody_changes_a_row_that_ended_with_all(void **state)
{
    char id[ID_SIZE];
    struct fixture *f = *state;
    struct change first[] = {user_change("ada", "Ada", 1), login(f, id, 1, "ada"),
                             end_of_all(1, INT64_C(1700000000000))};
    assert_true(apply_all(f, first, 3));
    struct touch touch = {1, INT64_C(1800000000000), INT64_C(2000000000001), span_of(id)};
    struct change edit = login(f, id, 1, "ada"), end = end_change(1, "ada", "{}");
    edit.kind = CHANGE_EDIT_SESSION;
    edit.expected = 1;
    end.session.id = span_of(id);
    struct change batch[] = {
        {.kind = CHANGE_TOUCH_SESSIONS, .touches = &touch, .count = 1}, edit, end};
    assert_true(apply_all(f, batch, 3));
    assert_int_equal(batch[1].result, CHANGE_STALE);
    assert_int_equal(postgres_select_int("SELECT max(last_seen_at) FROM tenured.sessions"), 2);
    assert_shown(f, "ada", "\"ended_at\":\"2023-11-14T22:13:20.000Z\",\"reason\":\"revoked\"}");
}

static void
of_several_that_ended_the_last_one_is_shown(void **state)
{
    char ids[4][ID_SIZE];
    struct fixture *f = *state;
    struct change batch[] = {user_change("ada", "Ada", 1),
                             login(f, ids[0], 1, "ada"),
                             login(f, ids[1], 3, "ada"),
                             login(f, ids[2], 2, "ada"),
                             end_of_all(3, INT64_C(1700000000000)),
                             login(f, ids[3], 4, "ada"),
                             end_of_all(1, INT64_C(1700000001000))};
    assert_true(apply_all(f, batch, 5));
    assert_shown(f, "ada", ids[1]); // made last
    assert_true(apply_all(f, &batch[5], 2));
    assert_shown(f, "ada", ids[3]);
    struct change again[] = {login(f, ids[0], 5, "ada"), end_of_all(1, INT64_C(1700000002000)),
                             login(f, ids[1], 6, "ada"), end_of_all(1, INT64_C(1700000003000))};
    assert_true(apply_all(f, again, 4));
    assert_shown(f, "ada", ids[1]); // of two epochs that are left
}

static void
what_ended_later_by_itself_stays_shown(void **state)
{
    char ids[2][ID_SIZE];
    struct fixture *f = *state;
    struct change end = end_change(2, "ada", "{\"ended_at\":\"2023-11-14T22:13:21.000Z\"}");
    struct change batch[] = {user_change("ada", "Ada", 1), login(f, ids[0], 1, "ada"),
                             end_of_all(1, INT64_C(1700000000000)), login(f, ids[1], 2, "ada"),
                             end};
    batch[4].session.id = span_of(ids[1]);
    assert_true(apply_all(f, batch, 5));
    assert_int_equal(rows_left(), 1);
    assert_shown(f, "ada", "22:13:21.000Z");
}

// More than a slice in each part.
static void
many_are_removed_a_few_at_a_time(void **state)
{
    struct fixture *f = *state;
    postgres_run("INSERT INTO tenured.users(id, slot, name, attributes, version, created_at, "
                 "updated_at) SELECT 'u' || g, g * 6, 'x', '{}', 1, 1, 1 "
                 "FROM generate_series(0, 9999) g; "
                 "INSERT INTO tenured.sessions(k, slot, id, user_id, data, token_hash, version, "
                 "created_at, last_seen_at, idle_ttl, idle_expires_at, expires_at) "
                 "SELECT g, g / 2 * 6, 's_' || g, 'u' || g / 2, '{}', '', 1, 1, 1, 1, "
                 "4000000000000, 4000000000000 FROM generate_series(0, 19999) g");
    assert_true(apply_one(f, end_of_all(20000, NOW)));
    assert_int_equal(rows_left(), 20000);
    f->store->ops->shared->sweep(f->store);
    assert_in_range(rows_left(), 20000 - 10 * 500 * 2, 20000 - 500);
    sweep(f);
    assert_int_equal(rows_left(), 0);
    assert_int_equal(postgres_select_int("SELECT count(*) FROM tenured.users WHERE "
                                         "last_session::json->>'reason' = 'revoked'"),
                     10000);
}

static void
without_memory_the_rows_go_another_time(void **state)
{
    char ids[2][ID_SIZE];
    struct fixture *f = *state;
    size_t failed = 0;
    struct change batch[] = {user_change("ada", "Ada", 1), login(f, ids[0], 1, "ada"),
                             login(f, ids[1], 2, "ada"), end_of_all(2, NOW)};
    assert_true(apply_all(f, batch, 4));
    for (long n = 0; rows_left() > 0; n++) {
        realloc_fails_after = n;
        f->store->ops->shared->sweep(f->store);
        failed += realloc_fails_after == 0;
        realloc_fails_after = -1;
        assert_true(n < 1000 && (rows_left() == 2 || rows_left() == 0));
    }
    assert_true(failed > 0);
    assert_sessions(f, "");
    sweep(f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(rows_that_are_still_there_answer_nobody)
            ON_POSTGRES(nobody_changes_a_row_that_ended_with_all)
                ON_POSTGRES(of_several_that_ended_the_last_one_is_shown)
                    ON_POSTGRES(what_ended_later_by_itself_stays_shown)
                        ON_POSTGRES(many_are_removed_a_few_at_a_time)
                            ON_POSTGRES(without_memory_the_rows_go_another_time)};
    return postgres_is_there() ? cmocka_run_group_tests(tests, postgres_start, postgres_stop) : 0;
}
