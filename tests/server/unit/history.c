// SPDX-License-Identifier: MIT
//
// server/gc/history.c: the last runs, and no more than that.
#include "gc/history.h"
#include "support.h"

static void
add(struct history *h, uint64_t hits, uint64_t misses)
{
    struct pass pass = {.title.rule = "full"};
    pass.before.hits = pass.after.hits = hits;
    pass.before.misses = pass.after.misses = misses;
    history_add(h, &pass, 1);
}

static void
the_last_run_comes_first_and_the_oldest_are_forgotten(void **state)
{
    static struct history h;
    static struct history_run runs[HISTORY_SIZE + 1];
    assert_int_equal(history_read(&h, UINT64_MAX, runs, 1), 0);
    for (uint64_t i = 1; i <= HISTORY_SIZE + 10; i++)
        add(&h, i, 0);
    assert_int_equal(history_read(&h, UINT64_MAX, runs, HISTORY_SIZE + 1), HISTORY_SIZE);
    assert_int_equal(runs[0].number, HISTORY_SIZE + 10);
    assert_int_equal(runs[HISTORY_SIZE - 1].number, 11);
    assert_int_equal(history_read(&h, 20, runs, 5), 5);
    assert_int_equal(runs[0].number, 19);
    assert_int_equal(history_read(&h, 11, runs, 5), 0);
    assert_int_equal(history_read(&h, 0, runs, 5), 0);
}

static void
hits_and_misses_are_those_since_the_run_before(void **state)
{
    static struct history h;
    struct history_run run;
    add(&h, 10, 5);
    add(&h, 13, 9);
    history_read(&h, UINT64_MAX, &run, 1);
    assert_int_equal(run.hits, 3);
    assert_int_equal(run.misses, 4);
    assert_string_equal(run.rule, "full");
    assert_null(run.pass.title.rule);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_run_comes_first_and_the_oldest_are_forgotten),
        cmocka_unit_test(hits_and_misses_are_those_since_the_run_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
