// SPDX-License-Identifier: MIT
//
// server/gc/senses.c: what comes from an outlook comes from nowhere else, and what comes from the
// shards is the sum over all of them.
#include "gc/senses.h"
#include "support.h"

#include "base/clock.h"

enum { SHARDS = 3, MADE = 5 };

static struct shard shards[SHARDS];
static struct domain domain = {.shards = shards, .shard_count = SHARDS};

static int
set_up(void **state)
{
    for (unsigned i = 0; i < SHARDS; i++)
        if (!shard_init(&shards[i], i))
            return 1;
    return 0;
}

static int
tear_down(void **state)
{
    for (unsigned i = 0; i < SHARDS; i++)
        shard_fini(&shards[i]);
    return 0;
}

static uint64_t
of_the_test(void *arg)
{
    return *(uint64_t *)arg;
}

static int64_t
limit_of_the_test(void *arg)
{
    return 12345;
}

static void
an_outlook_is_asked_for_time_requests_and_limit(void **state)
{
    uint64_t number = 42;
    const struct outlook o = {of_the_test, of_the_test, limit_of_the_test, &number};
    struct senses s;
    senses_read(&s, &o, &domain);
    assert_int_equal(s.now_ns, 42);
    assert_int_equal(s.requests, 42);
    assert_int_equal(s.limit, 12345);
    number = 43;
    assert_int_equal(senses_now_ns(&o), 43);
}

static void
without_an_outlook_the_clock_is_the_real_one_and_nobody_asked_anything(void **state)
{
    const struct outlook none = {0};
    struct senses s;
    uint64_t before = clock_monotonic_ns();
    senses_read(&s, &none, &domain);
    assert_in_range(s.now_ns, before, clock_monotonic_ns());
    assert_int_equal(s.requests, 0);
    assert_true(s.limit == -1 || s.limit > 0);
}

static tn_object * /* new */
make_lists(struct shard *s)
{
    shard_take(s);
    tn_object *outer = tn_list_new(s->heap);
    assert_non_null(outer);
    for (int i = 1; i < MADE; i++) {
        tn_object *inner = tn_list_new(s->heap);
        assert_non_null(inner);
        assert_int_equal(tn_list_append_steal(outer, tn_ref(inner)), TN_OK);
    }
    shard_give(s);
    return outer;
}

static void
drop(struct shard *s, tn_object *o)
{
    shard_take(s);
    tn_decref(o);
    shard_give(s);
}

static void
bytes_and_allocations_are_those_of_all_shards(void **state)
{
    const struct outlook none = {0};
    struct senses before, with, after;
    tn_object *made[SHARDS];
    senses_read(&before, &none, &domain);
    for (int i = 0; i < SHARDS; i++)
        made[i] = make_lists(&shards[i]);
    senses_read(&with, &none, &domain);
    assert_int_equal(with.allocations, before.allocations + SHARDS * MADE);
    assert_true(with.traced >= before.traced + SHARDS * MADE * sizeof(void *));
    for (int i = 0; i < SHARDS; i++)
        drop(&shards[i], made[i]);
    senses_read(&after, &none, &domain);
    assert_int_equal(after.allocations, before.allocations);
    assert_int_equal(after.traced, before.traced);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_outlook_is_asked_for_time_requests_and_limit),
        cmocka_unit_test(without_an_outlook_the_clock_is_the_real_one_and_nobody_asked_anything),
        cmocka_unit_test(bytes_and_allocations_are_those_of_all_shards),
    };
    return cmocka_run_group_tests_name("senses", tests, set_up, tear_down);
}
