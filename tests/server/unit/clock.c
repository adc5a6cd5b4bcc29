// SPDX-License-Identifier: MIT
//
// server/base/clock.c: wall clock, monotonic clock, durations.
#include "support.h"

#include "base/clock.h"

#include <time.h>

static void
every_unit_of_a_duration_is_known(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {{"0s", 0},         {"500ms", 500},
                {"10s", 10000},    {"5m", 300000},
                {"24h", 86400000}, {"30d", 2592000000},
                {"007s", 7000},    {"106751991167d", 9223372036828800000}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t ms = -1;
        assert_true(duration_parse(rows[i].text, &ms));
        assert_int_equal(ms, rows[i].ms);
    }
}

static void
anything_else_is_no_duration(void **state)
{
    static const char *const rows[] = {"",
                                       "s",
                                       "10",
                                       "-1s",
                                       "+1s",
                                       "1.5s",
                                       " 1s",
                                       "1s ",
                                       "1 s",
                                       "1S",
                                       "1w",
                                       "1sec",
                                       "0x1s",
                                       "1m1s",
                                       "ms",
                                       "106751991168d",
                                       "99999999999999999999ms"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t ms;
        assert_false(duration_parse(rows[i], &ms));
    }
}

static void
a_duration_is_printed_as_people_write_it(void **state)
{
    static const char *const rows[] = {"0s",  "1ms", "999ms", "1s",  "1500ms", "60s",
                                       "90s", "60m", "90m",   "24h", "36h",    "30d"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[DURATION_SIZE];
        int64_t ms;
        assert_true(duration_parse(rows[i], &ms));
        duration_print(ms, text);
        assert_string_equal(text, rows[i]);
    }
}

static void
tests_can_move_the_wall_clock(void **state)
{
    int64_t real = (int64_t)time(NULL) * 1000;
    assert_in_range(clock_ms() - real, 3600000 - 2000, 3600000 + 2000);
}

static void
the_monotonic_clock_does_not_step_back(void **state)
{
    uint64_t before = clock_monotonic_ns();
    for (int i = 0; i < 1000; i++) {
        uint64_t now = clock_monotonic_ns();
        assert_true(now >= before);
        before = now;
    }
}

// Asked by the service's clock in place of the system's.
int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
static time_t step;      // of the wall clock, in seconds
static time_t suspended; // so long the system was, which one clock does not count

int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = __real_clock_gettime(clock, now);
    if (clock == CLOCK_REALTIME)
        now->tv_sec += step;
    if (clock == CLOCK_BOOTTIME)
        now->tv_sec += suspended;
    return result;
}

static void
a_wall_clock_that_is_set_moves_nothing(void **state)
{
    static const time_t steps[] = {3600, -3600, 86400 * 365, -86400 * 365};
    int64_t before = clock_ms();
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        step = steps[i];
        assert_in_range(clock_ms() - before, 0, 60000);
    }
    step = 0;
}

// What was read before it is not fresh after it.
static void
a_suspension_counts(void **state)
{
    uint64_t before = clock_monotonic_ns();
    int64_t before_ms = clock_ms();
    suspended = 3600;
    assert_in_range(clock_monotonic_ns() - before, UINT64_C(3600000000000),
                    UINT64_C(3660000000000));
    assert_in_range(clock_ms() - before_ms, 3600000, 3660000);
    suspended = 0;
}

int
main(void)
{
    setenv("TENURED_TEST_CLOCK_OFFSET_MS", "3600000", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_unit_of_a_duration_is_known),
        cmocka_unit_test(anything_else_is_no_duration),
        cmocka_unit_test(a_duration_is_printed_as_people_write_it),
        cmocka_unit_test(tests_can_move_the_wall_clock),
        cmocka_unit_test(the_monotonic_clock_does_not_step_back),
        cmocka_unit_test(a_wall_clock_that_is_set_moves_nothing),
        cmocka_unit_test(a_suspension_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
