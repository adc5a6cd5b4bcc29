// SPDX-License-Identifier: MIT
//
// server/base/address.c: hosts and ports.
#include "support.h"

#include "base/address.h"

static void
an_address_is_split(void **state)
{
    char host[16];
    uint16_t port;
    assert_true(address_split("127.0.0.1:8080", host, sizeof host, &port));
    assert_string_equal(host, "127.0.0.1");
    assert_int_equal(port, 8080);
    assert_true(address_split("[::1]:65535", host, sizeof host, &port));
    assert_string_equal(host, "::1");
    assert_int_equal(port, 65535);
    assert_true(address_split("fifteen-letters:0", host, sizeof host, &port));
    assert_int_equal(port, 0);
}

static void
what_is_no_address_is_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        ":",
                                        "a",
                                        "a:",
                                        ":1",
                                        "a:1x",
                                        "::1:1",
                                        "[::1]",
                                        "[]:1",
                                        "[::1:1",
                                        "a:-1",
                                        "a:+1",
                                        "[:1",
                                        "a: 1",
                                        "a:65536",
                                        "a:000001",
                                        "sixteen-letters.:1"};
    char host[16];
    uint16_t port;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (address_split(wrong[i], host, sizeof host, &port))
            fail_msg("%s was split", wrong[i]);
}

static void
loopback_is_this_machine(void **state)
{
    assert_true(address_is_loopback("127.0.0.1"));
    assert_true(address_is_loopback("127.255.0.9"));
    assert_true(address_is_loopback("::1"));
    assert_true(address_is_loopback("localhost"));
    assert_false(address_is_loopback("0.0.0.0"));
    assert_false(address_is_loopback("::"));
    assert_false(address_is_loopback("10.0.0.1"));
    assert_false(address_is_loopback("localhost.example.com"));
}

static void
an_address_is_told_from_a_name(void **state)
{
    assert_true(address_is_literal("10.0.0.1"));
    assert_true(address_is_literal("::"));
    assert_false(address_is_literal("localhost"));
    assert_false(address_is_literal("10.1"));
    assert_false(address_is_literal("[::1]"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_split),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(loopback_is_this_machine),
        cmocka_unit_test(an_address_is_told_from_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
