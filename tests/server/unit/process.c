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
    char *block = malloc(TOUCHED);
    memset(block, 1, TOUCHED);
    process_read_memory(&after);
    free(block);
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
    assert_in_range(process_cores(), 1, sysconf(_SC_NPROCESSORS_CONF));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resident_bytes_rise_with_what_is_touched),
        cmocka_unit_test(a_group_that_is_not_known_is_minus_one_and_never_zero),
        cmocka_unit_test(there_is_at_least_one_core_and_no_more_than_the_machine_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
