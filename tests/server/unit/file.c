// SPDX-License-Identifier: MIT
//
// Replacing files, and what is left when that fails.
#include "base/file.h"
#include "support.h"

#include <errno.h>
#include <unistd.h>

static int
enter_folder(void **state)
{
    *state = tempdir_new();
    return chdir(*state);
}

static int
leave_folder(void **state)
{
    unlink("x");
    bool empty = chdir("/") == 0 && rmdir(*state) == 0; // not if anything else was left behind
    tempdir_free(*state);
    return empty ? 0 : -1;
}

static void
assert_content(const char *expected)
{
    char text[64] = "";
    FILE *f = fopen("x", "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(text, expected);
}

static void
a_file_is_made_and_replaced(void **state)
{
    assert_true(file_replace("x", "data 1\n"));
    assert_content("data 1\n");
    assert_true(file_replace("x", "data 2\nadmin 3\n"));
    assert_content("data 2\nadmin 3\n");
}

static void
a_folder_that_is_not_there_is_an_error(void **state)
{
    assert_false(file_replace("nowhere/x", "text"));
    assert_int_equal(errno, ENOENT);
}

static void
a_path_that_is_too_long_is_an_error(void **state)
{
    char path[5000];
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_false(file_replace(path, "text"));
    assert_int_equal(errno, ENAMETOOLONG);
}

static void
a_link_is_replaced_and_not_followed(void **state)
{
    assert_int_equal(symlink("/dev/null", "x"), 0);
    assert_true(file_replace("x", "text"));
    assert_content("text");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_made_and_replaced, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_is_an_error, enter_folder,
                                        leave_folder),
        cmocka_unit_test_setup_teardown(a_path_that_is_too_long_is_an_error, enter_folder,
                                        leave_folder),
        cmocka_unit_test_setup_teardown(a_link_is_replaced_and_not_followed, enter_folder,
                                        leave_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
