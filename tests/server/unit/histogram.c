// SPDX-License-Identifier: MIT
//
// Which bucket a time falls into, and that nothing is lost between threads.
#include "base/histogram.h"
#include "support.h"

#include <pthread.h>

static void
a_bound_belongs_to_the_bucket_below_it(void **state)
{
    for (int i = 0; i < HISTOGRAM_BOUNDS; i++) {
        uint64_t bound = (uint64_t)(strtod(histogram_bounds[i], NULL) * 1e9 + 0.5);
        struct histogram h = {0};
        histogram_add(&h, bound);
        assert_int_equal(h.counts[i], 1);
        histogram_add(&h, bound + 1);
        assert_int_equal(h.counts[i + 1], 1);
        assert_int_equal(h.sum_ns, 2 * bound + 1);
    }
}

static void
no_time_at_all_falls_into_the_first_bucket(void **state)
{
    struct histogram h = {0};
    histogram_add(&h, 0);
    assert_int_equal(h.counts[0], 1);
}

enum { ROUNDS = 100000 };

static void *
add_many(void *h)
{
    for (int i = 0; i < ROUNDS; i++)
        histogram_add(h, 50001);
    return NULL;
}

static void
two_threads_lose_nothing(void **state)
{
    struct histogram h = {0}, sum = {.counts = {[1] = 5}, .sum_ns = 7};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, &h), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    histogram_add_all(&sum, &h);
    assert_int_equal(sum.counts[1], 5 + 2 * ROUNDS);
    assert_int_equal(sum.sum_ns, 7 + UINT64_C(2) * ROUNDS * 50001);
}

static void
a_quantile_is_the_bound_of_its_bucket(void **state)
{
    struct histogram h = {0};
    assert_int_equal(histogram_quantile_ns(&h, 0.5), 0);
    for (int i = 0; i < 98; i++)
        histogram_add(&h, 60000);
    histogram_add(&h, 3000000);
    histogram_add(&h, UINT64_C(9000000000));
    assert_int_equal(histogram_quantile_ns(&h, 0.5), 100000);
    assert_int_equal(histogram_quantile_ns(&h, 0.99), 5000000);
    assert_int_equal(histogram_quantile_ns(&h, 1), UINT64_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bound_belongs_to_the_bucket_below_it),
        cmocka_unit_test(no_time_at_all_falls_into_the_first_bucket),
        cmocka_unit_test(two_threads_lose_nothing),
        cmocka_unit_test(a_quantile_is_the_bound_of_its_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
