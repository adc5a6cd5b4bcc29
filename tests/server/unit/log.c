// SPDX-License-Identifier: MIT
//
// server/base/log.c: one JSON object a line.
#include "support.h"

#include "base/json.h"
#include "base/log.h"

#include <math.h>
#include <unistd.h>

// What [program] writes to stdout.
static void
capture(void (*program)(void), char *out, size_t size)
{
    int pipes[2], saved = dup(STDOUT_FILENO);
    assert_int_equal(pipe(pipes), 0);
    fflush(stdout);
    dup2(pipes[1], STDOUT_FILENO);
    program();
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(pipes[1]);
    ssize_t len = read(pipes[0], out, size - 1);
    close(pipes[0]);
    out[len > 0 ? len : 0] = '\0';
}

static void
write_one(void)
{
    log_event(LOG_WARN, "collection", "cause", "s", "a\nb", "absent", "s", NULL, "found", "d", 42L,
              "seconds", "f", 0.25, "strange", "f", NAN, "frozen", "b", 1, NULL);
}

static void
write_debug(void)
{
    log_event(LOG_DEBUG, "detail", NULL);
}

static void
a_line_is_one_json_object_of_its_fields(void **state)
{
    char line[512];
    capture(write_one, line, sizeof line);
    assert_non_null(strstr(line, ",\"level\":\"warn\",\"event\":\"collection\",\"cause\":\"a\\nb\","
                                 "\"absent\":null,\"found\":42,\"seconds\":0.25,\"strange\":null,"
                                 "\"frozen\":true}\n"));
    json_t *object = json_loads(line, 0, NULL);
    assert_int_equal(json_string_length(json_object_get(object, "time")), 24);
    json_decref(object);
}

static void
lines_below_the_level_are_not_written(void **state)
{
    char line[512];
    enum log_level level;
    capture(write_debug, line, sizeof line);
    assert_string_equal(line, "");
    assert_true(log_level_parse("debug", &level));
    log_set_level(level);
    capture(write_debug, line, sizeof line);
    assert_non_null(strstr(line, "\"event\":\"detail\"}\n"));
    assert_false(log_level_parse("loud", &level));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_one_json_object_of_its_fields),
        cmocka_unit_test(lines_below_the_level_are_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
