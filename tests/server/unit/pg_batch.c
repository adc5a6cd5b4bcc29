// SPDX-License-Identifier: MIT
//
// A batch over PostgreSQL: what its changes do together, how it finds its rows, and what happens
// when memory ends in the middle of it.
#include "failing_realloc.h"
#include "store_fixture.h"

enum { ID_SIZE = 29 };

// With the slot of its user, as ids have it.
static struct change
login(struct fixture *f, char id[ID_SIZE], int64_t k, const char *user, int64_t most)
{
    struct change c = session_change(k, user);
    unsigned slot = store_slot_of_user(f->store->slot_key, span_of(user));
    snprintf(id, ID_SIZE, "s_%04x", slot);
    c.session.id = span_of(id);
    c.most = most;
    return c;
}

// --- Together ---------------------------------------------------------------------------------

static void
new_sessions_of_one_batch_count_each_other(void **state)
{
    char ids[5][ID_SIZE];
    struct fixture *f = *state;
    struct change batch[] = {user_change("ada", "Ada", 1),  user_change("bob", "Bob", 1),
                             login(f, ids[0], 1, "ada", 2), login(f, ids[1], 2, "ada", 2),
                             login(f, ids[2], 3, "bob", 2), login(f, ids[3], 4, "ada", 2),
                             login(f, ids[4], 5, "bob", 2)};
    assert_true(apply_all(f, batch, 7));
    assert_sessions(f, "1 ada;2 ada;3 bob;5 bob;");
    for (int i = 2; i < 7; i++)
        assert_int_equal(batch[i].result, i == 5 ? CHANGE_STALE : CHANGE_APPLIED);
    assert_true(apply_one(f, login(f, ids[0], 6, "ada", 2)));
    assert_sessions(f, "1 ada;2 ada;3 bob;5 bob;");
}

static void
a_place_that_a_batch_makes_is_taken_by_what_follows(void **state)
{
    char ids[2][ID_SIZE];
    struct fixture *f = *state;
    struct change first[] = {user_change("ada", "Ada", 1), login(f, ids[0], 1, "ada", 1)};
    assert_true(apply_all(f, first, 2));
    struct change end = end_change(1, "ada", "{}");
    end.session.id = span_of(ids[0]);
    struct change batch[] = {login(f, ids[1], 2, "ada", 1), end, login(f, ids[1], 3, "ada", 1)};
    assert_true(apply_all(f, batch, 3));
    assert_int_equal(batch[0].result, CHANGE_STALE);
    assert_int_equal(batch[2].result, CHANGE_APPLIED);
    assert_sessions(f, "3 ada;");
}

// Who was deleted and made again has the same version, and is somebody else.
static void
a_change_of_who_was_made_again_since_is_stale(void **state)
{
    struct fixture *f = *state;
    struct change other = user_change("ada", "Ada", 2), same = user_change("ada", "Countess", 2);
    assert_true(apply_one(f, user_change("ada", "Ada", 1)));
    other.expected = same.expected = 1;
    other.user.created_at--;
    assert_true(apply_all(f, &other, 1));
    assert_int_equal(other.result, CHANGE_STALE);
    assert_true(apply_all(f, &same, 1));
    assert_int_equal(same.result, CHANGE_APPLIED);
}

static void
a_new_session_of_nobody_is_stale_beside_others(void **state)
{
    char ids[3][ID_SIZE];
    struct fixture *f = *state;
    struct change batch[] = {user_change("ada", "Ada", 1), login(f, ids[0], 1, "nobody", 9),
                             login(f, ids[1], 2, "ada", 9), login(f, ids[2], 3, "nobody", 9)};
    assert_true(apply_all(f, batch, 4));
    assert_sessions(f, "2 ada;");
    assert_int_equal(batch[1].result, CHANGE_STALE);
    assert_int_equal(batch[2].result, CHANGE_APPLIED);
    assert_int_equal(batch[3].result, CHANGE_STALE);
}

static void
of_two_touches_of_a_session_the_later_one_counts(void **state)
{
    static const struct touch touches[] = {{1, 30, 50, SPAN("s_0001")},
                                           {1, 20, 40, SPAN("s_0001")}};
    struct fixture *f = *state;
    assert_true(apply_one(f, session_change(1, "ada")));
    assert_true(apply_one(
        f, (struct change){.kind = CHANGE_TOUCH_SESSIONS, .touches = touches, .count = 2}));
    assert_int_equal(
        postgres_select_int("SELECT last_seen_at * 1000 + idle_expires_at FROM tenured.sessions"),
        30050);
}

enum { MANY = 40 };

// Everybody logs in, is seen, and every other time leaves.
static void
apply_all_kinds(struct fixture *f, int64_t round)
{
    static char ids[MANY][ID_SIZE], users[MANY][8];
    struct change batch[3 * MANY + 1];
    struct touch touches[MANY];
    for (int64_t i = 0; i < MANY; i++) {
        int64_t k = round * MANY + i;
        snprintf(users[i], sizeof users[i], "u%d", (int)i);
        batch[i] = user_change(users[i], "A", 1);
        batch[MANY + i] = login(f, ids[i], k, users[i], 99);
        touches[i] = (struct touch){k, 9, 9, span_of(ids[i])};
        batch[2 * MANY + 1 + i] = end_change(k, users[i], "{}");
        batch[2 * MANY + 1 + i].session.id = span_of(ids[i]);
    }
    batch[2 * MANY] =
        (struct change){.kind = CHANGE_TOUCH_SESSIONS, .touches = touches, .count = MANY};
    assert_true(apply_all(f, batch, round % 2 ? 3 * MANY + 1 : 2 * MANY + 1));
}

// A connection tells what it did when it ends.
static int64_t
scans(struct fixture *f, const char *how)
{
    char sql[160], error[256];
    f->store->ops->close(f->store);
    snprintf(sql, sizeof sql,
             "SELECT sum(%s)::bigint FROM pg_stat_user_tables WHERE relname ~ "
             "'^(users|sessions)_'",
             how);
    int64_t count = postgres_select_int(sql);
    f->store = store_open(&f->config, error, sizeof error);
    assert_non_null(f->store);
    return count;
}

// That is what the planner likes best while a table is small, and goes on with when it is not.
static void
a_batch_reads_no_table_as_a_whole(void **state)
{
    struct fixture *f = *state;
    int64_t before = scans(f, "seq_scan"), by_index = scans(f, "idx_scan");
    for (int64_t round = 0; round < 8; round++)
        apply_all_kinds(f, round);
    assert_int_equal(scans(f, "seq_scan"), before);
    assert_true(scans(f, "idx_scan") > by_index + 8 * 3 * MANY);
}

// --- Without memory ---------------------------------------------------------------------------

enum { TOUCHES = 40, SESSIONS = 3 };

// All kinds whose texts are built.
struct batch {
    struct touch touches[TOUCHES];
    int64_t keys[TOUCHES];
    struct change changes[SESSIONS + 3];
};

static void
fill(struct batch *b, int64_t first_k)
{
    for (int64_t i = 0; i < TOUCHES; i++) {
        b->touches[i] = (struct touch){i, 9, 9, SPAN("s_0001")};
        b->keys[i] = 1000 + i;
    }
    b->changes[0] = user_change("ada", "Ada", 1);
    b->changes[1] =
        (struct change){.kind = CHANGE_TOUCH_SESSIONS, .touches = b->touches, .count = TOUCHES};
    b->changes[2] = (struct change){
        .kind = CHANGE_DELETE_USER, .user = {.id = SPAN("eve")}, .keys = b->keys, .count = TOUCHES};
    for (int64_t i = 0; i < SESSIONS; i++)
        b->changes[3 + i] = session_change(first_k + i, "ada");
}

static struct pg * /* new */
listen_to_others(void)
{
    char error[256];
    struct pg *other = pg_open(postgres_conninfo, error, sizeof error);
    assert_int_equal(pg_execute(other, "LISTEN tenured"), PG_OK);
    return other;
}

struct told {
    size_t ada, anything;
};

static void
hear(void *arg, struct span payload)
{
    struct told *told = arg;
    told->ada += memmem(payload.data, payload.len, "ada", 3) != NULL;
    told->anything += payload.data[payload.len - 1] == '*';
}

// Where memory ends in the notice alone, others are told that anything changed.
static void
a_batch_without_memory_does_nothing_or_all_and_tells_it(void **state)
{
    struct fixture *f = *state;
    struct pg *other = listen_to_others();
    struct told told = {0};
    size_t applied = 0, failed = 0;
    for (long n = 0; told.ada == 0; n++) {
        struct batch b;
        fill(&b, (int64_t)applied * SESSIONS);
        realloc_fails_after = n;
        bool ok = apply_all(f, b.changes, SESSIONS + 3);
        bool had_its_moment = realloc_fails_after == 0;
        realloc_fails_after = -1;
        applied += ok;
        failed += !ok;
        assert_int_equal(f->store->ops->healthy(f->store), ok);
        assert_int_equal(postgres_select_int("SELECT count(*) FROM tenured.sessions"),
                         applied * SESSIONS);
        assert_true(pg_wait(other, ok ? 2000 : 0, hear, &told));
        assert_int_equal(told.ada + told.anything, applied);
        assert_true(ok || had_its_moment);
    }
    assert_true(failed > 10); // locks, touches, keys, columns
    assert_true(told.anything > 0);
    pg_close(other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(new_sessions_of_one_batch_count_each_other)
            ON_POSTGRES(a_place_that_a_batch_makes_is_taken_by_what_follows)
                ON_POSTGRES(a_change_of_who_was_made_again_since_is_stale)
                    ON_POSTGRES(a_new_session_of_nobody_is_stale_beside_others)
                        ON_POSTGRES(of_two_touches_of_a_session_the_later_one_counts)
                            ON_POSTGRES(a_batch_reads_no_table_as_a_whole) ON_POSTGRES(
                                a_batch_without_memory_does_nothing_or_all_and_tells_it)};
    return postgres_is_there() ? cmocka_run_group_tests(tests, postgres_start, postgres_stop) : 0;
}
