// SPDX-License-Identifier: MIT
//
// An expired session is not found, whoever looks first, and its user shows it as it ended.
#include "domain_fixture.h"

enum { SHORT_MS = 150, LONG_MS = 600000 };

static void
a_session_expires_by_idleness_or_by_age(void **state)
{
    struct making idle, old, young;
    struct asking q;
    put("ada", "Ada");
    make_with(&idle, "ada", SHORT_MS, LONG_MS);
    make_with(&young, "ada", LONG_MS, LONG_MS);
    assert_true(is_live("ada", &idle));
    wait_ms(2 * SHORT_MS);
    assert_false(is_live("ada", &idle));
    ask(&q, "ada");
    assert_non_null(strstr(q.document, "\"reason\":\"expired_idle\""));
    make_with(&old, "ada", LONG_MS, SHORT_MS);
    wait_ms(2 * SHORT_MS);
    assert_false(is_live("ada", &old));
    ask(&q, "ada");
    assert_non_null(strstr(q.document, "\"reason\":\"expired_absolute\""));
    assert_true(is_live("ada", &young));
    assert_int_equal(rows_in_store(), 1);
}

static void
a_reader_of_the_user_ends_what_expired_in_its_order(void **state)
{
    struct making first, second, third;
    struct asking q;
    put("ada", "Ada");
    make_with(&first, "ada", 2 * SHORT_MS, LONG_MS); // expires last
    make_with(&second, "ada", SHORT_MS, LONG_MS);
    make_with(&third, "ada", LONG_MS, LONG_MS);
    wait_ms(3 * SHORT_MS);
    ask(&q, "ada");
    assert_non_null(strstr(q.document, "\"sessions\":1"));
    assert_non_null(strstr(q.document, first.create.id));
    assert_int_equal(figures().sessions_live, 1);
    assert_int_equal(rows_in_store(), 1);
}

static void
an_expired_session_keeps_no_place_from_a_new_one(void **state)
{
    struct making a, b;
    char *policy = fixture->config.sessions_per_user_policy;
    fixture->config.sessions_per_user = 1;
    fixture->config.sessions_per_user_policy = (char *)"reject";
    put("ada", "Ada");
    make_with(&a, "ada", SHORT_MS, LONG_MS);
    assert_int_equal(make(&b, "ada"), OUTCOME_FULL);
    wait_ms(2 * SHORT_MS);
    assert_int_equal(make(&b, "ada"), OUTCOME_DONE);
    fixture->config.sessions_per_user_policy = policy;
}

static void
revoking_an_expired_session_shows_that_it_expired(void **state)
{
    struct making m;
    struct asking q;
    put("ada", "Ada");
    make_with(&m, "ada", SHORT_MS, LONG_MS);
    wait_ms(2 * SHORT_MS);
    assert_int_equal(revoke("ada", m.create.id), OUTCOME_DONE);
    ask(&q, "ada");
    assert_non_null(strstr(q.document, "\"reason\":\"expired_idle\""));
}

static void
an_expired_user_is_collectable(void **state)
{
    struct making m;
    put("ada", "Ada");
    make_with(&m, "ada", SHORT_MS, LONG_MS);
    wait_ms(2 * SHORT_MS);
    assert_false(is_live("ada", &m));
    collect();
    assert_int_equal(figures().users_resident, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(a_session_expires_by_idleness_or_by_age),
        DOMAIN_TEST(a_reader_of_the_user_ends_what_expired_in_its_order),
        DOMAIN_TEST(an_expired_session_keeps_no_place_from_a_new_one),
        DOMAIN_TEST(revoking_an_expired_session_shows_that_it_expired),
        DOMAIN_TEST(an_expired_user_is_collectable),
    };
    return cmocka_run_group_tests_name("expiry", tests, NULL, NULL);
}
