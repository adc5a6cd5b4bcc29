// SPDX-License-Identifier: MIT
//
// A report from a small tally, when there is none, and its text.
#include "report.h"
#include "support.h"
#include "text.h"

static struct options options;
static struct tally tally;
static struct watch watch;
static struct report report;

static int
set_up(void **state)
{
    char *argv[] = {"tenure-load", "--duration", "2", "--mix", "user=1"}, error[256];
    assert_true(options_read(&options, 5, argv, error, sizeof error));
    tally_init(&tally, 0, 2);
    watch.samples = json_pack("[{s:f, s:f, s:f}, {s:f, s:f, s:f}]", "t", 0.0, "loads", 2.0,
                              "resident", 1.0, "t", 1.0, "loads", 5.0, "resident", 3.0);
    watch.collections = json_pack("[{s:f, s:f, s:f}]", "t", 0.5, "collected", 7.0, "pause_ms", 1.5);
    report = (struct report){
        .options = &options, .tally = &tally, .watch = &watch, .start_ms = 1795338300123};
    for (int i = 0; i < 1000; i++) {
        struct answer a = {.ask = ASK_USER,
                           .intended_ns = (uint64_t)i * 2000000,
                           .latency_ns = (uint64_t)(i + 1) * 1000000,
                           .status = i < 990 ? 200 : 0,
                           .cache = i % 4 ? CACHE_HIT : CACHE_MISS};
        tally_add(&tally, &a);
        tally_add_lag(&tally, a.intended_ns, i < 985 ? 1000 : 6000000);
    }
    return 0;
}

static int
tear_down(void **state)
{
    tally_fini(&tally);
    json_decref(watch.samples);
    json_decref(watch.collections);
    return 0;
}

static double
number(const json_t *root, const char *object, const char *name)
{
    return json_number_value(json_object_get(json_object_get(root, object), name));
}

static void
it_says_what_was_seen(void **state)
{
    json_t *root = report_new(&report);
    assert_true(number(root, "latency_ms", "count") == 1000);
    assert_in_range(number(root, "latency_ms", "p50") * 1000, 500000, 500500);
    assert_true(number(root, "latency_ms", "max") == 1000);
    assert_true(number(root, "statuses", "no reply") == 10);
    assert_true(number(root, "cache", "ratio") == 0.75);
    assert_true(number(root, "cache", "loads") == 3);
    assert_true(number(root, "options", "duration") == 2);
    assert_true(json_number_value(json_object_get(root, "rate")) == 500);
    assert_int_equal(json_array_size(json_object_get(root, "seconds")), 2);
    assert_string_equal(json_string_value(json_object_get(root, "started_at")),
                        "2026-11-22T09:05:00Z");
    json_decref(root);
}

// 15 of 1000 left 6 ms late, which is more than one in a hundred.
static void
a_generator_that_lagged_has_nothing_to_say(void **state)
{
    assert_true(report_is_void(&report));
    options.lag_ms = 6.1;
    assert_false(report_is_void(&report));
}

static void
the_text_says_the_same(void **state)
{
    char *text = NULL;
    size_t size = 0;
    json_t *root = report_new(&report);
    FILE *f = open_memstream(&text, &size);
    text_write(root, f);
    fclose(f);
    assert_non_null(strstr(text, "75.00 % hits of 1000, 3 loads"));
    assert_non_null(strstr(text, "no reply: 10"));
    assert_non_null(strstr(text, "collected 1 times, 7 objects, longest pause 1.500 ms"));
    assert_non_null(strstr(text, "3 users in the cache"));
    free(text);
    json_decref(root);
}

static void
times_of_the_admin_plane_are_read(void **state)
{
    assert_int_equal(watch_read_time("1970-01-01T00:00:01.005Z"), 1005);
    assert_int_equal(watch_read_time("2026-11-22T09:05:00.123Z"), 1795338300123);
    assert_int_equal(watch_read_time(NULL), 0);
}

#define REPORT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        REPORT_TEST(it_says_what_was_seen),
        REPORT_TEST(a_generator_that_lagged_has_nothing_to_say),
        REPORT_TEST(the_text_says_the_same),
        cmocka_unit_test(times_of_the_admin_plane_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
