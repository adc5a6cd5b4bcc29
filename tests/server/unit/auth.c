// SPDX-License-Identifier: MIT
//
// server/http/auth.c: which token a header shows, and what it may do.
#include "support.h"

#include "http/auth.h"

#define DATA_TOKEN    "data-data-data-data-data-data-32"
#define READ_TOKEN    "read-read-read-read-read-read-32"
#define OPERATE_TOKEN "operate:operate:operate:operate:"
#define DUMP_TOKEN    "dump-dump-dump-dump-dump-dump-32"

static struct auth auth;

static struct config_tokens
tokens(const char *first, const char *second)
{
    struct config_tokens t = {.count = second != NULL ? 2 : 1};
    secret_sha256(span_of(first), t.hash[0]);
    if (second != NULL)
        secret_sha256(span_of(second), t.hash[1]);
    return t;
}

static int
add_tokens(void **state)
{
    const struct config_tokens read = tokens("an older token for reading, 32+!", READ_TOKEN),
                               operate = tokens(OPERATE_TOKEN, NULL),
                               dump = tokens(DUMP_TOKEN, NULL);
    auth_add(&auth, ACCESS_READ, &read);
    auth_add(&auth, ACCESS_OPERATE, &operate);
    auth_add(&auth, ACCESS_DUMP, &dump);
    return 0;
}

// What the caller may do; 0: nobody knows them.
static enum access
access_of(const char *header)
{
    const struct auth_token *found = auth_find(&auth, span_of(header));
    return found != NULL ? found->access : 0;
}

static void
each_token_has_its_scope(void **state)
{
    assert_int_equal(access_of("Bearer an older token for reading, 32+!"), ACCESS_READ);
    assert_int_equal(access_of("Bearer " READ_TOKEN), ACCESS_READ);
    assert_int_equal(access_of("Bearer " OPERATE_TOKEN), ACCESS_OPERATE);
    assert_int_equal(access_of("Bearer " DUMP_TOKEN), ACCESS_DUMP);
    assert_int_equal(access_of("bearer   " READ_TOKEN), ACCESS_READ);
}

static void
whatever_else_is_shown_is_nobody(void **state)
{
    static const char *const wrong[] = {
        "Bearer " DATA_TOKEN,
        "Bearer " READ_TOKEN "x",
        "Bearer read-read",
        "Bearer ",
        "Bearer",
        "Bearer" READ_TOKEN,
        "Bearer \t" READ_TOKEN,
        READ_TOKEN,
        "Digest " READ_TOKEN,
        "",
        "Basic",
        "Basic !",
        "Basic eDp5",
        "Basic eHk=",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (access_of(wrong[i]) != 0)
            fail_msg("\"%s\" is somebody", wrong[i]);
    assert_int_equal(access_of(NULL), 0);
}

static void
the_password_of_basic_is_a_token_whatever_the_name(void **state)
{
    // "x:" and ":" before READ_TOKEN; "operator:" before OPERATE_TOKEN, which has colons of its
    // own.
    assert_int_equal(access_of("Basic eDpyZWFkLXJlYWQtcmVhZC1yZWFkLXJlYWQtcmVhZC0zMg=="),
                     ACCESS_READ);
    assert_int_equal(access_of("BASIC OnJlYWQtcmVhZC1yZWFkLXJlYWQtcmVhZC1yZWFkLTMy"), ACCESS_READ);
    assert_int_equal(access_of("Basic b3BlcmF0b3I6b3BlcmF0ZTpvcGVyYXRlOm9wZXJhdGU6b3BlcmF0ZTo="),
                     ACCESS_OPERATE);
}

static void
a_password_that_is_too_long_is_nobody(void **state)
{
    char header[2048] = "Basic ";
    memset(header + 6, 'A', sizeof header - 7);
    header[sizeof header - 1] = '\0';
    assert_int_equal(access_of(header), 0);
}

static void
a_token_of_two_scopes_has_the_larger(void **state)
{
    struct auth both = {.count = 0};
    const struct config_tokens one = tokens(READ_TOKEN, NULL);
    auth_add(&both, ACCESS_OPERATE, &one);
    auth_add(&both, ACCESS_READ, &one);
    assert_int_equal(auth_find(&both, SPAN("Bearer " READ_TOKEN))->access, ACCESS_OPERATE);
}

static void
a_scope_holds_the_smaller_ones(void **state)
{
    static const enum access all[] = {ACCESS_OPEN, ACCESS_DATA, ACCESS_READ, ACCESS_OPERATE,
                                      ACCESS_DUMP};
    for (size_t i = 1; i < 5; i++)
        for (size_t k = 0; k < 5; k++) {
            const struct auth_token caller = {.access = all[i]};
            assert_int_equal(auth_check(&auth, &caller, all[k]),
                             k <= i ? AUTH_FINE : AUTH_TOO_LITTLE);
            assert_int_equal(auth_check(&auth, NULL, all[k]), k == 0 ? AUTH_FINE : AUTH_UNKNOWN);
        }
}

static void
without_tokens_everybody_may_do_everything(void **state)
{
    const struct auth none = {.count = 0};
    assert_int_equal(auth_check(&none, NULL, ACCESS_DUMP), AUTH_FINE);
}

static void
a_log_shows_the_scope_and_eight_digits_of_the_hash(void **state)
{
    char name[AUTH_NAME_SIZE], expected[AUTH_NAME_SIZE];
    uint8_t hash[SECRET_SHA256_SIZE];
    secret_sha256(SPAN(OPERATE_TOKEN), hash);
    snprintf(expected, sizeof expected, "operate:%02x%02x%02x%02x", hash[0], hash[1], hash[2],
             hash[3]);
    auth_name(auth_find(&auth, SPAN("Bearer " OPERATE_TOKEN)), name);
    assert_string_equal(name, expected);
    auth_name(NULL, name);
    assert_string_equal(name, "anybody");
}

static void
a_replaced_set_is_kept_until_the_end(void **state)
{
    struct auth *_Atomic now = NULL;
    const struct config_tokens one = tokens(READ_TOKEN, NULL);
    struct auth other = {.count = 0};
    auth_add(&other, ACCESS_READ, &one);
    assert_true(auth_replace(&now, &auth));
    const struct auth_token *caller = auth_find(now, SPAN("Bearer " DUMP_TOKEN));
    assert_true(auth_replace(&now, &other));
    assert_int_equal(caller->access, ACCESS_DUMP);
    assert_null(auth_find(now, SPAN("Bearer " DUMP_TOKEN)));
    assert_non_null(auth_find(now, SPAN("Bearer " READ_TOKEN)));
    assert_true(auth_is_same(now, &other));
    assert_false(auth_is_same(now, &auth));
    other.tokens[0].access = ACCESS_DUMP;
    assert_false(auth_is_same(now, &other));
    auth_free(now);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_token_has_its_scope),
        cmocka_unit_test(whatever_else_is_shown_is_nobody),
        cmocka_unit_test(the_password_of_basic_is_a_token_whatever_the_name),
        cmocka_unit_test(a_password_that_is_too_long_is_nobody),
        cmocka_unit_test(a_token_of_two_scopes_has_the_larger),
        cmocka_unit_test(a_scope_holds_the_smaller_ones),
        cmocka_unit_test(without_tokens_everybody_may_do_everything),
        cmocka_unit_test(a_replaced_set_is_kept_until_the_end),
        cmocka_unit_test(a_log_shows_the_scope_and_eight_digits_of_the_hash),
    };
    return cmocka_run_group_tests(tests, add_tokens, NULL);
}
