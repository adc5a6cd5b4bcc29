// SPDX-License-Identifier: MIT
//
// Which arguments are questions. What is printed goes to the test's own output.
#include "base/usage.h"
#include "support.h"

static bool
answers(char *first, char *second)
{
    return usage_answer(second ? 3 : 2, (char *[]){"tenured", first, second, NULL}, "1.2.3");
}

static void
help_and_version_are_answered_wherever_they_stand(void **state)
{
    assert_true(answers("--help", NULL));
    assert_true(answers("--version", NULL));
    assert_true(answers("--config", "--help"));
}

static void
anything_else_is_for_the_configuration(void **state)
{
    assert_false(answers("--set", "shards=1"));
    assert_false(answers("--helpful", NULL));
    assert_false(usage_answer(1, (char *[]){"--help", NULL}, "1.2.3")); // the program's name
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_and_version_are_answered_wherever_they_stand),
        cmocka_unit_test(anything_else_is_for_the_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
