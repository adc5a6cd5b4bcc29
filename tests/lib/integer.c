// SPDX-License-Identifier: MIT
//
// Integers of any size: lib/src/containers/integer.c. Their text is the oracle: of two positive
// ones the longer text is the greater, and of two of a length the one that comes later in a
// dictionary.
#include "heap_fixture.h"

#include <tenure/containers.h>

#include <math.h>
#include <stdlib.h>

static tn_value
integer(tn_heap *heap, const char *text)
{
    tn_value v;
    assert_int_equal(tn_int_from_decimal(heap, text, strlen(text), &v), TN_OK);
    assert_true(tn_is_integer(v));
    return v;
}

// Gives the reference back.
static void
expect_text(tn_heap *heap, tn_value v, const char *expected)
{
    tn_object *str = tn_int_to_decimal(heap, v);
    assert_string_equal(tn_str_data(str), expected);
    assert_int_equal(tn_str_len(str), strlen(expected));
    tn_decref(str);
    tn_decref_value(v);
}

// --- Decimal -------------------------------------------------------------------------------------

static void
what_goes_in_comes_out(void **state)
{
    static const char *const texts[] = {
        "0",
        "7",
        "-7",
        "1152921504606846975", // the greatest that is inline
        "1152921504606846976",
        "-1152921504606846976", // the least
        "-1152921504606846977",
        "9999999999999999999",
        "10000000000000000000",
        "9223372036854775807",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "-340282366920938463463374607431768211456",
        "100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "00000000000",
    };
    tn_heap *heap = heap_fixture_heap(state);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_text(heap, integer(heap, texts[i]), texts[i]);
}

static void
signs_and_zeros_in_front_mean_nothing(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    expect_text(heap, integer(heap, "+5"), "5");
    expect_text(heap, integer(heap, "-0"), "0");
    expect_text(heap, integer(heap, "000000000000000000000000000000000000000000012"), "12");
    expect_text(heap, integer(heap, "-00000000000000000000018446744073709551616"),
                "-18446744073709551616");
}

static void
what_is_no_number_is_refused(void **state)
{
    static const char *const texts[] = {"",   "-",   "+",   "+-1",   "1 ",
                                        " 1", "0x1", "1.0", "1_000", "é"};
    tn_value v;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        tn_err err = tn_int_from_decimal(heap_fixture_heap(state), texts[i], strlen(texts[i]), &v);
        assert_int_equal(err, TN_EINVAL);
        assert_true(tn_is_absent(v));
    }
    assert_int_equal(tn_int_from_decimal(heap_fixture_heap(state), "1\0", 2, &v), TN_EINVAL);
}

// Nothing is read of a text that is too long.
static void
more_digits_than_a_str_holds_are_refused(void **state)
{
    tn_value v;
    size_t len = (size_t)UINT32_MAX - 63;
    assert_int_equal(tn_int_from_decimal(heap_fixture_heap(state), "1", len, &v), TN_ELIMIT);
}

static char *
random_text(dice *d, size_t digits)
{
    char *text = malloc(digits + 2), *at = text;
    assert_non_null(text);
    if (dice_chance(d, 50))
        *at++ = '-';
    *at++ = (char)('1' + dice_below(d, 9));
    while (--digits > 0)
        *at++ = (char)('0' + dice_below(d, 10));
    *at = '\0';
    return text;
}

static void
any_number_comes_out_as_it_went_in(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    dice d;
    dice_init(&d, __func__);
    for (int i = 0; i < 2000; i++) {
        char *text = random_text(&d, 1 + dice_below(&d, i % 100 == 0 ? 20000 : 100));
        expect_text(heap, integer(heap, text), text);
        free(text);
    }
}

// --- Sizes ---------------------------------------------------------------------------------------

static void
an_inline_one_is_never_an_object(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    assert_true(tn_is(integer(heap, "1152921504606846975"), tn_int(TN_INT_MAX)));
    assert_true(tn_is(integer(heap, "-1152921504606846976"), tn_int(TN_INT_MIN)));
    tn_value above = integer(heap, "1152921504606846976"),
             below = integer(heap, "-1152921504606846977");
    assert_true(tn_is_object(above) && tn_is_object(below));
    assert_int_equal(tn_sizeof(tn_as_object(above)), 24);
    tn_decref_value(above);
    tn_decref_value(below);
}

// 10 to the power of [exponent].
static tn_value
power_of_ten(tn_heap *heap, size_t exponent)
{
    char *text = malloc(exponent + 2);
    assert_non_null(text);
    memset(text, '0', exponent + 1);
    text[0] = '1';
    text[exponent + 1] = '\0';
    tn_value v = integer(heap, text);
    free(text);
    return v;
}

// 62 limbs fit into the object: 3968 bits.
static void
each_64_bits_take_8_bytes_in_the_object_or_in_a_buffer(void **state)
{
    static const struct {
        size_t exponent, bits, size;
    } rows[] = {{19, 64, 24},      {20, 67, 32},           {100, 333, 64},
                {1194, 3967, 512}, {1195, 3970, 24 + 512}, {5000, 16610, 24 + 2080}};
    tn_heap *heap = heap_fixture_heap(state);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tn_value v = power_of_ten(heap, rows[i].exponent);
        size_t size = tn_sizeof(tn_as_object(v));
        assert_int_equal(tn_int_bits(v), rows[i].bits);
        assert_in_range(size, rows[i].size, rows[i].size + rows[i].size / 8);
        assert_int_equal(heap_current(heap), size);
        assert_false(tn_gc_is_tracked(tn_as_object(v)));
        assert_true(tn_heap_check(heap));
        tn_decref_value(v);
    }
}

static void
bits_are_counted_without_the_sign(void **state)
{
    static const struct {
        int64_t i;
        size_t bits;
    } rows[] = {{0, 0}, {1, 1}, {-1, 1}, {2, 2}, {255, 8}, {256, 9}, {-256, 9}, {INT64_MIN, 64}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tn_value v;
        assert_int_equal(tn_int_new(heap_fixture_heap(state), rows[i].i, &v), TN_OK);
        assert_int_equal(tn_int_bits(v), rows[i].bits);
        tn_decref_value(v);
    }
}

static void
sixty_four_bits_are_got_and_no_more(void **state)
{
    static const struct {
        const char *text;
        bool fits;
    } rows[] = {{"9223372036854775807", true},   {"9223372036854775808", false},
                {"-9223372036854775808", true},  {"-9223372036854775809", false},
                {"18446744073709551616", false}, {"0", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tn_value v = integer(heap_fixture_heap(state), rows[i].text);
        assert_int_equal(tn_int_fits(v), rows[i].fits);
        if (rows[i].fits)
            assert_true(tn_int_get(v) == strtoll(rows[i].text, NULL, 10));
        tn_decref_value(v);
    }
}

// --- Order and keys ------------------------------------------------------------------------------

static int
sign_of(int order)
{
    return (order > 0) - (order < 0);
}

// What the texts say.
static int
order_of_texts(const char *a, const char *b)
{
    if ((*a == '-') != (*b == '-'))
        return *a == '-' ? -1 : 1;
    size_t m = strlen(a), n = strlen(b);
    int order = m != n ? (m < n ? -1 : 1) : sign_of(strcmp(a, b));
    return *a == '-' ? -order : order;
}

static void
any_two_are_in_order_and_equal_only_as_keys_if_they_are(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    dice d;
    dice_init(&d, __func__);
    for (int i = 0; i < 5000; i++) {
        size_t most = dice_chance(&d, 50) ? 2 : 45;
        char *texts[] = {random_text(&d, 1 + dice_below(&d, most)),
                         random_text(&d, 1 + dice_below(&d, most))};
        tn_value a = integer(heap, texts[0]), b = integer(heap, texts[1]);
        int order = order_of_texts(texts[0], texts[1]);
        DICE_ASSERT(&d, sign_of(tn_int_compare(a, b)) == order);
        DICE_ASSERT(&d, sign_of(tn_int_compare(b, a)) == -order);
        DICE_ASSERT(&d, tn_key_equal(a, b) == (order == 0));
        DICE_ASSERT(&d, order != 0 || tn_key_hash(heap, a) == tn_key_hash(heap, b));
        for (int j = 0; j < 2; j++)
            free(texts[j]);
        tn_decref_value(a);
        tn_decref_value(b);
    }
}

static void
an_equal_one_finds_what_a_dict_has(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *dict = tn_dict_new(heap);
    for (size_t i = 0; i < 100; i++) {
        tn_value key = power_of_ten(heap, i);
        assert_int_equal(tn_dict_set(dict, key, tn_int((int64_t)i)), TN_OK);
        tn_decref_value(key);
    }
    assert_int_equal(tn_dict_len(dict), 100);
    for (size_t i = 0; i < 100; i++) {
        tn_value key = power_of_ten(heap, i);
        assert_true(tn_is(tn_dict_borrow(dict, key), tn_int((int64_t)i)));
        tn_decref_value(key);
    }
    tn_decref(dict);
}

// An integer of 1024 bits with the same value as the double.
static tn_value
as_integer(tn_heap *heap, double d)
{
    char text[400];
    snprintf(text, sizeof text, "%.0f", d); // exact
    return integer(heap, text);
}

static void
a_whole_float_is_the_same_key_as_its_integer(void **state)
{
    static const double samples[] = {0x1p60,
                                     -0x1p60,
                                     0x1p61,
                                     0x1.8p63,
                                     0x1p64,
                                     -0x1p64,
                                     0x1p100,
                                     1e22,
                                     0x1.fffp127,
                                     0x1.0000000000001p64,
                                     1e300,
                                     -1.5e308,
                                     0x1p53,
                                     0x1.fffffffffffffp1023,
                                     3};
    tn_heap *heap = heap_fixture_heap(state);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        tn_value whole = as_integer(heap, samples[i]);
        tn_value same = tn_ref(tn_float_new(heap, samples[i]));
        tn_value other = tn_ref(tn_float_new(heap, nextafter(samples[i], 0)));
        assert_true(tn_key_equal(whole, same) && tn_key_equal(same, whole));
        assert_true(tn_key_hash(heap, whole) == tn_key_hash(heap, same));
        assert_false(tn_key_equal(whole, other));
        tn_decref_value(whole);
        tn_decref_value(same);
        tn_decref_value(other);
    }
}

static void
no_integer_equals_an_infinite_float_a_boolean_or_its_text(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_value infinite = tn_ref(tn_float_new(heap, INFINITY)), big = power_of_ten(heap, 308);
    tn_value text = tn_ref(heap_str(heap, "1"));
    assert_false(tn_key_equal(infinite, big) || tn_key_equal(big, infinite));
    assert_false(tn_key_equal(tn_int(1), TN_TRUE) || tn_key_equal(tn_int(1), text));
    tn_decref_value(infinite);
    tn_decref_value(big);
    tn_decref_value(text);
}

static void
a_key_is_equal_by_content_or_identity(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_value a = tn_ref(heap_str(heap, "a")), same = tn_ref(heap_str(heap, "a"));
    tn_value list = tn_ref(tn_list_new(heap)), other = tn_ref(tn_list_new(heap));
    assert_true(tn_key_equal(a, same) && tn_key_hash(heap, a) == tn_key_hash(heap, same));
    assert_true(tn_key_equal(list, list) && !tn_key_equal(list, other));
    assert_false(tn_key_equal(a, list) || tn_key_equal(TN_NONE, TN_FALSE));
    const tn_value all[] = {a, same, list, other};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        tn_decref_value(all[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(what_goes_in_comes_out),
        HEAP_TEST(signs_and_zeros_in_front_mean_nothing),
        HEAP_TEST(what_is_no_number_is_refused),
        HEAP_TEST(more_digits_than_a_str_holds_are_refused),
        HEAP_TEST(any_number_comes_out_as_it_went_in),
        HEAP_TEST(an_inline_one_is_never_an_object),
        HEAP_TEST(each_64_bits_take_8_bytes_in_the_object_or_in_a_buffer),
        HEAP_TEST(bits_are_counted_without_the_sign),
        HEAP_TEST(sixty_four_bits_are_got_and_no_more),
        HEAP_TEST(any_two_are_in_order_and_equal_only_as_keys_if_they_are),
        HEAP_TEST(an_equal_one_finds_what_a_dict_has),
        HEAP_TEST(a_whole_float_is_the_same_key_as_its_integer),
        HEAP_TEST(no_integer_equals_an_infinite_float_a_boolean_or_its_text),
        HEAP_TEST(a_key_is_equal_by_content_or_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
