// SPDX-License-Identifier: MIT
//
// Three digits of whatever size, nothing lost, and a file that plotters read.
#include "histogram.h"
#include "random.h"
#include "support.h"

static void
a_value_comes_back_to_three_digits(void **state)
{
    for (uint64_t ns = 1; ns < HISTOGRAM_MOST; ns += ns / 7 + 1) {
        struct histogram h;
        histogram_init(&h, HISTOGRAM_FINE);
        histogram_add(&h, ns);
        histogram_add(&h, HISTOGRAM_MOST); // so that the largest value is not the answer
        uint64_t said = histogram_quantile(&h, 0.5);
        assert_true(said >= ns && said - ns <= ns / 1000);
        histogram_fini(&h);
    }
}

static void
quantiles_are_those_of_the_sorted_values(void **state)
{
    struct histogram h;
    histogram_init(&h, HISTOGRAM_FINE);
    for (uint64_t ms = 1; ms <= 1000; ms++)
        histogram_add(&h, ms * 1000000);
    assert_in_range(histogram_quantile(&h, 0.5), 500000000, 500500000);
    assert_in_range(histogram_quantile(&h, 0.999), 999000000, 1000000000);
    assert_int_equal(histogram_quantile(&h, 1), 1000000000);
    assert_true(histogram_mean(&h) == 500500000.0);
    histogram_fini(&h);
}

static void
none_has_no_quantile_and_the_longest_is_bounded(void **state)
{
    struct histogram h;
    histogram_init(&h, HISTOGRAM_COARSE);
    assert_int_equal(histogram_quantile(&h, 0.99), 0);
    histogram_add(&h, UINT64_MAX);
    assert_int_equal(histogram_quantile(&h, 0.99), HISTOGRAM_MOST);
    histogram_fini(&h);
}

static void
a_merge_loses_nothing(void **state)
{
    struct histogram one, other, both;
    uint64_t random = 7;
    histogram_init(&one, HISTOGRAM_FINE);
    histogram_init(&other, HISTOGRAM_FINE);
    histogram_init(&both, HISTOGRAM_FINE);
    for (int i = 0; i < 1000; i++) {
        uint64_t ns = random_below(&random, 1000000000);
        histogram_add(i % 3 ? &one : &other, ns);
        histogram_add(&both, ns);
    }
    histogram_merge(&one, &other);
    assert_int_equal(one.total, 1000);
    assert_int_equal(one.most, both.most);
    for (double share = 0; share <= 1; share += 0.01)
        assert_int_equal(histogram_quantile(&one, share), histogram_quantile(&both, share));
    histogram_fini(&one);
    histogram_fini(&other);
    histogram_fini(&both);
}

static void
its_file_ends_with_all_of_them_and_never_falls(void **state)
{
    char *text = NULL, line[128];
    size_t size = 0, lines = 0;
    struct histogram h;
    histogram_init(&h, HISTOGRAM_FINE);
    for (uint64_t us = 1; us <= 100; us++)
        histogram_add(&h, us * 1000);
    FILE *f = open_memstream(&text, &size);
    histogram_write_hgrm(&h, f);
    fclose(f);
    f = fmemopen(text, size, "r");
    double value, share, last = 0;
    unsigned long count = 0;
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "%lf %lf %lu", &value, &share, &count) == 3) {
            assert_true(value >= last && share <= 1);
            last = value;
            lines++;
        }
    fclose(f);
    assert_int_equal(count, 100);
    assert_true(last == 0.1 && lines > 50);
    assert_non_null(strstr(text, "#[Max     =        0.100, Total count    =          100]"));
    free(text);
    histogram_fini(&h);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_comes_back_to_three_digits),
        cmocka_unit_test(quantiles_are_those_of_the_sorted_values),
        cmocka_unit_test(none_has_no_quantile_and_the_longest_is_bounded),
        cmocka_unit_test(a_merge_loses_nothing),
        cmocka_unit_test(its_file_ends_with_all_of_them_and_never_falls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
