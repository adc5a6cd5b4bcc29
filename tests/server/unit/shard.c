// SPDX-License-Identifier: MIT
//
// Whoever is answered under the lock is told after it, and may be gone by then.
#include "domain_fixture.h"

struct told {
    struct answer answer;
    struct shard *shard;
    unsigned *count;
};

// Takes the lock, as a teller may, and goes.
static void
tell(struct answer *a)
{
    struct told *t = CONTAINER_OF(a, struct told, answer);
    shard_take(t->shard);
    ++*t->count;
    shard_give(t->shard);
    free(t);
}

static void
answers_are_told_once_when_the_lock_is_given(void **state)
{
    struct shard s;
    unsigned count = 0;
    assert_true(shard_init(&s, 0));
    shard_take(&s);
    for (int i = 0; i < 3; i++) {
        struct told *t = calloc(1, sizeof *t);
        assert_non_null(t);
        *t = (struct told){.answer = {.tell = tell}, .shard = &s, .count = &count};
        shard_answer(&s, &t->answer, OUTCOME_DONE);
    }
    assert_int_equal(count, 0);
    shard_give(&s);
    assert_int_equal(count, 3);
    shard_take(&s);
    shard_give(&s);
    assert_int_equal(count, 3);
    shard_fini(&s);
}

static void
figures_are_those_of_the_heap_and_the_tables(void **state)
{
    struct making m;
    struct shard_figures f;
    put("ada", "Ada");
    make(&m, "ada");
    shard_read_figures(shard_of("ada"), &f);
    assert_int_equal(f.users_resident, 1);
    assert_int_equal(f.sessions_live, 1);
    assert_true(f.memory.current > 0 && f.memory.peak >= f.memory.current);
    // The user, their list and the session are what the collector knows.
    assert_int_equal(f.population.generation[0] + f.population.generation[1] +
                         f.population.generation[2] + f.population.frozen,
                     3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_told_once_when_the_lock_is_given),
        DOMAIN_TEST(figures_are_those_of_the_heap_and_the_tables),
    };
    return cmocka_run_group_tests_name("shard", tests, NULL, NULL);
}
