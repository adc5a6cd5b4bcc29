// SPDX-License-Identifier: MIT
//
// A control group that fills and empties again.
#include "base/pressure.h"
#include "support.h"

#include <sys/stat.h>
#include <time.h>

static char *folder;

static void
write_file(const char *name, const char *text)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void
make_folder(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static int
set_up(void **state)
{
    static const char *const folders[] = {"proc", "proc/self", "sys", "sys/fs", "sys/fs/cgroup"};
    folder = tempdir_new();
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        make_folder(folders[i]);
    write_file("proc/self/cgroup", "0::/\n");
    write_file("sys/fs/cgroup/memory.max", "1000000\n");
    write_file("sys/fs/cgroup/memory.stat", "inactive_file 100000\nactive_file 0\n");
    return setenv("TENURED_TEST_ROOT", folder, 1);
}

static int
tear_down(void **state)
{
    unsetenv("TENURED_TEST_ROOT");
    tempdir_free(folder);
    return 0;
}

// Past the time within which a former look holds.
static bool
is_high_with(const char *use)
{
    write_file("sys/fs/cgroup/memory.current", use);
    nanosleep(&(struct timespec){0, 25000000}, NULL);
    return pressure_is_high();
}

// In one test: what was seen before is the module's.
static void
it_begins_at_90_percent_without_cached_files_and_ends_at_85(void **state)
{
    assert_false(is_high_with("900000\n"));
    assert_false(is_high_with("999000\n")); // 899000 of it held
    assert_true(is_high_with("1001000\n"));
    assert_true(is_high_with("960000\n"));
    assert_false(is_high_with("949000\n"));
    assert_false(is_high_with("999000\n"));
    assert_true(is_high_with("1002000\n"));
}

static void
a_look_holds_for_20_ms(void **state)
{
    assert_true(is_high_with("1002000\n"));
    write_file("sys/fs/cgroup/memory.current", "1000\n");
    nanosleep(&(struct timespec){0, 40000000}, NULL);
    assert_false(pressure_is_high());
}

// Looks once a second from here on, so it is the last test.
static void
without_a_limit_there_is_none(void **state)
{
    assert_true(is_high_with("1002000\n"));
    write_file("sys/fs/cgroup/memory.max", "max\n");
    assert_false(is_high_with("1002000\n"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_at_90_percent_without_cached_files_and_ends_at_85),
        cmocka_unit_test(a_look_holds_for_20_ms),
        cmocka_unit_test(without_a_limit_there_is_none),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
