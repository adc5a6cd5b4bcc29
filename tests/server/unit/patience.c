// SPDX-License-Identifier: MIT
//
// server/store/patience.c: when waiting for the store is too long.
#include "store/patience.h"

#include "base/clock.h"
#include "support.h"

#define SECOND UINT64_C(1000000000)

static void
nothing_is_too_long_without_a_limit(void **state)
{
    struct patience p = {0};
    patience_begin(&p, 1);
    assert_false(patience_is_over(&p));
}

static void
what_began_longer_ago_than_the_limit_is_too_long(void **state)
{
    struct patience p = {0};
    patience_set(&p, 60000);
    patience_begin(&p, clock_monotonic_ns() - 59 * SECOND);
    assert_false(patience_is_over(&p));
    patience_begin(&p, clock_monotonic_ns() - 61 * SECOND);
    assert_true(patience_is_over(&p));
}

static void
what_has_ended_is_not(void **state)
{
    struct patience p = {0};
    patience_set(&p, 1);
    assert_false(patience_is_over(&p));
    patience_begin(&p, clock_monotonic_ns() - SECOND);
    patience_end(&p);
    assert_false(patience_is_over(&p));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_too_long_without_a_limit),
        cmocka_unit_test(what_began_longer_ago_than_the_limit_is_too_long),
        cmocka_unit_test(what_has_ended_is_not),
    };
    return cmocka_run_group_tests_name("patience", tests, NULL, NULL);
}
