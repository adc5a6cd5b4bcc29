// SPDX-License-Identifier: MIT
//
// That ranks come as often as the law says.
#include "zipf.h"
#include "support.h"

#include <math.h>

enum { DRAWS = 400000 };

static void
check_law(size_t n, double exponent)
{
    size_t *counts = calloc(n, sizeof *counts), seen = 0;
    double sum = 0, expected = 0;
    uint64_t random = 1;
    struct zipf z;
    zipf_init(&z, n, exponent);
    for (int i = 0; i < DRAWS; i++) {
        size_t rank = zipf_next(&z, &random);
        assert_true(rank < n);
        counts[rank]++;
    }
    for (size_t i = 0; i < n; i++)
        sum += pow((double)i + 1, -exponent);
    // The share of the first ranks, within four standard deviations.
    for (size_t i = 0; i < n; i++) {
        expected += pow((double)i + 1, -exponent) / sum;
        seen += counts[i];
        assert_true(fabs((double)seen / DRAWS - expected) < 4 * 0.5 / sqrt(DRAWS));
    }
    free(counts);
}

static void
ranks_come_as_often_as_the_law_says(void **state)
{
    check_law(10, 0.99);
    check_law(1000, 0.99);
    check_law(100, 0.5);
    check_law(100, 1.5);
}

static void
a_single_rank_is_always_the_first(void **state)
{
    uint64_t random = 3;
    struct zipf z;
    zipf_init(&z, 1, 0.99);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(zipf_next(&z, &random), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_come_as_often_as_the_law_says),
        cmocka_unit_test(a_single_rank_is_always_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
