// SPDX-License-Identifier: MIT
//
// What the system says about the test itself.
#include "base/process.h"
#include "support.h"

#include <unistd.h>

static void
resident_bytes_rise_with_what_is_touched(void **state)
{
    enum { TOUCHED = 32 << 20 };
    struct process_memory before, after;
    process_read_memory(&before);
    volatile char *block = malloc(TOUCHED);
    for (size_t i = 0; i < TOUCHED; i += 1024)
        block[i] = 1;
    process_read_memory(&after);
    free((void *)block);
    assert_true(before.rss > 0);
    assert_true(after.rss >= before.rss + TOUCHED / 2);
}

static void
a_group_that_is_not_known_is_minus_one_and_never_zero(void **state)
{
    struct process_memory m;
    process_read_memory(&m);
    assert_true(m.cgroup_current == -1 || m.cgroup_current > 0);
    assert_true(m.cgroup_max == -1 || m.cgroup_max > 0);
}

static void
there_is_at_least_one_core_and_no_more_than_the_machine_has(void **state)
{
    assert_in_range(process_cores(0, 1), 1, sysconf(_SC_NPROCESSORS_CONF));
}

static void
a_wish_goes_before_the_cores_and_zero_is_none(void **state)
{
    assert_int_equal(process_cores(7, 2), 7);
    assert_int_equal(process_cores(1, 2), 1);
    assert_in_range(process_cores(0, 1000), 1000, 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resident_bytes_rise_with_what_is_touched),
        cmocka_unit_test(a_group_that_is_not_known_is_minus_one_and_never_zero),
        cmocka_unit_test(there_is_at_least_one_core_and_no_more_than_the_machine_has),
        cmocka_unit_test(a_wish_goes_before_the_cores_and_zero_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
