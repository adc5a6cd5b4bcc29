// SPDX-License-Identifier: MIT
//
// The place of a database file: made for its owner, held by one, refused in one sentence.
#include "store/place.h"
#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

static char *directory; // of the running test
static char error[256];

static int
setup(void **state)
{
    directory = tempdir_new();
    error[0] = 0;
    return 0;
}

static int
teardown(void **state)
{
    tempdir_free(directory);
    return 0;
}

static const char * /* borrowed until the next call */
inside(const char *name)
{
    static char path[512];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

static void
assert_refused(const char *path, const char *part)
{
    assert_int_equal(place_take(path, error, sizeof(error)), -1);
    if (!strstr(error, part))
        fail_msg("\"%s\" does not say \"%s\"", error, part);
}

static void
a_place_is_made_and_may_be_taken_again(void **state)
{
    struct stat st;
    for (int i = 0; i < 2; i++) {
        int place = place_take(inside("var/x.db"), error, sizeof(error));
        assert_true(place >= 0);
        place_give(place);
    }
    assert_int_equal(stat(inside("var"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(stat(inside("var/x.db"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void
a_file_without_a_folder_in_its_name_lies_in_this_one(void **state)
{
    assert_int_equal(chdir(directory), 0);
    int place = place_take("x.db", error, sizeof(error));
    assert_int_equal(chdir("/"), 0);
    assert_true(place >= 0);
    place_give(place);
    assert_int_equal(access(inside("x.db"), F_OK), 0);
}

static void
a_place_that_is_held_is_refused(void **state)
{
    int place = place_take(inside("x.db"), error, sizeof(error));
    assert_true(place >= 0);
    assert_refused(inside("x.db"), "in use by another instance");
    place_give(place);
}

static void
a_directory_whose_parent_is_missing_is_refused(void **state)
{
    assert_refused(inside("a/b/x.db"), "cannot make the directory");
}

static void
a_path_below_a_file_is_refused(void **state)
{
    place_give(place_take(inside("x.db"), error, sizeof(error)));
    assert_refused(inside("x.db/y.db"), "Not a directory");
}

static void
a_path_that_is_a_directory_is_refused(void **state)
{
    assert_int_equal(mkdir(inside("x.db"), 0700), 0);
    assert_refused(inside("x.db"), "Is a directory");
}

static void
a_directory_that_takes_no_files_is_refused(void **state)
{
    assert_refused("/proc/x.db", "cannot open /proc/x.db.lock");
}

static void
a_path_of_5000_bytes_is_refused(void **state)
{
    char path[5001];
    memset(path, 'x', 5000);
    path[5000] = 0;
    assert_refused(path, "store.path: ");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        PLACE_TEST(a_place_is_made_and_may_be_taken_again),
        PLACE_TEST(a_file_without_a_folder_in_its_name_lies_in_this_one),
        PLACE_TEST(a_place_that_is_held_is_refused),
        PLACE_TEST(a_directory_whose_parent_is_missing_is_refused),
        PLACE_TEST(a_path_below_a_file_is_refused),
        PLACE_TEST(a_path_that_is_a_directory_is_refused),
        PLACE_TEST(a_directory_that_takes_no_files_is_refused),
        PLACE_TEST(a_path_of_5000_bytes_is_refused),
    };
    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
