// SPDX-License-Identifier: MIT
//
// Bodies, in requests that no listener has seen.
#include "http/body.h"
#include "support.h"

static const struct json_limits LIMITS = {.depth = 4, .members = 8, .string = 32};
static const char *const NAMES[] = {"flag", "count", NULL};

struct fixture {
    struct request request;
    json_t *body;
};

static int
set_up(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    return *state ? 0 : -1;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    json_decref(f->body);
    text_fini(&f->request.reply.body);
    free(f);
    return 0;
}

static bool
reads(struct fixture *f, const char *text)
{
    f->request.body = span_of(text);
    return body_read(&f->request, &LIMITS, NAMES, &f->body);
}

static void
assert_refused(const struct fixture *f, unsigned status, const char *words)
{
    assert_int_equal(f->request.reply.status, status);
    assert_non_null(strstr(f->request.reply.body.data, words));
}

static void
members_are_read_by_kind(void **state)
{
    struct fixture *f = *state;
    bool flag = false;
    int count = 0;
    assert_true(reads(f, "{\"flag\":true,\"count\":7}"));
    assert_true(body_get_bool(&f->request, f->body, "flag", &flag));
    assert_true(body_get_int(&f->request, f->body, "count", 0, 7, &count));
    assert_true(flag);
    assert_int_equal(count, 7);
}

static void
a_member_that_is_null_or_absent_keeps_the_default(void **state)
{
    struct fixture *f = *state;
    bool flag = true;
    int count = 3;
    assert_true(reads(f, "{\"flag\":null}"));
    assert_true(body_get_bool(&f->request, f->body, "flag", &flag));
    assert_true(body_get_int(&f->request, f->body, "count", 0, 7, &count));
    assert_true(flag);
    assert_int_equal(count, 3);
    assert_null(body_borrow(f->body, "flag"));
}

static void
an_unknown_member_is_refused_by_name(void **state)
{
    struct fixture *f = *state;
    assert_false(reads(f, "{\"flag\":true,\"fleg\":true}"));
    assert_refused(f, 422, "fleg");
    assert_null(f->body);
}

static void
a_number_outside_of_its_range_is_refused(void **state)
{
    struct fixture *f = *state;
    int count = 3;
    assert_true(reads(f, "{\"count\":8}"));
    assert_false(body_get_int(&f->request, f->body, "count", 0, 7, &count));
    assert_refused(f, 422, "from 0 to 7");
    assert_int_equal(count, 3);
}

static void
a_number_with_a_fraction_is_no_integer(void **state)
{
    struct fixture *f = *state;
    int count;
    assert_true(reads(f, "{\"count\":1.0}"));
    assert_false(body_get_int(&f->request, f->body, "count", 0, 7, &count));
}

static void
one_is_not_true(void **state)
{
    struct fixture *f = *state;
    bool flag;
    assert_true(reads(f, "{\"flag\":1}"));
    assert_false(body_get_bool(&f->request, f->body, "flag", &flag));
    assert_refused(f, 422, "true or false");
}

static void
what_is_not_json_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_false(reads(f, "{\"flag\":"));
    assert_refused(f, 400, "malformed-json");
}

static void
what_exceeds_a_limit_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_false(reads(f, "{\"flag\":[[[[1]]]]}"));
    assert_refused(f, 422, "json-too-large");
}

static void
no_body_is_an_empty_object_where_it_may_be(void **state)
{
    struct fixture *f = *state;
    assert_true(body_read_optional(&f->request, &LIMITS, NAMES, &f->body));
    assert_int_equal(json_object_size(f->body), 0);
}

static void
no_body_is_refused_where_it_must_be_one(void **state)
{
    struct fixture *f = *state;
    assert_false(reads(f, ""));
    assert_refused(f, 400, "malformed-json");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(members_are_read_by_kind),
        TEST(a_member_that_is_null_or_absent_keeps_the_default),
        TEST(an_unknown_member_is_refused_by_name),
        TEST(a_number_outside_of_its_range_is_refused),
        TEST(a_number_with_a_fraction_is_no_integer),
        TEST(one_is_not_true),
        TEST(what_is_not_json_is_refused),
        TEST(what_exceeds_a_limit_is_refused),
        TEST(no_body_is_an_empty_object_where_it_may_be),
        TEST(no_body_is_refused_where_it_must_be_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
