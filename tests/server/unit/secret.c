// SPDX-License-Identifier: MIT
//
// Hashes against published vectors, and what random bytes and base64url must be.
#include "base/secret.h"
#include "support.h"

// FIPS 180-2, B.1.
static void
sha256_of_abc_is_the_published_one(void **state)
{
    static const uint8_t expected[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                                       0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
                                       0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
                                       0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    uint8_t hash[SECRET_SHA256_SIZE];
    secret_sha256(SPAN("abc"), hash);
    assert_memory_equal(hash, expected, sizeof hash);
}

// The SipHash paper, appendix A: key 00..0f, input 00..0e, 0xa129ca6149be45e5 read little-endian.
static void
siphash_of_the_papers_example_is_the_published_one(void **state)
{
    uint8_t key[SECRET_SIP_KEY_SIZE];
    char input[15];
    for (int i = 0; i < SECRET_SIP_KEY_SIZE; i++)
        key[i] = (uint8_t)i;
    for (int i = 0; i < 15; i++)
        input[i] = (char)i;
    uint64_t hash = secret_siphash(key, (struct span){input, sizeof input});
    assert_int_equal(hash, __builtin_bswap64(0xa129ca6149be45e5));
}

static void
base64url_has_no_padding_and_its_own_two_letters(void **state)
{
    char out[SECRET_BASE64_LEN(3) + 1];
    secret_base64url(out, "\xfb\xff\xfe", 3);
    assert_string_equal(out, "-__-");
    secret_base64url(out, "\xfb", 1);
    assert_string_equal(out, "-w");
    assert_int_equal(SECRET_BASE64_LEN(16), 22);
    assert_int_equal(SECRET_BASE64_LEN(32), 43);
}

static void
random_bytes_differ_and_wiping_leaves_zeroes(void **state)
{
    static const uint8_t zero[32];
    uint8_t a[32] = {0}, b[32] = {0};
    secret_random(a, sizeof a);
    secret_random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    secret_wipe(a, sizeof a);
    assert_memory_equal(a, zero, sizeof a);
}

static void
only_padded_base64_of_a_fitting_size_is_decoded(void **state)
{
    char out[4];
    size_t len;
    assert_true(secret_unbase64(SPAN("YWI="), out, sizeof out, &len));
    assert_int_equal(len, 2);
    assert_memory_equal(out, "ab", 2);
    assert_true(secret_unbase64(SPAN("YWJjZA=="), out, sizeof out, &len));
    assert_int_equal(len, 4);
    assert_false(secret_unbase64(SPAN("YWJjZGU="), out, sizeof out, &len));
    assert_false(secret_unbase64(SPAN("YWI"), out, sizeof out, &len));
    assert_false(secret_unbase64(SPAN("YW I="), out, sizeof out, &len));
    assert_false(secret_unbase64(SPAN("YWI=x"), out, sizeof out, &len));
}

static void
equal_is_equal_to_the_last_byte(void **state)
{
    assert_true(secret_is_equal("abcd", "abcd", 4));
    assert_false(secret_is_equal("abcd", "abce", 4));
    assert_false(secret_is_equal("abcd", "bbcd", 4));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_of_abc_is_the_published_one),
        cmocka_unit_test(siphash_of_the_papers_example_is_the_published_one),
        cmocka_unit_test(base64url_has_no_padding_and_its_own_two_letters),
        cmocka_unit_test(only_padded_base64_of_a_fitting_size_is_decoded),
        cmocka_unit_test(equal_is_equal_to_the_last_byte),
        cmocka_unit_test(random_bytes_differ_and_wiping_leaves_zeroes),
    };
    return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
