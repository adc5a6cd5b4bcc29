// SPDX-License-Identifier: MIT
//
// Control groups of both versions, in a directory that looks like a machine's.
#include "base/cgroup.h"
#include "base/process.h"
#include "support.h"

#include <errno.h>
#include <sys/stat.h>

#define MIB     (INT64_C(1) << 20)
#define NO_V1   "9223372036854771712\n"
#define TOP     "sys/fs/cgroup"
#define INSIDE  TOP "/pods/one"
#define INSIDE1 TOP "/memory/pods/one"

static int
set_up(void **state)
{
    char *folder = tempdir_new();
    *state = folder;
    return setenv("TENURED_TEST_ROOT", folder, 1);
}

static int
tear_down(void **state)
{
    unsetenv("TENURED_TEST_ROOT");
    tempdir_free(*state);
    return 0;
}

// With every folder on the way.
static void
write_file(void **state, const char *name, const char *text)
{
    char path[4096];
    const char *folder = *state;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *slash = path + strlen(folder); (slash = strchr(slash + 1, '/')) != NULL;) {
        *slash = '\0';
        assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
        *slash = '/';
    }
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void
expect_group(int64_t current, int64_t max, int64_t held)
{
    struct cgroup_memory m;
    cgroup_read_memory(&m);
    assert_int_equal(m.current, current);
    assert_int_equal(m.max, max);
    assert_int_equal(m.held, held);
}

// --- Memory ------------------------------------------------------------------------------------

static void
version_2_has_a_limit_and_what_is_held_is_all_but_cached_files(void **state)
{
    write_file(state, "proc/self/cgroup", "0::/pods/one\n");
    write_file(state, INSIDE "/memory.max", "268435456\n");
    write_file(state, INSIDE "/memory.current", "104857600\n");
    write_file(state, INSIDE "/memory.stat",
               "anon 62914560\nfile 41943040\ninactive_file 10485760\nactive_file 20971520\n");
    expect_group(100 * MIB, 256 * MIB, 70 * MIB);
}

static void
version_1_has_a_limit_and_counts_the_groups_below(void **state)
{
    write_file(state, "proc/self/cgroup",
               "11:cpu,cpuacct:/other\n4:pids,memory:/pods/one\n0::/unified\n");
    write_file(state, INSIDE1 "/memory.limit_in_bytes", "268435456\n");
    write_file(state, INSIDE1 "/memory.usage_in_bytes", "104857600\n");
    write_file(state, INSIDE1 "/memory.stat",
               "inactive_file 1\nactive_file 1\ntotal_inactive_file 10485760\n"
               "total_active_file 20971520\n");
    expect_group(100 * MIB, 256 * MIB, 70 * MIB);
}

static void
the_smallest_limit_on_the_way_up_counts_with_what_that_group_holds(void **state)
{
    write_file(state, "proc/self/cgroup", "0::/pods/one\n");
    write_file(state, INSIDE "/memory.max", "max\n");
    write_file(state, INSIDE "/memory.current", "1048576\n");
    write_file(state, TOP "/pods/memory.max", "67108864\n");
    write_file(state, TOP "/pods/memory.current", "33554432\n");
    expect_group(MIB, 64 * MIB, 32 * MIB);
    write_file(state, INSIDE "/memory.max", "2097152\n");
    expect_group(MIB, 2 * MIB, MIB);
}

static void
a_container_that_sees_its_group_at_the_top_finds_it_there(void **state)
{
    write_file(state, "proc/self/cgroup", "7:memory:/docker/0123456789abcdef\n");
    write_file(state, TOP "/memory/memory.limit_in_bytes", "33554432\n");
    write_file(state, TOP "/memory/memory.usage_in_bytes", "16777216\n");
    expect_group(16 * MIB, 32 * MIB, 16 * MIB);
}

static void
no_limit_is_no_limit(void **state)
{
    expect_group(-1, -1, -1);
    write_file(state, "proc/self/cgroup", "0::/\n");
    expect_group(-1, -1, -1);
    write_file(state, TOP "/memory.max", "max\n");
    write_file(state, TOP "/memory.current", "1048576\n");
    expect_group(MIB, -1, -1);
    write_file(state, "proc/self/cgroup", "5:memory:/\n");
    write_file(state, TOP "/memory/memory.limit_in_bytes", NO_V1);
    write_file(state, TOP "/memory/memory.usage_in_bytes", "2097152\n");
    expect_group(2 * MIB, -1, -1);
}

// --- Processors --------------------------------------------------------------------------------

static void
a_quota_of_version_2_is_rounded_up(void **state)
{
    write_file(state, "proc/self/cgroup", "0::/pods/one\n");
    write_file(state, INSIDE "/cpu.max", "max 100000\n");
    assert_int_equal(cgroup_read_cores(), 0);
    write_file(state, INSIDE "/cpu.max", "150000 100000\n");
    assert_int_equal(cgroup_read_cores(), 2);
    write_file(state, INSIDE "/cpu.max", "50000 100000\n");
    assert_int_equal(cgroup_read_cores(), 1);
    write_file(state, INSIDE "/cpu.max", "400000 100000\n");
    assert_int_equal(cgroup_read_cores(), 4);
    write_file(state, TOP "/pods/cpu.max", "300000 100000\n");
    assert_int_equal(cgroup_read_cores(), 3);
}

static void
a_quota_of_version_1_is_rounded_up(void **state)
{
    write_file(state, "proc/self/cgroup", "3:cpu,cpuacct:/pods/one\n9:memory:/\n");
    write_file(state, TOP "/cpu/pods/one/cpu.cfs_period_us", "100000\n");
    write_file(state, TOP "/cpu/pods/one/cpu.cfs_quota_us", "-1\n");
    assert_int_equal(cgroup_read_cores(), 0);
    write_file(state, TOP "/cpu/pods/one/cpu.cfs_quota_us", "250000\n");
    assert_int_equal(cgroup_read_cores(), 3);
}

static void
a_quota_lowers_the_cores_and_never_raises_them(void **state)
{
    unsigned all = process_cores(0, 1);
    write_file(state, "proc/self/cgroup", "0::/\n");
    write_file(state, TOP "/cpu.max", "100000 100000\n");
    assert_int_equal(process_cores(0, 1), 1);
    assert_int_equal(process_cores(0, 2), 2);
    assert_int_equal(process_cores(5, 2), 5);
    write_file(state, TOP "/cpu.max", "100000000 100000\n");
    assert_int_equal(process_cores(0, 1), all);
}

#define IN_A_TREE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_TREE(version_2_has_a_limit_and_what_is_held_is_all_but_cached_files),
        IN_A_TREE(version_1_has_a_limit_and_counts_the_groups_below),
        IN_A_TREE(the_smallest_limit_on_the_way_up_counts_with_what_that_group_holds),
        IN_A_TREE(a_container_that_sees_its_group_at_the_top_finds_it_there),
        IN_A_TREE(no_limit_is_no_limit),
        IN_A_TREE(a_quota_of_version_2_is_rounded_up),
        IN_A_TREE(a_quota_of_version_1_is_rounded_up),
        IN_A_TREE(a_quota_lowers_the_cores_and_never_raises_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
