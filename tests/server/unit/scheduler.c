// SPDX-License-Identifier: MIT
//
// The scheduler against a clock that the test moves.
#include "gc/scheduler.h"
#include "support.h"

static const uint64_t MS = 1000000;

static const struct config_rule RULES[] = {
    {.name = "slow", .enabled = true, .every_ms = 100, .generation = 2},
    {.name = "fast", .enabled = true, .every_ms = 30, .generation = 0},
    {.name = "off", .enabled = false, .every_ms = 1, .generation = 1},
};

static void
without_rules_nothing_ever_falls_due(void **state)
{
    struct scheduler s;
    scheduler_init(&s, NULL, 0, 0);
    assert_int_equal(scheduler_next_ns(&s), UINT64_MAX);
    assert_null(scheduler_take_due(&s, UINT64_MAX - 1));
}

static void
a_disabled_rule_never_falls_due(void **state)
{
    struct scheduler s;
    scheduler_init(&s, &RULES[2], 1, 0);
    assert_int_equal(scheduler_next_ns(&s), UINT64_MAX);
    assert_null(scheduler_take_due(&s, 1000 * MS));
}

static void
the_first_run_is_one_interval_after_the_start(void **state)
{
    struct scheduler s;
    scheduler_init(&s, RULES, 1, 7 * MS);
    assert_int_equal(scheduler_next_ns(&s), 107 * MS);
    assert_null(scheduler_take_due(&s, 107 * MS - 1));
    assert_ptr_equal(scheduler_take_due(&s, 107 * MS), &RULES[0]);
    assert_null(scheduler_take_due(&s, 107 * MS));
    assert_int_equal(scheduler_next_ns(&s), 207 * MS);
}

static void
the_rule_that_waits_longest_goes_first(void **state)
{
    struct scheduler s;
    scheduler_init(&s, RULES, 3, 0);
    assert_int_equal(scheduler_next_ns(&s), 30 * MS);
    assert_ptr_equal(scheduler_take_due(&s, 101 * MS), &RULES[1]);
    assert_ptr_equal(scheduler_take_due(&s, 101 * MS), &RULES[0]);
    assert_null(scheduler_take_due(&s, 101 * MS));
}

static void
missed_runs_are_made_up_by_one_and_the_rhythm_stays(void **state)
{
    struct scheduler s;
    scheduler_init(&s, &RULES[1], 1, 0);
    assert_ptr_equal(scheduler_take_due(&s, 100 * MS), &RULES[1]); // 30, 60 and 90 have passed
    assert_null(scheduler_take_due(&s, 100 * MS));
    assert_int_equal(scheduler_next_ns(&s), 120 * MS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_rules_nothing_ever_falls_due),
        cmocka_unit_test(a_disabled_rule_never_falls_due),
        cmocka_unit_test(the_first_run_is_one_interval_after_the_start),
        cmocka_unit_test(the_rule_that_waits_longest_goes_first),
        cmocka_unit_test(missed_runs_are_made_up_by_one_and_the_rhythm_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
