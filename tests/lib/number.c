// SPDX-License-Identifier: MIT
//
// Integers beyond the inline range, floats, and both as keys: lib/src/containers/number.c, key.h.
#include "heap_fixture.h"

#include <tenure/containers.h>

#include <math.h>

static tn_value
integer(tn_heap *heap, int64_t i)
{
    tn_value v = TN_ABSENT;
    assert_int_equal(tn_int_new(heap, i, &v), TN_OK);
    assert_true(tn_is_integer(v));
    assert_true(tn_int_get(v) == i);
    return v;
}

static tn_value
floating(tn_heap *heap, double d)
{
    tn_object *o = tn_float_new(heap, d);
    assert_non_null(o);
    return tn_ref(o);
}

// --- Values --------------------------------------------------------------------------------------

static void
integers_are_inline_up_to_the_limits_and_objects_beyond(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    assert_true(tn_is_int(integer(heap, TN_INT_MAX)) && tn_is_int(integer(heap, TN_INT_MIN)));
    assert_true(tn_is_int(integer(heap, 0)) && tn_is_int(integer(heap, -1)));
    assert_int_equal(heap_current(heap), 0);
    static const int64_t beyond[] = {TN_INT_MAX + 1, TN_INT_MIN - 1, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
        tn_value v = integer(heap, beyond[i]);
        assert_true(tn_is_object(v) && !tn_is_int(v));
        tn_decref_value(v);
    }
}

static void
what_is_no_integer_says_so(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_value one = floating(heap, 1), big = integer(heap, INT64_MAX);
    assert_false(tn_is_integer(one) || tn_is_integer(TN_TRUE) || tn_is_integer(TN_NONE));
    assert_false(tn_is_integer(TN_ABSENT) || tn_is_float(TN_ABSENT));
    assert_true(tn_is_float(one));
    assert_false(tn_is_float(big) || tn_is_float(tn_int(1)));
    tn_decref_value(one);
    tn_decref_value(big);
}

static void
a_float_keeps_every_bit(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    static const double samples[] = {0.0, -0.0, 1.5, -1e308, 5e-324, INFINITY, -INFINITY, NAN};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        tn_value v = floating(heap, samples[i]);
        double got = tn_float_get(v);
        assert_memory_equal(&got, &samples[i], sizeof got);
        tn_decref_value(v);
    }
}

static void
numbers_are_leaves_of_24_bytes_that_are_never_tracked(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *numbers[] = {tn_as_object(integer(heap, INT64_MIN)),
                            tn_as_object(floating(heap, 2.5))};
    for (int i = 0; i < 2; i++) {
        assert_false(tn_gc_is_tracked(numbers[i]));
        assert_int_equal(tn_sizeof(numbers[i]), 24);
        assert_int_equal(tn_refcount(numbers[i]), 1);
    }
    static const char *const slots[] = {"number", NULL};
    tn_object *o = tn_new(heap, heap_type(heap, "Acyclic", slots, TN_ACYCLIC));
    tn_slot_set_steal(o, 0, tn_ref(numbers[0]));
    tn_slot_set_steal(o, 0, tn_ref(numbers[1]));
    tn_decref(o);
}

// --- Keys ----------------------------------------------------------------------------------------

// Sets [first] and asks for [second]; gives both back.
static bool
is_same_key(tn_heap *heap, tn_value first, tn_value second)
{
    tn_object *dict = tn_dict_new(heap);
    assert_int_equal(tn_dict_set(dict, first, TN_NONE), TN_OK);
    bool same = !tn_is_absent(tn_dict_borrow(dict, second));
    assert_int_equal(tn_dict_set(dict, second, TN_TRUE), TN_OK);
    assert_int_equal(tn_dict_len(dict), same ? 1 : 2);
    tn_decref(dict);
    tn_decref_value(first);
    tn_decref_value(second);
    return same;
}

static void
equal_numbers_are_the_same_key_whatever_their_kind(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    assert_true(is_same_key(heap, tn_int(1), floating(heap, 1)));
    assert_true(is_same_key(heap, floating(heap, 1), tn_int(1)));
    assert_true(is_same_key(heap, tn_int(0), floating(heap, -0.0)));
    assert_true(is_same_key(heap, floating(heap, 0.0), floating(heap, -0.0)));
    assert_true(is_same_key(heap, floating(heap, 1.5), floating(heap, 1.5)));
    assert_true(is_same_key(heap, integer(heap, INT64_MAX), integer(heap, INT64_MAX)));
    assert_true(is_same_key(heap, integer(heap, INT64_C(1) << 60), floating(heap, 0x1p60)));
    assert_true(is_same_key(heap, integer(heap, INT64_MIN), floating(heap, -0x1p63)));
    assert_true(is_same_key(heap, floating(heap, INFINITY), floating(heap, INFINITY)));
}

static void
numbers_that_differ_are_different_keys(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    int64_t odd = (INT64_C(1) << 53) + 1; // a double would round it
    assert_false(is_same_key(heap, tn_int(odd), floating(heap, 0x1p53)));
    assert_false(is_same_key(heap, integer(heap, INT64_MAX), floating(heap, 0x1p63)));
    assert_false(is_same_key(heap, tn_int(1), floating(heap, 1.5)));
    assert_false(is_same_key(heap, tn_int(5), integer(heap, (INT64_C(1) << 61) + 5)));
    assert_false(is_same_key(heap, floating(heap, INFINITY), floating(heap, -INFINITY)));
    assert_false(is_same_key(heap, integer(heap, INT64_MAX), integer(heap, INT64_MIN)));
}

static void
a_nan_is_the_same_key_only_as_itself(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_value nan = floating(heap, NAN);
    assert_true(is_same_key(heap, tn_incref_value(nan), tn_incref_value(nan)));
    assert_false(is_same_key(heap, nan, floating(heap, NAN)));
}

// Unlike Python's, where True equals 1.
static void
booleans_none_and_strings_are_no_numbers(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    assert_false(is_same_key(heap, TN_TRUE, tn_int(1)));
    assert_false(is_same_key(heap, floating(heap, 1), TN_TRUE));
    assert_false(is_same_key(heap, TN_FALSE, floating(heap, 0)));
    assert_false(is_same_key(heap, TN_NONE, floating(heap, 0)));
    assert_false(is_same_key(heap, tn_ref(heap_str(heap, "1")), floating(heap, 1)));
}

static void
the_first_of_equal_keys_stays_in_the_dict(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *dict = tn_dict_new(heap);
    tn_value one = floating(heap, 1), key, value;
    assert_int_equal(tn_dict_set(dict, tn_int(1), TN_FALSE), TN_OK);
    assert_int_equal(tn_dict_set(dict, one, TN_TRUE), TN_OK);
    size_t cursor = 0;
    assert_true(tn_dict_next(dict, &cursor, &key, &value));
    assert_true(tn_is(key, tn_int(1)) && tn_is(value, TN_TRUE));
    assert_int_equal(tn_dict_delete(dict, one), TN_OK);
    assert_int_equal(tn_dict_len(dict), 0);
    tn_decref_value(one);
    tn_decref(dict);
}

static void
a_weak_map_takes_all_integers_as_keys_and_no_floats(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *map = tn_weakmap_new(heap);
    tn_object *o = tn_new(heap, heap_type(heap, "Target", NULL, TN_WEAK));
    tn_value key = integer(heap, INT64_MIN), again = integer(heap, INT64_MIN);
    tn_value one = floating(heap, 1);
    assert_int_equal(tn_weakmap_set(map, key, o), TN_OK);
    assert_int_equal(tn_weakmap_set(map, one, o), TN_ETYPE);
    tn_decref_value(key);
    assert_ptr_equal(tn_weakmap_borrow(map, again), o);
    tn_decref(o);
    assert_int_equal(tn_weakmap_len(map), 0);
    assert_null(tn_weakmap_borrow(map, again));
    tn_decref_value(again);
    tn_decref_value(one);
    tn_decref(map);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(integers_are_inline_up_to_the_limits_and_objects_beyond),
        HEAP_TEST(what_is_no_integer_says_so),
        HEAP_TEST(a_float_keeps_every_bit),
        HEAP_TEST(numbers_are_leaves_of_24_bytes_that_are_never_tracked),
        HEAP_TEST(equal_numbers_are_the_same_key_whatever_their_kind),
        HEAP_TEST(numbers_that_differ_are_different_keys),
        HEAP_TEST(a_nan_is_the_same_key_only_as_itself),
        HEAP_TEST(booleans_none_and_strings_are_no_numbers),
        HEAP_TEST(the_first_of_equal_keys_stays_in_the_dict),
        HEAP_TEST(a_weak_map_takes_all_integers_as_keys_and_no_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
