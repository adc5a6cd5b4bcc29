// SPDX-License-Identifier: MIT
//
// The one-word value and the errors: lib/include/tenure/tenure.h.
#include "heap_fixture.h"

#include <tenure/tenure.h>

static void
integers_keep_their_value_at_both_limits(void **state)
{
    const int64_t integers[] = {0, 1, -1, 42, TN_INT_MAX, TN_INT_MIN, TN_INT_MAX - 1};
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
        assert_true(tn_is_int(tn_int(integers[i])));
        assert_false(tn_is_object(tn_int(integers[i])));
        assert_true(tn_as_int(tn_int(integers[i])) == integers[i]);
    }
}

static void
integers_beyond_the_limits_lose_their_highest_bits(void **state)
{
    assert_true(tn_as_int(tn_int(TN_INT_MAX + 1)) == TN_INT_MIN);
    assert_true(tn_as_int(tn_int(TN_INT_MIN - 1)) == TN_INT_MAX);
}

static void
the_special_values_differ_from_each_other_and_from_integers(void **state)
{
    const tn_value values[] = {TN_ABSENT, TN_NONE, TN_FALSE, TN_TRUE, tn_int(0), tn_int(1)};
    size_t count = sizeof values / sizeof *values;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++)
            assert_int_equal(tn_is(values[i], values[j]), i == j);
        assert_false(tn_is_object(values[i]));
        assert_null(tn_as_object(values[i]));
    }
}

static void
booleans_come_from_conditions(void **state)
{
    assert_true(tn_is(tn_bool(1 < 2), TN_TRUE));
    assert_true(tn_is(tn_bool(2 < 1), TN_FALSE));
}

static void
only_the_absent_value_is_absent(void **state)
{
    assert_true(tn_is_absent(TN_ABSENT));
    assert_true(tn_is_absent(tn_ref(NULL)));
    assert_false(tn_is_absent(TN_NONE));
    assert_false(tn_is_absent(tn_int(0)));
}

static void
a_value_refers_to_its_object_and_takes_no_reference(void **state)
{
    tn_object *str = heap_str(heap_fixture_heap(state), "x");
    tn_value v = tn_ref(str);
    assert_true(tn_is_object(v));
    assert_false(tn_is_int(v));
    assert_ptr_equal(tn_as_object(v), str);
    assert_int_equal(tn_refcount(str), 1);
    tn_decref_value(v);
}

static void
counting_a_value_that_is_no_object_does_nothing(void **state)
{
    assert_true(tn_is(tn_incref_value(tn_int(5)), tn_int(5)));
    tn_decref_value(tn_int(5));
    tn_decref_value(TN_NONE);
    tn_decref_value(TN_ABSENT);
}

static void
every_error_has_a_sentence_without_a_full_stop(void **state)
{
    for (tn_err err = TN_OK; err <= TN_EBUSY; err++) {
        const char *sentence = tn_strerror(err);
        assert_non_null(sentence);
        assert_true(strlen(sentence) > 0);
        assert_true(sentence[strlen(sentence) - 1] != '.');
    }
    assert_string_equal(tn_strerror(TN_EKEY), "no such key");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_keep_their_value_at_both_limits),
        cmocka_unit_test(integers_beyond_the_limits_lose_their_highest_bits),
        cmocka_unit_test(the_special_values_differ_from_each_other_and_from_integers),
        cmocka_unit_test(booleans_come_from_conditions),
        cmocka_unit_test(only_the_absent_value_is_absent),
        HEAP_TEST(a_value_refers_to_its_object_and_takes_no_reference),
        cmocka_unit_test(counting_a_value_that_is_no_object_does_nothing),
        cmocka_unit_test(every_error_has_a_sentence_without_a_full_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
