// SPDX-License-Identifier: MIT
//
// Four ways to choose, by how often whom.
#include "keys.h"
#include "support.h"

enum { N = 1000, DRAWS = 100000 };

// How many draws fall on the first [first] of N.
static int
draws_below(enum keys_kind kind, size_t first)
{
    struct keys k;
    uint64_t random = 5;
    int below = 0;
    keys_init(&k, kind, N);
    for (int i = 0; i < DRAWS; i++) {
        size_t key = keys_next(&k, &random);
        assert_true(key < N);
        below += key < first;
    }
    return below;
}

static void
a_tenth_gets_nine_in_ten_when_it_is_hot(void **state)
{
    assert_in_range(draws_below(KEYS_HOT, N / 10), DRAWS * 0.89, DRAWS * 0.91);
}

static void
everybody_gets_as_much_when_uniform(void **state)
{
    assert_in_range(draws_below(KEYS_UNIFORM, N / 10), DRAWS * 0.09, DRAWS * 0.11);
}

static void
a_tenth_gets_seven_in_ten_by_zipf(void **state)
{
    assert_in_range(draws_below(KEYS_ZIPF, N / 10), DRAWS * 0.66, DRAWS * 0.71);
}

static void
a_scan_takes_one_after_the_other(void **state)
{
    struct keys k;
    uint64_t random = 5;
    keys_init(&k, KEYS_SCAN, 3);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(keys_next(&k, &random), i % 3);
}

static void
one_key_is_enough_for_all_of_them(void **state)
{
    uint64_t random = 5;
    for (int kind = 0; kind < KEYS_KINDS; kind++) {
        struct keys k;
        keys_init(&k, (enum keys_kind)kind, 1);
        assert_int_equal(keys_next(&k, &random), 0);
    }
}

static void
names_are_read_and_others_are_not(void **state)
{
    enum keys_kind kind;
    assert_true(keys_read("hot", &kind));
    assert_int_equal(kind, KEYS_HOT);
    assert_false(keys_read("cold", &kind));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tenth_gets_nine_in_ten_when_it_is_hot),
        cmocka_unit_test(everybody_gets_as_much_when_uniform),
        cmocka_unit_test(a_tenth_gets_seven_in_ten_by_zipf),
        cmocka_unit_test(a_scan_takes_one_after_the_other),
        cmocka_unit_test(one_key_is_enough_for_all_of_them),
        cmocka_unit_test(names_are_read_and_others_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
