// SPDX-License-Identifier: MIT
//
// When requests are due, at equal distances and by chance.
#include "schedule.h"
#include "support.h"

#include <math.h>

enum { MANY = 200000 };

static void
constant_arrivals_keep_their_distance(void **state)
{
    struct schedule s;
    uint64_t random = 1;
    schedule_init(&s, false, 500000);
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(schedule_next(&s, 1000, &random), 500000 + i * 1000000);
    assert_int_equal(schedule_due(&s), 1000500000);
}

static void
a_rate_that_changes_holds_from_the_next_one_on(void **state)
{
    struct schedule s;
    uint64_t random = 1;
    schedule_init(&s, false, 0);
    assert_int_equal(schedule_next(&s, 1000, &random), 0);
    assert_int_equal(schedule_next(&s, 2000, &random), 1000000);
    assert_int_equal(schedule_next(&s, 2000, &random), 1500000);
}

// Exponential: mean and deviation are the same, and the share of the long ones is that of the law.
static void
poisson_arrivals_are_exponentially_apart(void **state)
{
    struct schedule s;
    uint64_t random = 1;
    double sum = 0, squares = 0;
    int longer = 0;
    schedule_init(&s, true, 0);
    double before = 0;
    for (int i = 0; i < MANY; i++) {
        schedule_next(&s, 1000, &random);
        double ms = (s.next_ns - before) / 1e6;
        before = s.next_ns;
        sum += ms;
        squares += ms * ms;
        longer += ms > 3;
    }
    double mean = sum / MANY, deviation = sqrt(squares / MANY - mean * mean);
    assert_true(fabs(mean - 1) < 0.02 && fabs(deviation - 1) < 0.02);
    assert_true(fabs((double)longer / MANY - exp(-3)) < 0.003);
}

static void
a_seed_makes_the_same_schedule_again(void **state)
{
    struct schedule a, b;
    uint64_t x = 42, y = 42;
    schedule_init(&a, true, 0);
    schedule_init(&b, true, 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(schedule_next(&a, 500, &x), schedule_next(&b, 500, &y));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_arrivals_keep_their_distance),
        cmocka_unit_test(a_rate_that_changes_holds_from_the_next_one_on),
        cmocka_unit_test(poisson_arrivals_are_exponentially_apart),
        cmocka_unit_test(a_seed_makes_the_same_schedule_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
