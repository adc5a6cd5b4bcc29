// SPDX-License-Identifier: MIT
//
// The lights go out under write load: what the disk had not confirmed is gone, what was
// acknowledged is there. kill -9 alone would not show a sync that is missing: the system still has
// the bytes.
//
// The program is built a second time with a disk under it that forgets what was not synced, and
// with two faults that can be switched on; each must lose what was acknowledged, or this test would
// see nothing.
#include "support.h"

#include <sys/wait.h>

// What service.kill finds on the disk that forgets.
static char *
play(const char *mutant, int rounds, int *status)
{
    static char said[1 << 16];
    char command[1024];
    const char *killer = getenv("KILLER"), *program = getenv("PROGRAM_ON_DISK");
    assert_non_null(killer);
    assert_non_null(program);
    snprintf(command, sizeof command,
             "TENURED='%s' TENURED_TEST_MUTANT=%s POWER_CUT=1 '%s' %d --acknowledged 200 2>&1",
             program, mutant, killer, rounds);
    FILE *f = popen(command, "re");
    assert_non_null(f);
    size_t len = fread(said, 1, sizeof said - 1, f);
    said[len] = '\0';
    int ended = pclose(f);
    *status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
    return said;
}

static void
what_was_acknowledged_survives_a_power_cut(void **state)
{
    int status;
    const char *said = play("none", support_scaled(3), &status);
    if (status != 0)
        fail_msg("%s", said);
}

// A session, a user, or a user's last name.
static void
expect_caught(const char *mutant)
{
    int status;
    const char *said = play(mutant, 10, &status);
    bool lost = strstr(said, "is lost") || strstr(said, "gave 404") || strstr(said, "has name n");
    if (status != 1 || !lost)
        fail_msg("the service that is %s was not caught: %s", mutant, said);
}

static void
a_service_that_acknowledges_before_it_commits_is_caught(void **state)
{
    expect_caught("early");
}

static void
a_service_that_does_not_sync_is_caught(void **state)
{
    expect_caught("unsynced");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_acknowledged_survives_a_power_cut),
        cmocka_unit_test(a_service_that_acknowledges_before_it_commits_is_caught),
        cmocka_unit_test(a_service_that_does_not_sync_is_caught),
    };
    return cmocka_run_group_tests_name("power", tests, NULL, NULL);
}
