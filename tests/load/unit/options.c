// SPDX-License-Identifier: MIT
//
// The command line, and that load goes to this machine only.
#include "options.h"
#include "support.h"

static struct options o;
static char error[256];

static bool
read_line(const char *line)
{
    static char copy[512];
    char *argv[64] = {"tenure-load"};
    int argc = 1;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    error[0] = '\0';
    return options_read(&o, argc, argv, error, sizeof error);
}

static void
without_a_word_it_asks_the_default_service_steadily(void **state)
{
    assert_true(read_line(""));
    assert_string_equal(o.data, "127.0.0.1:8080");
    assert_string_equal(o.admin, "127.0.0.1:8081");
    assert_string_equal(o.scenario->name, "steady");
    assert_int_equal(o.users, o.scenario->users);
    assert_true(o.poisson && o.keys == KEYS_ZIPF && !o.has_mix);
}

static void
everything_can_be_said(void **state)
{
    assert_true(read_line(
        "--scenario churn --mix user=1 --keys scan --arrivals constant --rate 50 --users 7 "
        "--sessions 3 --payload 9 --duration 2 --warmup 1 --seed 5 --threads 4 "
        "--connections 8 --lag 1.5 --quiet --data 127.0.0.2:1 --json a --hgrm b"));
    assert_true(!o.poisson && o.keys == KEYS_SCAN && o.has_mix && o.quiet && o.rate == 50);
    assert_true(o.users == 7 && o.per_user == 3 && o.payload == 9 && o.seconds == 2);
    assert_true(o.warmup == 1 && o.seed == 5 && o.threads == 4 && o.connections == 8);
    assert_true(o.lag_ms == 1.5);
    assert_string_equal(o.data, "127.0.0.2:1");
}

static void
a_mistake_is_one_sentence_about_it(void **state)
{
    static const char *const wrong[][2] = {
        {"--rate 0", "--rate is a number from 1 to 200000, not 0."},
        {"--rate 200001", "--rate"},
        {"--duration 3601", "--duration"},
        {"--users 1e9", "--users"},
        {"--users 2000000 --sessions 100", "4000000"},
        {"--scenario siege", "There is no scenario siege."},
        {"--keys nan", "nan"},
        {"--rate nan", "--rate"},
        {"--arrivals never", "constant or poisson"},
        {"--mix x=1", "--mix"},
        {"--unknown", "--help"},
        {"--rate", "--help"},
        {"word", "word is no option."},
        {"--ports /nowhere", "/nowhere"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(read_line(wrong[i][0]));
        assert_non_null(strstr(error, wrong[i][1]));
    }
}

static void
another_machine_is_refused(void **state)
{
    static const char *const others[] = {"--data 10.0.0.1:80",
                                         "--data example.org:80",
                                         "--admin 192.168.0.1:8081",
                                         "--data 0.0.0.0:80",
                                         "--data 127.0.0.1",
                                         "--data 127.0.0.1:0",
                                         "--data 127.0.0.1.example.org:80"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(read_line(others[i]));
        assert_non_null(strstr(error, "loopback"));
    }
}

static void
there_are_no_more_threads_than_places(void **state)
{
    assert_true(read_line("--users 1 --sessions 1 --threads 8"));
    assert_int_equal(o.threads, 1);
}

static void
help_names_every_scenario(void **state)
{
    char *text = NULL;
    size_t size = 0;
    assert_false(read_line("--help"));
    assert_string_equal(error, "");
    FILE *f = open_memstream(&text, &size);
    options_print_help(f);
    fclose(f);
    for (size_t i = 0; i < scenario_count; i++)
        assert_non_null(strstr(text, scenarios[i].sentence));
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_word_it_asks_the_default_service_steadily),
        cmocka_unit_test(everything_can_be_said),
        cmocka_unit_test(a_mistake_is_one_sentence_about_it),
        cmocka_unit_test(another_machine_is_refused),
        cmocka_unit_test(there_are_no_more_threads_than_places),
        cmocka_unit_test(help_names_every_scenario),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
