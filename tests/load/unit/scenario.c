// SPDX-License-Identifier: MIT
//
// What the table holds, and mixes of one's own.
#include "scenario.h"
#include "support.h"

static size_t
sum_of(const unsigned *weights)
{
    size_t sum = 0;
    for (int i = 0; i < ASK_COUNT; i++)
        sum += weights[i];
    return sum;
}

static void
every_scenario_asks_for_something_to_its_end(void **state)
{
    for (size_t i = 0; i < scenario_count; i++) {
        const struct scenario *s = &scenarios[i];
        assert_ptr_equal(scenario_find(s->name), s);
        assert_true(s->users > 0 && s->per_user > 0 && s->online >= 0 && s->online <= 1);
        for (double share = 0; share < 1.1; share += 0.01) {
            const struct phase *p = scenario_phase(s, share);
            assert_true(p < s->phases + SCENARIO_PHASES && p->rate > 0 && sum_of(p->weights) > 0);
        }
        assert_true(scenario_phase(s, 1)->until == 1);
    }
}

static void
the_storm_is_in_the_middle(void **state)
{
    const struct scenario *s = scenario_find("storm");
    assert_ptr_equal(scenario_phase(s, 0), &s->phases[0]);
    assert_ptr_equal(scenario_phase(s, 0.5), &s->phases[1]);
    assert_ptr_equal(scenario_phase(s, 0.9), &s->phases[2]);
    assert_true(s->phases[1].weights[ASK_LOGIN] > 0 && s->phases[0].weights[ASK_LOGIN] == 0);
}

static void
weights_are_how_often_something_is_asked(void **state)
{
    enum { DRAWS = 100000 };
    unsigned weights[ASK_COUNT] = {[ASK_VERIFY] = 3, [ASK_PUT] = 1};
    int counts[ASK_COUNT] = {0};
    uint64_t random = 9;
    for (int i = 0; i < DRAWS; i++)
        counts[scenario_choose(weights, &random)]++;
    assert_in_range(counts[ASK_VERIFY], DRAWS * 0.74, DRAWS * 0.76);
    assert_int_equal(counts[ASK_VERIFY] + counts[ASK_PUT], DRAWS);
}

static void
a_mix_is_read(void **state)
{
    unsigned weights[ASK_COUNT];
    assert_true(scenario_read_mix("verify=70,user=30", weights));
    assert_int_equal(weights[ASK_VERIFY], 70);
    assert_int_equal(weights[ASK_USER], 30);
    assert_int_equal(sum_of(weights), 100);
}

static void
a_mix_with_a_mistake_is_not(void **state)
{
    static const char *const wrong[] = {
        "",        "verify",          "verify=", "verify=x",        "verify=0", "verify=1,",
        "wrong=1", "verify=1;user=2", "=1",      "verify=1 user=2", "verify=-1"};
    unsigned weights[ASK_COUNT];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(scenario_read_mix(wrong[i], weights));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scenario_asks_for_something_to_its_end),
        cmocka_unit_test(the_storm_is_in_the_middle),
        cmocka_unit_test(weights_are_how_often_something_is_asked),
        cmocka_unit_test(a_mix_is_read),
        cmocka_unit_test(a_mix_with_a_mistake_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
