// SPDX-License-Identifier: MIT
//
// The text that Prometheus reads, byte by byte and through the strict reader.
#include "base/exposition.h"
#include "scrape.h"
#include "support.h"

static struct text text;
static struct exposition e;

static int
set_up(void **state)
{
    text_init(&text);
    e = (struct exposition){.text = &text};
    return 0;
}

static int
tear_down(void **state)
{
    text_fini(&text);
    return 0;
}

static void
a_metric_has_help_type_and_samples(void **state)
{
    exposition_begin(&e, "x_total", EXPOSITION_COUNTER, "What x is.");
    exposition_add(&e, 3, "a", "1", NULL);
    exposition_add(&e, 0.5, "a", "2", "b", "3", NULL);
    exposition_add_one(&e, "y", EXPOSITION_GAUGE, "What y is.", -2);
    assert_string_equal(text.data, "# HELP x_total What x is.\n# TYPE x_total counter\n"
                                   "x_total{a=\"1\"} 3\nx_total{a=\"2\",b=\"3\"} 0.5\n"
                                   "# HELP y What y is.\n# TYPE y gauge\ny -2\n");
    scrape_check(text.data);
    assert_true(scrape_value(text.data, "x_total{a=\"2\",b=\"3\"}") == 0.5);
}

static void
values_of_labels_are_escaped(void **state)
{
    exposition_begin(&e, "x", EXPOSITION_GAUGE, "What x is.");
    exposition_add(&e, 1, "a", "say \"\\\"\nand", NULL);
    assert_non_null(strstr(text.data, "x{a=\"say \\\"\\\\\\\"\\nand\"} 1\n"));
    scrape_check(text.data);
}

static void
whole_numbers_keep_all_digits(void **state)
{
    exposition_add_one(&e, "x", EXPOSITION_GAUGE, "What x is.", 9007199254740991.0);
    exposition_add_one(&e, "y", EXPOSITION_GAUGE, "What y is.", 1795350186.902);
    assert_non_null(strstr(text.data, "\nx 9007199254740991\n"));
    assert_non_null(strstr(text.data, "\ny 1795350186.902\n"));
}

static void
buckets_are_cumulative_and_end_with_the_count(void **state)
{
    struct histogram h = {0};
    histogram_add(&h, 1);
    histogram_add(&h, 60000);
    histogram_add(&h, UINT64_C(3000000000));
    exposition_begin(&e, "x_seconds", EXPOSITION_HISTOGRAM, "What x is.");
    exposition_add_histogram(&e, &h, "a", "1", NULL);
    exposition_add_histogram(&e, &(struct histogram){0}, "a", "2", NULL);
    scrape_check(text.data);
    assert_int_equal(scrape_value(text.data, "x_seconds_bucket{a=\"1\",le=\"0.00005\"}"), 1);
    assert_int_equal(scrape_value(text.data, "x_seconds_bucket{a=\"1\",le=\"0.0001\"}"), 2);
    assert_int_equal(scrape_value(text.data, "x_seconds_bucket{a=\"1\",le=\"2\"}"), 2);
    assert_int_equal(scrape_value(text.data, "x_seconds_bucket{a=\"1\",le=\"+Inf\"}"), 3);
    assert_int_equal(scrape_value(text.data, "x_seconds_count{a=\"1\"}"), 3);
    assert_true(scrape_value(text.data, "x_seconds_sum{a=\"1\"}") > 3);
}

static void
a_histogram_may_have_no_label(void **state)
{
    exposition_begin(&e, "x_seconds", EXPOSITION_HISTOGRAM, "What x is.");
    exposition_add_histogram(&e, &(struct histogram){0}, NULL);
    assert_non_null(strstr(text.data, "\nx_seconds_bucket{le=\"0.00005\"} 0\n"));
    assert_non_null(strstr(text.data, "\nx_seconds_count 0\n"));
    scrape_check(text.data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_metric_has_help_type_and_samples),
        TEST(values_of_labels_are_escaped),
        TEST(whole_numbers_keep_all_digits),
        TEST(buckets_are_cumulative_and_end_with_the_count),
        TEST(a_histogram_may_have_no_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
