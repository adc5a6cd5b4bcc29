// SPDX-License-Identifier: MIT
//
// server/http/problem.c: every word that the server's code uses has a row.
#include "support.h"

#include "http/problem.h"

#include <glob.h>

// The first string behind [call] is the type, unless it is computed.
static void
check_call(const char *path, const char *call)
{
    char type[64];
    const char *end = strchr(call, ';'), *quote = memchr(call, '"', (size_t)(end - call));
    if (quote == NULL || sscanf(quote + 1, "%63[a-z-]\"", type) != 1 || strchr(type, '-') == NULL)
        return;
    if (problem_status(type) == 0)
        fail_msg("%s uses %s, which has no row in problem.c", path, type);
}

static size_t
check_file(const char *path)
{
    size_t calls = 0, size = 1 << 20;
    char *source = calloc(1, size);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(source, 1, size - 1, file) < size - 1);
    fclose(file);
    for (const char *p = source; (p = strstr(p, "reply_problem(")) != NULL; p++, calls++)
        check_call(path, p);
    free(source);
    return calls;
}

static void
every_type_that_is_used_has_a_row(void **state)
{
    glob_t found;
    size_t calls = 0;
    assert_int_equal(glob("../server/*/*.c", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        calls += check_file(found.gl_pathv[i]);
    globfree(&found);
    assert_true(calls > 10);
}

static void
a_type_has_one_status(void **state)
{
    assert_int_equal(problem_status("user-not-found"), 404);
    assert_int_equal(problem_status("body-too-large"), 413);
    assert_int_equal(problem_status("no-such-type"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_that_is_used_has_a_row),
        cmocka_unit_test(a_type_has_one_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
