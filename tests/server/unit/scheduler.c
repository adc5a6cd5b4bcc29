// SPDX-License-Identifier: MIT
//
// The scheduler against a world that the test moves: no test sleeps through an interval.
#include "gc/scheduler.h"
#include "support.h"

#define MS 1000000

static const struct config_rule SLOW = {
    .name = "slow", .enabled = true, .amount = 100, .generation = 2};
static const struct config_rule FAST = {.name = "fast", .enabled = true, .amount = 30};

static struct senses
at(uint64_t ms)
{
    return (struct senses){.now_ns = ms * MS, .limit = -1};
}

static void
begin(struct scheduler *s, const struct config_rule *rules, size_t count)
{
    const struct senses now = at(0);
    scheduler_init(s, rules, count, &now, 1);
}

// The name of the rule that runs now, or "".
static const char *
take(struct scheduler *s, const struct senses *now)
{
    const struct schedule *due = scheduler_take_due(s, now, 1);
    return due ? due->rule.name : "";
}

#define ASSERT_RUNS(s, now, name) assert_string_equal(take(s, now), name)
#define ASSERT_RESTS(s, now)      assert_string_equal(take(s, now), "")

static uint64_t
skipped(const struct scheduler *s, enum skip_reason reason)
{
    return s->rules[0].skipped[reason];
}

// --- every -----------------------------------------------------------------------------------

static void
without_rules_nothing_ever_falls_due(void **state)
{
    struct scheduler s;
    const struct senses late = at(1000000);
    begin(&s, NULL, 0);
    assert_int_equal(scheduler_next_ns(&s), UINT64_MAX);
    ASSERT_RESTS(&s, &late);
}

static void
a_disabled_rule_never_falls_due(void **state)
{
    struct scheduler s;
    const struct senses late = at(1000);
    begin(&s, &(struct config_rule){.name = "off", .amount = 10}, 1);
    assert_int_equal(scheduler_next_ns(&s), UINT64_MAX);
    ASSERT_RESTS(&s, &late);
}

static void
the_first_run_is_one_interval_after_the_start(void **state)
{
    struct scheduler s;
    const struct senses early = at(99), due = at(100);
    begin(&s, &SLOW, 1);
    assert_int_equal(scheduler_next_ns(&s), 100 * MS);
    ASSERT_RESTS(&s, &early);
    ASSERT_RUNS(&s, &due, "slow");
    ASSERT_RESTS(&s, &due);
    assert_int_equal(scheduler_next_ns(&s), 200 * MS);
    assert_int_equal(s.rules[0].runs, 1);
    assert_int_equal(s.rules[0].last_at, 1);
}

static void
the_rule_that_waits_longest_goes_first(void **state)
{
    struct scheduler s;
    const struct senses now = at(101);
    begin(&s, (const struct config_rule[]){SLOW, FAST}, 2);
    ASSERT_RUNS(&s, &now, "fast");
    ASSERT_RUNS(&s, &now, "slow");
    ASSERT_RESTS(&s, &now);
}

static void
missed_runs_are_made_up_by_one_and_the_rhythm_stays(void **state)
{
    struct scheduler s;
    const struct senses now = at(100); // 30, 60 and 90 have passed
    begin(&s, &FAST, 1);
    ASSERT_RUNS(&s, &now, "fast");
    ASSERT_RESTS(&s, &now);
    assert_int_equal(scheduler_next_ns(&s), 120 * MS);
    assert_int_equal(skipped(&s, SKIP_BUSY), 2);
}

static void
jitter_delays_a_run_and_keeps_the_rhythm(void **state)
{
    struct scheduler s;
    struct config_rule rule = SLOW;
    uint64_t least = UINT64_MAX, most = 0;
    rule.jitter_ms = 50;
    begin(&s, &rule, 1);
    for (uint64_t n = 1; n <= 100; n++) {
        uint64_t late = scheduler_next_ns(&s) - n * 100 * MS;
        least = late < least ? late : least;
        most = late > most ? late : most;
        const struct senses now = at(n * 100 + 50);
        ASSERT_RUNS(&s, &now, "slow");
    }
    assert_true(least < 10 * MS && most > 40 * MS && most <= 50 * MS);
}

// --- The other triggers ----------------------------------------------------------------------

static void
a_rule_runs_after_so_many_requests(void **state)
{
    struct scheduler s;
    struct senses now = at(1);
    const struct config_rule rule = {
        .name = "busy", .enabled = true, .trigger = RULE_EVERY_REQUESTS, .amount = 1000};
    begin(&s, &rule, 1);
    assert_true(scheduler_watches(&s));
    now.requests = 999;
    ASSERT_RESTS(&s, &now);
    now.requests = 1000;
    ASSERT_RUNS(&s, &now, "busy");
    now.requests = 1999;
    ASSERT_RESTS(&s, &now);
    now.requests = 2000;
    ASSERT_RUNS(&s, &now, "busy");
}

static void
an_idle_rule_runs_once_a_rest_and_again_after_requests(void **state)
{
    struct scheduler s;
    struct senses now = at(400);
    const struct config_rule rule = {
        .name = "idle", .enabled = true, .trigger = RULE_IDLE_FOR, .amount = 500};
    begin(&s, &rule, 1);
    now.requests = 1; // at 400: not idle before 900
    ASSERT_RESTS(&s, &now);
    now.now_ns = UINT64_C(899) * MS;
    ASSERT_RESTS(&s, &now);
    now.now_ns = UINT64_C(900) * MS;
    ASSERT_RUNS(&s, &now, "idle");
    now.now_ns = UINT64_C(5000) * MS;
    ASSERT_RESTS(&s, &now); // nothing happened since
    now.requests = 2;
    ASSERT_RESTS(&s, &now);
    now.now_ns = UINT64_C(5500) * MS;
    ASSERT_RUNS(&s, &now, "idle");
}

static void
an_idle_rule_gives_up_waiting_after_its_longest_deferral(void **state)
{
    struct scheduler s;
    struct senses now = at(0);
    const struct config_rule rule = {.name = "idle",
                                     .enabled = true,
                                     .trigger = RULE_IDLE_FOR,
                                     .amount = 500,
                                     .max_defer_ms = 2000};
    begin(&s, &rule, 1);
    for (int ms = 100; ms < 2000; ms += 100) {
        now.now_ns = (uint64_t)ms * MS;
        now.requests++;
        ASSERT_RESTS(&s, &now);
    }
    now.now_ns = UINT64_C(2000) * MS;
    now.requests++;
    ASSERT_RUNS(&s, &now, "idle");
}

static void
a_memory_rule_waits_for_five_points_before_it_runs_again(void **state)
{
    struct scheduler s;
    struct senses now = {.now_ns = 1, .limit = 1000};
    const struct config_rule rule = {.name = "memory",
                                     .enabled = true,
                                     .trigger = RULE_MEMORY_ABOVE,
                                     .is_share = true,
                                     .amount = 80};
    static const struct {
        uint64_t traced;
        bool runs;
    } steps[] = {{800, false}, {801, true},  {801, false}, {851, false}, {852, true},
                 {760, false}, {801, false}, {750, false}, {801, true}};
    begin(&s, &rule, 1);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        now.traced = steps[i].traced;
        ASSERT_RUNS(&s, &now, steps[i].runs ? "memory" : "");
    }
}

static void
a_share_counts_what_the_group_holds_beside_the_heaps(void **state)
{
    struct senses now = {.now_ns = 1, .limit = 1000, .traced = 10, .held = 800};
    struct config_rule r = {.name = "memory",
                            .enabled = true,
                            .trigger = RULE_MEMORY_ABOVE,
                            .amount = 80,
                            .is_share = true};
    struct scheduler s;
    scheduler_init(&s, &r, 1, &now, 1);
    assert_null(scheduler_take_due(&s, &now, 0));
    now.held = 801;
    assert_non_null(scheduler_take_due(&s, &now, 0));
    assert_null(scheduler_take_due(&s, &now, 0)); // once
    r.is_share = false;
    r.amount = 100;
    scheduler_init(&s, &r, 1, &now, 1);
    assert_null(scheduler_take_due(&s, &now, 0)); // the heaps alone
}

static void
a_share_of_no_limit_is_skipped_and_said_once(void **state)
{
    struct scheduler s;
    struct senses now = at(1);
    const struct config_rule rule = {.name = "memory",
                                     .enabled = true,
                                     .trigger = RULE_MEMORY_ABOVE,
                                     .is_share = true,
                                     .amount = 80};
    now.traced = UINT64_C(1) << 40;
    begin(&s, &rule, 1);
    ASSERT_RESTS(&s, &now);
    ASSERT_RESTS(&s, &now);
    assert_int_equal(skipped(&s, SKIP_NO_LIMIT), 1);
}

static void
a_rule_runs_above_so_many_allocations(void **state)
{
    struct scheduler s;
    struct senses now = at(1);
    const struct config_rule rule = {
        .name = "many", .enabled = true, .trigger = RULE_ALLOCATIONS_ABOVE, .amount = 700};
    begin(&s, &rule, 1);
    now.allocations = 700;
    ASSERT_RESTS(&s, &now);
    now.allocations = 701;
    ASSERT_RUNS(&s, &now, "many");
}

// --- What holds a run back -------------------------------------------------------------------

static void
a_run_too_near_to_the_last_one_is_skipped_and_counted_once(void **state)
{
    struct scheduler s;
    struct senses now = at(1);
    const struct config_rule rule = {.name = "busy",
                                     .enabled = true,
                                     .trigger = RULE_EVERY_REQUESTS,
                                     .amount = 10,
                                     .min_interval_ms = 100};
    begin(&s, &rule, 1);
    now.requests = 10;
    ASSERT_RUNS(&s, &now, "busy");
    now.requests = 20;
    now.now_ns = UINT64_C(50) * MS;
    ASSERT_RESTS(&s, &now);
    ASSERT_RESTS(&s, &now);
    assert_int_equal(skipped(&s, SKIP_MIN_INTERVAL), 1);
    now.now_ns = UINT64_C(101) * MS;
    ASSERT_RUNS(&s, &now, "busy");
}

static void
a_run_waits_for_a_moment_without_requests_but_not_for_ever(void **state)
{
    struct scheduler s;
    struct senses now = at(0);
    struct config_rule rule = SLOW;
    rule.max_defer_ms = 1000;
    begin(&s, &rule, 1);
    for (int ms = 50; ms < 1100; ms += 50) {
        now.now_ns = (uint64_t)ms * MS;
        now.requests++;
        ASSERT_RESTS(&s, &now);
    }
    assert_int_equal(skipped(&s, SKIP_REQUESTS), 1);
    now.now_ns = UINT64_C(1100) * MS;
    now.requests++;
    ASSERT_RUNS(&s, &now, "slow");
    now.now_ns = UINT64_C(1250) * MS; // 150 ms of quiet
    ASSERT_RUNS(&s, &now, "slow");
}

static void
what_somebody_else_did_since_is_not_done_again(void **state)
{
    struct scheduler s;
    const struct senses now = at(110);
    begin(&s, &SLOW, 1);
    scheduler_note_pass(&s, RULE_COLLECT, 1, UINT64_C(105) * MS, &now); // a young one is less
    scheduler_note_pass(&s, RULE_COLLECT, 2, UINT64_C(95) * MS, &now);  // it was not due yet
    assert_int_equal(skipped(&s, SKIP_DONE), 0);
    scheduler_note_pass(&s, RULE_COLLECT, 2, UINT64_C(105) * MS, &now);
    assert_int_equal(skipped(&s, SKIP_DONE), 1);
    ASSERT_RESTS(&s, &now);
    assert_int_equal(scheduler_next_ns(&s), 200 * MS);
}

// --- The list --------------------------------------------------------------------------------

static void
a_changed_rule_begins_anew_and_keeps_its_counts(void **state)
{
    struct scheduler s;
    const struct senses now = at(100);
    struct config_rule rule = SLOW;
    begin(&s, &SLOW, 1);
    ASSERT_RUNS(&s, &now, "slow");
    rule.amount = 7;
    assert_int_equal(scheduler_put(&s, &rule, &now), SCHEDULER_CHANGED);
    assert_int_equal(scheduler_next_ns(&s), 107 * MS);
    assert_int_equal(s.rules[0].runs, 1);
}

static void
there_is_room_for_so_many_rules_and_no_more(void **state)
{
    struct scheduler s;
    const struct senses now = at(0);
    struct config_rule rule = SLOW;
    begin(&s, NULL, 0);
    for (int i = 0; i < CONFIG_MAX_RULES; i++) {
        snprintf(rule.name, sizeof rule.name, "r%d", i);
        assert_int_equal(scheduler_put(&s, &rule, &now), SCHEDULER_CREATED);
    }
    snprintf(rule.name, sizeof rule.name, "more");
    assert_int_equal(scheduler_put(&s, &rule, &now), SCHEDULER_FULL);
    assert_true(scheduler_remove(&s, "r7"));
    assert_false(scheduler_remove(&s, "r7"));
    assert_null(scheduler_find(&s, "r7"));
    assert_non_null(scheduler_find(&s, "r31"));
    assert_int_equal(scheduler_put(&s, &rule, &now), SCHEDULER_CREATED);
}

static void
replacing_the_rules_leaves_those_that_stay_alone(void **state)
{
    struct scheduler s;
    const struct senses now = at(50);
    begin(&s, (const struct config_rule[]){SLOW, FAST}, 2);
    scheduler_replace(&s, &SLOW, 1, &now);
    assert_int_equal(s.count, 1);
    assert_int_equal(scheduler_next_ns(&s), 100 * MS); // not 150
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
        cmocka_unit_test(jitter_delays_a_run_and_keeps_the_rhythm),
        cmocka_unit_test(a_rule_runs_after_so_many_requests),
        cmocka_unit_test(an_idle_rule_runs_once_a_rest_and_again_after_requests),
        cmocka_unit_test(an_idle_rule_gives_up_waiting_after_its_longest_deferral),
        cmocka_unit_test(a_memory_rule_waits_for_five_points_before_it_runs_again),
        cmocka_unit_test(a_share_counts_what_the_group_holds_beside_the_heaps),
        cmocka_unit_test(a_share_of_no_limit_is_skipped_and_said_once),
        cmocka_unit_test(a_rule_runs_above_so_many_allocations),
        cmocka_unit_test(a_run_too_near_to_the_last_one_is_skipped_and_counted_once),
        cmocka_unit_test(a_run_waits_for_a_moment_without_requests_but_not_for_ever),
        cmocka_unit_test(what_somebody_else_did_since_is_not_done_again),
        cmocka_unit_test(a_changed_rule_begins_anew_and_keeps_its_counts),
        cmocka_unit_test(there_is_room_for_so_many_rules_and_no_more),
        cmocka_unit_test(replacing_the_rules_leaves_those_that_stay_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
