// SPDX-License-Identifier: MIT
//
// What is counted by several threads is all there, by route, status and problem.
#include "http/problem.h"
#include "http/tally.h"
#include "support.h"

#include <pthread.h>

static const struct route routes[] = {
    {"GET", "/a", NULL, ACCESS_DATA},
    {"PUT", "/a", NULL, ACCESS_DATA},
    {NULL, NULL, NULL, 0},
};

enum { THREADS = 5, LANES = 2, ROUNDS = 20000 };

static void *
count_many(void *tally)
{
    const struct reply fine = {.status = 200}, last = {.status = 599};
    for (int i = 0; i < ROUNDS; i++) {
        tally_add(tally, &routes[0], &fine, 1000);
        tally_add(tally, &routes[1], &last, 1000);
    }
    return NULL;
}

static void
more_threads_than_lanes_lose_nothing(void **state)
{
    struct tally *t = tally_new(routes, LANES);
    struct tally_row row;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_many, t), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_true(tally_read(t, 0, &row));
    assert_ptr_equal(row.route, &routes[0]);
    assert_int_equal(row.by_status[100], THREADS * ROUNDS);
    assert_int_equal(histogram_count(&row.duration), THREADS * ROUNDS);
    assert_int_equal(row.duration.sum_ns, UINT64_C(1000) * THREADS * ROUNDS);
    assert_true(tally_read(t, 1, &row));
    assert_int_equal(row.by_status[TALLY_STATUSES - 1], THREADS * ROUNDS);
    tally_free(t);
}

static void
requests_without_a_route_have_a_row_of_their_own(void **state)
{
    struct tally *t = tally_new(routes, 1);
    struct tally_row row;
    tally_add(t, NULL, &(struct reply){.status = 404}, 1);
    assert_true(tally_read(t, 2, &row));
    assert_null(row.route);
    assert_int_equal(row.by_status[304], 1);
    assert_true(tally_read(t, 1, &row));
    assert_int_equal(histogram_count(&row.duration), 0);
    assert_false(tally_read(t, 3, &row));
    tally_free(t);
}

static void
problems_are_counted_by_type(void **state)
{
    struct tally *t = tally_new(routes, 1);
    unsigned last = 0;
    while (problem_type(last + 1) != NULL)
        last++;
    tally_add(t, NULL, &(struct reply){.status = 400, .problem = 1}, 1);
    tally_add(t, NULL, &(struct reply){.status = 503, .problem = last + 1}, 1);
    assert_int_equal(tally_read_problems(t, 0), 1);
    assert_int_equal(tally_read_problems(t, last), 1);
    assert_int_equal(tally_read_problems(t, 1), 0);
    tally_free(t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_threads_than_lanes_lose_nothing),
        cmocka_unit_test(requests_without_a_route_have_a_row_of_their_own),
        cmocka_unit_test(problems_are_counted_by_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
