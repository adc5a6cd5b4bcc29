// SPDX-License-Identifier: MIT
//
// server/admin/quota.c: a minute's calls may come at once, and then as many as time brings.
#include "admin/quota.h"
#include "support.h"

#define SECOND UINT64_C(1000000000)

enum { START = 7 }; // s, on a clock of the test's own

static bool
take(struct quota *q, double after_s, long *wait_s)
{
    *wait_s = 0;
    return quota_take(q, (uint64_t)((START + after_s) * (double)SECOND), wait_s);
}

static unsigned
take_all(struct quota *q, double after_s)
{
    long wait_s;
    unsigned count = 0;
    while (take(q, after_s, &wait_s))
        count++;
    return count;
}

static void
a_minutes_calls_may_come_at_once(void **state)
{
    struct quota q = {.limit = 30};
    long wait_s;
    assert_int_equal(take_all(&q, 0), 30);
    assert_false(take(&q, 0, &wait_s));
    assert_in_range(wait_s, 2, 3);
}

static void
who_waits_as_long_as_told_is_let_in(void **state)
{
    struct quota q = {.limit = 6};
    long wait_s, ignored;
    take_all(&q, 0);
    assert_false(take(&q, 3, &wait_s));
    assert_in_range(wait_s, 7, 8);
    assert_true(take(&q, 3.0 + (double)wait_s, &ignored));
}

static void
it_fills_evenly_and_holds_no_more_than_a_minutes_calls(void **state)
{
    struct quota q = {.limit = 60};
    assert_int_equal(take_all(&q, 0), 60);
    assert_int_equal(take_all(&q, 10.5), 10);
    assert_int_equal(take_all(&q, 3600), 60);
}

static void
a_refusal_costs_nothing(void **state)
{
    struct quota q = {.limit = 60};
    long wait_s;
    take_all(&q, 0);
    for (int i = 1; i < 10; i++)
        assert_false(take(&q, i * 0.1, &wait_s));
    assert_true(take(&q, 1.01, &wait_s));
}

static void
a_limit_of_0_is_none(void **state)
{
    struct quota q = {.limit = 0};
    long wait_s;
    for (int i = 0; i < 10000; i++)
        assert_true(take(&q, 0, &wait_s));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minutes_calls_may_come_at_once),
        cmocka_unit_test(who_waits_as_long_as_told_is_let_in),
        cmocka_unit_test(it_fills_evenly_and_holds_no_more_than_a_minutes_calls),
        cmocka_unit_test(a_refusal_costs_nothing),
        cmocka_unit_test(a_limit_of_0_is_none),
    };
    return cmocka_run_group_tests_name("quota", tests, NULL, NULL);
}
