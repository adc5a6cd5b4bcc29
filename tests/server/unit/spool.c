// SPDX-License-Identifier: MIT
//
// Temporary files without a name: server/base/spool.c.
#include "base/spool.h"
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder;

static int
set_up(void **state)
{
    folder = tempdir_new();
    return 0;
}

static int
tear_down(void **state)
{
    tempdir_free(folder);
    return 0;
}

static bool
always(void *arg)
{
    return true;
}

static size_t
files(void)
{
    size_t count = 0;
    DIR *d = opendir(folder);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        count += e->d_name[0] != '.' || strlen(e->d_name) > 2;
    closedir(d);
    return count;
}

static void
what_is_written_is_read_again_and_has_no_name(void **state)
{
    struct spool_bound bound = {.limit = 1 << 20, .may_go_on = always};
    struct spool s;
    char text[32] = "";
    struct stat st;
    assert_true(spool_open(&s, folder, &bound));
    assert_int_equal(files(), 0);
    fputs("some text", s.stream);
    rewind(s.stream);
    assert_non_null(fgets(text, sizeof text, s.stream));
    assert_string_equal(text, "some text");
    assert_int_equal(fstat(s.file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(bound.used, 9);
    int file = spool_take_file(&s);
    assert_true(file >= 0);
    assert_int_equal(pread(file, text, 9, 0), 9);
    close(file);
    spool_close(&s);
}

static void
several_files_share_one_limit(void **state)
{
    static char bytes[6000];
    struct spool_bound bound = {.limit = 10000, .may_go_on = always};
    struct spool a, b;
    assert_true(spool_open(&a, folder, &bound) && spool_open(&b, folder, &bound));
    fwrite(bytes, 1, sizeof bytes, a.stream);
    assert_int_equal(fflush(a.stream), 0);
    fwrite(bytes, 1, sizeof bytes, b.stream);
    assert_int_not_equal(fflush(b.stream), 0);
    assert_int_equal(bound.error, EFBIG);
    assert_int_equal(spool_take_file(&b), -1);
    spool_close(&a);
    spool_close(&b);
}

static void
a_full_disk_is_said_to_be_full(void **state)
{
    struct spool_bound bound = {.limit = 10000, .may_go_on = always};
    struct spool s;
    assert_true(spool_open(&s, folder, &bound));
    int full = open("/dev/full", O_RDWR | O_CLOEXEC);
    assert_int_equal(dup2(full, s.file), s.file);
    close(full);
    fputs("text", s.stream);
    assert_int_not_equal(fflush(s.stream), 0);
    assert_int_equal(bound.error, ENOSPC);
    assert_int_equal(spool_take_file(&s), -1);
}

static bool
never(void *arg)
{
    ++*(int *)arg;
    return false;
}

static void
nothing_is_written_once_somebody_says_no(void **state)
{
    int asked = 0;
    struct spool_bound bound = {.limit = 10000, .may_go_on = never, .arg = &asked};
    struct spool s;
    assert_true(spool_open(&s, folder, &bound));
    fputs("text", s.stream);
    assert_int_not_equal(fflush(s.stream), 0);
    assert_int_equal(bound.error, ECANCELED);
    assert_int_equal(asked, 1);
    assert_int_equal(bound.used, 0);
    spool_close(&s);
}

static void
a_folder_that_is_not_there_is_an_error(void **state)
{
    struct spool_bound bound = {.limit = 1};
    struct spool s;
    assert_false(spool_open(&s, "/nowhere", &bound));
    assert_int_equal(errno, ENOENT);
}

static void
the_folder_of_a_path_is_what_stands_before_its_name(void **state)
{
    static const char *const cases[][2] = {
        {"var/tenured.db", "var"}, {"tenured.db", "."}, {"/tenured.db", "/"}, {"/a/b/c", "/a/b"}};
    char folder_of[64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        spool_folder_of(cases[i][0], folder_of, sizeof folder_of);
        assert_string_equal(folder_of, cases[i][1]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again_and_has_no_name),
        cmocka_unit_test(several_files_share_one_limit),
        cmocka_unit_test(a_full_disk_is_said_to_be_full),
        cmocka_unit_test(nothing_is_written_once_somebody_says_no),
        cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
        cmocka_unit_test(the_folder_of_a_path_is_what_stands_before_its_name),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
