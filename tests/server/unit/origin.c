// SPDX-License-Identifier: MIT
//
// server/http/origin.c: which hosts and origins a plane serves.
#include "support.h"

#include "http/origin.h"

static struct origin_rules rules = {.own = "127.0.0.1"};

static enum origin_verdict
verdict(const char *host, const char *origin, const char *site)
{
    struct head head = {
        .host = span_of(host), .origin = span_of(origin), .fetch_site = span_of(site)};
    return origin_check(&head, &rules);
}

static void
hosts_of_this_machine_are_served_on_any_port(void **state)
{
    static const char *const fine[] = {"127.0.0.1", "127.0.0.1:8080",  "127.9.9.9:1",
                                       "localhost", "LocalHost:65535", "[::1]",
                                       "[::1]:80",  "localhost:"};
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        assert_int_equal(verdict(fine[i], NULL, NULL), ORIGIN_FINE);
}

static void
other_hosts_are_not(void **state)
{
    static const char *const wrong[] = {"",
                                        "example.com",
                                        "localhost.example.com",
                                        "10.0.0.1",
                                        "127.0.0.1.nip.io",
                                        "0.0.0.0",
                                        "[::]",
                                        "[::1",
                                        "[::1]x",
                                        "localhost:x",
                                        "localhost:80:80",
                                        "::1",
                                        "[fe80::1]:80",
                                        "127.1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (verdict(wrong[i], NULL, NULL) != ORIGIN_WRONG_HOST)
            fail_msg("%s is served", wrong[i]);
}

static void
a_page_of_our_own_may_ask(void **state)
{
    assert_int_equal(verdict("localhost:8081", "http://localhost:8081", "same-origin"),
                     ORIGIN_FINE);
    assert_int_equal(verdict("localhost:8081", NULL, "none"), ORIGIN_FINE);
    assert_int_equal(verdict("localhost:8081", "https://localhost:8081", NULL), ORIGIN_FINE);
}

static void
a_page_of_another_site_may_not(void **state)
{
    assert_int_equal(verdict("localhost:8081", "https://example.com", NULL), ORIGIN_FOREIGN);
    assert_int_equal(verdict("localhost:8081", "http://localhost:8080", NULL), ORIGIN_FOREIGN);
    assert_int_equal(verdict("localhost:8081", "null", NULL), ORIGIN_FOREIGN);
    assert_int_equal(verdict("localhost:8081", "", NULL), ORIGIN_FOREIGN);
    assert_int_equal(verdict("localhost:8081", "https://example.com", "cross-site"),
                     ORIGIN_FOREIGN);
    assert_int_equal(verdict("localhost:8081", NULL, "cross-site"), ORIGIN_LINKED);
}

static void
a_list_adds_hosts_on_any_port(void **state)
{
    static struct config_hosts hosts = {.name = {"api.example.org", "10.0.0.9"}, .count = 2};
    for (int with_tokens = 0; with_tokens < 2; with_tokens++) {
        rules = (struct origin_rules){"10.0.0.1", &hosts, with_tokens};
        assert_int_equal(verdict("API.example.org:443", NULL, NULL), ORIGIN_FINE);
        assert_int_equal(verdict("10.0.0.9", NULL, NULL), ORIGIN_FINE);
        assert_int_equal(verdict("10.0.0.1:8080", NULL, NULL), ORIGIN_FINE);
        assert_int_equal(verdict("localhost", NULL, NULL), ORIGIN_FINE);
        assert_int_equal(verdict("example.org", NULL, NULL), ORIGIN_WRONG_HOST);
    }
    rules = (struct origin_rules){.own = "127.0.0.1"};
}

static void
with_tokens_and_no_list_any_host_is_served(void **state)
{
    static struct config_hosts none;
    for (int i = 0; i < 2; i++) {
        rules = (struct origin_rules){"0.0.0.0", i ? &none : NULL, true};
        assert_int_equal(verdict("tenured.internal:8080", NULL, NULL), ORIGIN_FINE);
        assert_int_equal(verdict("a", "http://b", NULL), ORIGIN_FOREIGN);
        assert_int_equal(verdict("a", NULL, "cross-site"), ORIGIN_LINKED);
    }
    rules = (struct origin_rules){.own = "127.0.0.1"};
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_of_this_machine_are_served_on_any_port),
        cmocka_unit_test(other_hosts_are_not),
        cmocka_unit_test(a_page_of_our_own_may_ask),
        cmocka_unit_test(a_page_of_another_site_may_not),
        cmocka_unit_test(a_list_adds_hosts_on_any_port),
        cmocka_unit_test(with_tokens_and_no_list_any_host_is_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
