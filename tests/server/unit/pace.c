// SPDX-License-Identifier: MIT
//
// When a pass may come back: the test says who comes, who has the lock, and what time it is.
#include "domain/pace.h"
#include "support.h"

enum { HELD = 2000, NOW = 1000000, REST = 3 * HELD };

// One hold of the lock by a pass, with a share of a quarter, that ends at NOW.
static void
hold(struct pace *p)
{
    pace_enter(p, pace_come(p));
    pace_rest(p, HELD, 0.25, NOW);
}

static void
at_first_and_where_nobody_comes_the_pass_may_go_on(void **state)
{
    struct pace p = {0};
    assert_int_equal(pace_left_ns(&p, NOW), 0);
    hold(&p);
    assert_int_equal(pace_left_ns(&p, NOW), 0);
    hold(&p);
    assert_int_equal(pace_left_ns(&p, NOW), 0);
}

static void
who_came_between_two_holds_gets_their_share(void **state)
{
    struct pace p = {0};
    hold(&p);
    pace_enter(&p, pace_come(&p));
    hold(&p);
    assert_int_equal(pace_left_ns(&p, NOW), REST);
    assert_int_equal(pace_left_ns(&p, NOW + REST - 1), 1);
    assert_int_equal(pace_left_ns(&p, NOW + REST), 0);
}

static void
who_waits_has_the_lock_before_the_pass_comes_back(void **state)
{
    struct pace p = {0};
    unsigned waiting = pace_come(&p);
    hold(&p);
    assert_true(pace_left_ns(&p, NOW + 100 * REST) > 0);
    pace_enter(&p, waiting);
    assert_int_equal(pace_left_ns(&p, NOW + REST), 0);
}

static void
newcomers_keep_nobody_waiting(void **state)
{
    struct pace p = {0};
    unsigned waiting = pace_come(&p);
    hold(&p);
    unsigned late = pace_come(&p);
    assert_true(pace_left_ns(&p, NOW + REST) > 0);
    pace_enter(&p, waiting);
    assert_int_equal(pace_left_ns(&p, NOW + REST), 0);
    hold(&p); // now they are the ones who wait
    assert_true(pace_left_ns(&p, NOW + REST) > 0);
    pace_enter(&p, late);
    assert_int_equal(pace_left_ns(&p, NOW + REST), 0);
}

static void
a_share_of_one_makes_way_for_those_who_wait_only(void **state)
{
    struct pace p = {0};
    unsigned waiting = pace_come(&p);
    pace_enter(&p, pace_come(&p));
    pace_rest(&p, HELD, 1, NOW);
    assert_true(pace_left_ns(&p, NOW) > 0);
    pace_enter(&p, waiting);
    assert_int_equal(pace_left_ns(&p, NOW), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_first_and_where_nobody_comes_the_pass_may_go_on),
        cmocka_unit_test(who_came_between_two_holds_gets_their_share),
        cmocka_unit_test(who_waits_has_the_lock_before_the_pass_comes_back),
        cmocka_unit_test(newcomers_keep_nobody_waiting),
        cmocka_unit_test(a_share_of_one_makes_way_for_those_who_wait_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
