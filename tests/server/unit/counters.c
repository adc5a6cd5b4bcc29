// SPDX-License-Identifier: MIT
//
// Sums of counters, member by member, and what a shard counts.
#include "domain_fixture.h"
#include "domain/counters.h"
#include "domain/pass.h"

static void
a_sum_has_every_member(void **state)
{
    struct counters sum, from;
    uint64_t *to = (uint64_t *)&sum, *add = (uint64_t *)&from;
    size_t members = sizeof sum / sizeof *to;
    for (size_t i = 0; i < members; i++) {
        to[i] = i;
        add[i] = 1000 * i;
    }
    counters_add(&sum, &from);
    for (size_t i = 0; i < members; i++)
        assert_int_equal(to[i], 1001 * i);
}

static void
every_reason_and_cause_has_a_word(void **state)
{
    for (int i = 0; i < END_REASONS; i++)
        assert_non_null(end_reason_name((enum end_reason)i));
    for (int i = 0; i < PASS_CAUSES; i++)
        assert_non_null(pass_cause_name((enum pass_cause)i));
}

static void
a_pass_counts_each_shard_by_cause(void **state)
{
    struct shard_figures f = figures();
    uint64_t before = f.counters.collections[2][PASS_MANUAL];
    struct pass pass = {.title = {PASS_COLLECT, PASS_MANUAL, 2, NULL}};
    pass_run(fixture->domain, &pass, NULL);
    f = figures();
    assert_int_equal(f.counters.collections[2][PASS_MANUAL], before + fixture->domain->shard_count);
    assert_int_equal(f.counters.collections[2][PASS_TIMER], 0);
    uint64_t pauses = 0, collections = 0;
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
        pauses += f.counters.pauses[2].counts[i];
    for (int i = 0; i < PASS_CAUSES; i++)
        collections += f.counters.collections[2][i];
    assert_int_equal(pauses, collections);
    assert_int_equal(collections, f.stats[2].collections);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sum_has_every_member),
        cmocka_unit_test(every_reason_and_cause_has_a_word),
        DOMAIN_TEST(a_pass_counts_each_shard_by_cause),
    };
    return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
