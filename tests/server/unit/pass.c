// SPDX-License-Identifier: MIT
//
// One pass over three shards, without the thread that runs it in the service.
#include "domain/pass.h"
#include "support.h"

enum { SHARDS = 3 };

struct fixture {
    struct shard shards[SHARDS];
    struct domain domain;
};

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    for (unsigned i = 0; i < SHARDS; i++)
        assert_true(shard_init(&f->shards[i], i));
    f->domain.shards = f->shards;
    f->domain.shard_count = SHARDS;
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < SHARDS; i++)
        shard_fini(&f->shards[i]);
    free(f);
    return 0;
}

// A list that holds itself.
static void
add_garbage(struct shard *s)
{
    shard_take(s);
    tn_object *list = tn_list_new(s->heap);
    assert_non_null(list);
    assert_int_equal(tn_list_append(list, tn_ref(list)), TN_OK);
    tn_decref(list);
    shard_give(s);
}

static struct pass
run(struct fixture *f, enum pass_kind kind, int generation, bool cancelled)
{
    const _Atomic bool cancel = cancelled;
    struct pass p = {.title = {kind, PASS_MANUAL, generation, NULL}};
    pass_run(&f->domain, &p, &cancel);
    return p;
}

static void
every_shard_is_collected_and_the_sums_are_theirs(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < SHARDS; i++)
        for (unsigned n = 0; n <= i; n++)
            add_garbage(&f->shards[i]);
    struct pass p = run(f, PASS_COLLECT, 2, false);
    assert_int_equal(p.found.collected, 1 + 2 + 3);
    assert_int_equal(p.slices, SHARDS);
    assert_true(p.complete);
    assert_int_equal(p.before.objects, 6);
    assert_int_equal(p.after.objects, 0);
    assert_int_equal(p.before.bytes - p.after.bytes, p.found.bytes_freed);
}

static void
a_cancelled_pass_touches_nothing_and_is_incomplete(void **state)
{
    struct fixture *f = *state;
    add_garbage(&f->shards[0]);
    struct pass p = run(f, PASS_COLLECT, 2, true);
    assert_int_equal(p.slices, 0);
    assert_false(p.complete);
    assert_int_equal(p.after.objects, 1);
}

static void
without_a_cancellation_it_goes_to_the_end(void **state)
{
    struct fixture *f = *state;
    struct pass p = {.title = {PASS_COLLECT, PASS_STARTUP, 0, NULL}};
    pass_run(&f->domain, &p, NULL);
    assert_true(p.complete);
}

static void
freezing_moves_what_is_left_aside_and_unfreezing_back(void **state)
{
    struct fixture *f = *state;
    add_garbage(&f->shards[1]);
    assert_int_equal(run(f, PASS_FREEZE, -1, false).after.frozen, 1);
    struct pass p = run(f, PASS_COLLECT, 2, false);
    assert_int_equal(p.found.collected, 0);
    assert_int_equal(p.after.objects, 1); // the frozen one counts
    assert_int_equal(run(f, PASS_UNFREEZE, -1, false).after.frozen, 0);
    assert_int_equal(run(f, PASS_FREEZE, 2, false).found.collected, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_shard_is_collected_and_the_sums_are_theirs),
        TEST(a_cancelled_pass_touches_nothing_and_is_incomplete),
        TEST(without_a_cancellation_it_goes_to_the_end),
        TEST(freezing_moves_what_is_left_aside_and_unfreezing_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
