// SPDX-License-Identifier: MIT
//
// What expires ends without anybody asking for it, a few sessions at a time, and not while the
// store is down.
#include "domain_fixture.h"
#include "domain/sweeper.h"

enum { SHORT_MS = 200, LONG_MS = 3600000, MANY = 3 * SWEEPER_ENDINGS };

// Waits at most 15 s.
static bool
becomes(uint64_t (*figure)(void), uint64_t value)
{
    for (int i = 0; i < 1500 && figure() != value; i++)
        wait_ms(10);
    return figure() == value;
}

static uint64_t
live(void)
{
    return figures().sessions_live;
}

static uint64_t
ended(void)
{
    return figures().counters.sessions_ended[END_EXPIRED_IDLE];
}

static void
an_expired_session_ends_without_a_reader(void **state)
{
    struct making gone, stays;
    struct asking q;
    put("ada", "Ada");
    make_with(&gone, "ada", SHORT_MS, LONG_MS);
    make_with(&stays, "ada", LONG_MS, LONG_MS);
    assert_true(becomes(live, 1));
    lanes_flush(fixture->domain->lanes);
    assert_int_equal(rows_in_store(), 1);
    ask(&q, "ada");
    assert_non_null(strstr(q.document, "\"reason\":\"expired_idle\""));
    assert_true(is_live("ada", &stays));
}

// The thread of the fixture's domain makes way, so that the test can hold by itself.
static void
sweep_by_hand(void)
{
    sweeper_stop(fixture->domain->sweeper);
    fixture->domain->sweeper = NULL;
}

static void
a_hold_ends_a_few_and_a_lap_all(void **state)
{
    struct making m;
    char user[24];
    size_t cursor = 0, all = 0, last;
    sweep_by_hand();
    for (int i = 0; i < MANY; i++) {
        snprintf(user, sizeof user, "user-%d", i);
        put(user, "Somebody");
        make_with(&m, user, i % 2 ? LONG_MS : SHORT_MS, LONG_MS);
    }
    int64_t now = clock_ms() + SHORT_MS;
    for (unsigned i = 0; i < fixture->domain->shard_count; i++)
        for (int hold = 0; hold < MANY; hold++) {
            last = sweeper_hold(&fixture->domain->shards[i], &cursor, SWEEPER_SLOTS, now);
            assert_in_range(last, 0, SWEEPER_ENDINGS);
            all += last;
        }
    assert_int_equal(all, MANY / 2);
    assert_int_equal(live(), MANY / 2);
}

static void
a_lap_that_does_not_end_is_late(void **state)
{
    size_t cursor = SIZE_MAX;
    sweep_by_hand();
    for (unsigned i = 0; i < fixture->domain->shard_count; i++, cursor = SIZE_MAX)
        sweeper_hold(&fixture->domain->shards[i], &cursor, 1, clock_ms());
    assert_int_equal(figures().sweep_lag_ms, 0);
    fixture->domain->shards[1].lap_due = clock_ms() - 5000;
    assert_in_range(figures().sweep_lag_ms, 5000, 9000);
}

static void
a_hold_looks_at_no_more_slots_than_it_may(void **state)
{
    struct making m;
    size_t cursor = 0, holds = 0;
    sweep_by_hand();
    put("ada", "Ada");
    make_with(&m, "ada", SHORT_MS, LONG_MS);
    struct shard *s = shard_of("ada");
    size_t room = s->sessions.room;
    while (sweeper_hold(s, &cursor, 1, clock_ms() + SHORT_MS) == 0) {
        assert_int_equal(cursor, holds + 1);
        assert_true(++holds < room);
    }
    assert_int_equal(live(), 0);
}

static void
nothing_is_swept_while_the_store_is_down(void **state)
{
    struct making m;
    put("ada", "Ada");
    make_with(&m, "ada", SHORT_MS, LONG_MS);
    fixture->failing = true;
    wait_ms(SHORT_MS + 5 * SWEEPER_TICK_MS);
    assert_int_equal(ended(), 0);
    assert_false(is_live("ada", &m)); // a reader is told the truth all the same
    assert_int_equal(ended(), 1);
    fixture->failing = false;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(an_expired_session_ends_without_a_reader),
        DOMAIN_TEST(a_hold_ends_a_few_and_a_lap_all),
        DOMAIN_TEST(a_lap_that_does_not_end_is_late),
        DOMAIN_TEST(a_hold_looks_at_no_more_slots_than_it_may),
        DOMAIN_TEST(nothing_is_swept_while_the_store_is_down),
    };
    return cmocka_run_group_tests_name("sweeper", tests, NULL, NULL);
}
