// SPDX-License-Identifier: MIT
//
// What belongs to which second, what is not counted, and sums over threads.
#include "tally.h"
#include "support.h"

static const uint64_t second_ns = 1000000000;

static void
add(struct tally *t, double at, double ms, long status, enum cache_answer cache)
{
    struct answer a = {.ask = ASK_USER,
                       .intended_ns = (uint64_t)(at * 1e9),
                       .latency_ns = (uint64_t)(ms * 1e6),
                       .status = status,
                       .cache = cache};
    tally_add(t, &a);
}

static void
an_answer_belongs_to_the_second_it_was_meant_for(void **state)
{
    struct tally t;
    tally_init(&t, 0, 3);
    assert_int_equal(t.second_count, 3);
    add(&t, 0.9, 2500, 200, CACHE_HIT); // answered in the fourth second
    add(&t, 1.1, 1, 503, CACHE_NONE);
    assert_int_equal(t.seconds[0].due, 1);
    assert_int_equal(t.seconds[0].hits, 1);
    assert_int_equal(t.seconds[0].latency.most, 2500000000);
    assert_int_equal(t.seconds[1].errors, 1);
    assert_int_equal(t.all.total, 2);
    assert_int_equal(t.statuses[503], 1);
    tally_fini(&t);
}

static void
the_warm_up_is_shown_and_not_counted(void **state)
{
    struct tally t;
    tally_init(&t, 1, 1);
    assert_int_equal(t.second_count, 2);
    add(&t, 0.5, 1, 200, CACHE_MISS);
    tally_add_lag(&t, second_ns / 2, 5);
    assert_int_equal(t.seconds[0].misses, 1);
    assert_int_equal(t.misses + t.all.total + t.lag.total, 0);
    add(&t, 1.5, 1, 200, CACHE_MISS);
    tally_add_lag(&t, second_ns, 5);
    assert_int_equal(t.misses, 1);
    assert_int_equal(t.lag.total, 1);
    tally_fini(&t);
}

static void
threads_are_added_up(void **state)
{
    struct tally two[2], sum;
    tally_init(&sum, 0, 2);
    for (int i = 0; i < 2; i++) {
        tally_init(&two[i], 0, 2);
        add(&two[i], 1.5, i + 1, i ? 200 : 404, i ? CACHE_HIT : CACHE_NONE);
    }
    struct second s = tally_second(two, 2, 1);
    assert_int_equal(s.due, 2);
    assert_int_equal(s.errors, 1);
    histogram_fini(&s.latency);
    for (int i = 0; i < 2; i++)
        tally_merge(&sum, &two[i]);
    assert_int_equal(sum.all.total, 2);
    assert_int_equal(sum.asks[ASK_USER].total, 2);
    assert_int_equal(sum.hits, 1);
    assert_int_equal(sum.statuses[200] + sum.statuses[404], 2);
    assert_int_equal(sum.seconds[1].due, 2);
    for (int i = 0; i < 2; i++)
        tally_fini(&two[i]);
    tally_fini(&sum);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_belongs_to_the_second_it_was_meant_for),
        cmocka_unit_test(the_warm_up_is_shown_and_not_counted),
        cmocka_unit_test(threads_are_added_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
