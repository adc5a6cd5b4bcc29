// SPDX-License-Identifier: MIT
//
// server/domain/resident.c: an operator looks at a user without using them, evicts those whom
// nobody needs, and sweeps at once.
#include "domain/resident.h"
#include "domain_fixture.h"

static bool
look(const char *id, struct resident *r)
{
    return resident_read(fixture->domain, span_of(id), r);
}

static enum outcome
evict(const char *id)
{
    return resident_evict(fixture->domain, span_of(id));
}

static void
leave_with_a_past(const char *id)
{
    struct making m;
    put(id, "Somebody");
    assert_int_equal(make(&m, id), OUTCOME_DONE);
    assert_int_equal(revoke(id, m.create.id), OUTCOME_DONE);
}

static void
whoever_is_not_in_memory_is_not_loaded_by_looking(void **state)
{
    struct resident r;
    put("ada", "Ada");
    collect();
    unsigned loads = fixture->loads;
    assert_false(look("ada", &r));
    assert_false(look("nobody", &r));
    assert_int_equal(fixture->loads, loads);
}

static void
looking_counts_no_hit_and_no_miss_and_holds_nobody(void **state)
{
    struct resident r;
    leave_with_a_past("ada");
    struct shard_figures before = figures();
    assert_true(look("ada", &r));
    assert_false(look("eve", &r));
    assert_int_equal(figures().counters.cache_hits, before.counters.cache_hits);
    assert_int_equal(figures().counters.cache_misses, before.counters.cache_misses);
    collect();
    assert_false(look("ada", &r));
}

static void
it_says_what_is_known(void **state)
{
    struct making m;
    struct resident r;
    put("ada", "Ada");
    put("ada", "Ada L.");
    make(&m, "ada");
    assert_true(look("ada", &r));
    assert_int_equal(r.shard, shard_of("ada")->number);
    assert_int_equal(r.live, 1);
    assert_false(r.has_past || r.frozen);
    assert_true(r.references >= 1 && r.bytes > 0 && r.created_at > 0);
    assert_true(r.updated_at >= r.created_at);
    revoke("ada", m.create.id);
    assert_true(look("ada", &r));
    assert_int_equal(r.live, 0);
    assert_true(r.has_past);
}

static void
whom_only_their_past_holds_can_be_evicted_and_comes_back_the_same(void **state)
{
    struct resident r;
    struct asking before, after;
    leave_with_a_past("ada");
    ask(&before, "ada");
    assert_int_equal(evict("ada"), OUTCOME_DONE);
    assert_false(look("ada", &r));
    ask(&after, "ada");
    assert_false(after.is_hit);
    assert_string_equal(after.document, before.document);
}

static void
whom_somebody_needs_cannot(void **state)
{
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    assert_int_equal(evict("ada"), OUTCOME_BUSY);
    assert_true(is_live("ada", &m));
    assert_int_equal(evict("nobody"), OUTCOME_ABSENT);
}

static void
a_sweep_ends_what_has_expired_and_nothing_else(void **state)
{
    struct making expired, live;
    put("ada", "Ada");
    make_with(&expired, "ada", 60000, 60000);
    make_with(&live, "ada", 600000, 600000);
    assert_int_equal(resident_sweep(fixture->domain, clock_ms()), 0);
    assert_int_equal(resident_sweep(fixture->domain, clock_ms() + 61000), 1);
    assert_int_equal(resident_sweep(fixture->domain, clock_ms() + 61000), 0);
    assert_true(is_live("ada", &live));
    assert_false(is_live("ada", &expired));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(whoever_is_not_in_memory_is_not_loaded_by_looking),
        DOMAIN_TEST(looking_counts_no_hit_and_no_miss_and_holds_nobody),
        DOMAIN_TEST(it_says_what_is_known),
        DOMAIN_TEST(whom_only_their_past_holds_can_be_evicted_and_comes_back_the_same),
        DOMAIN_TEST(whom_somebody_needs_cannot),
        DOMAIN_TEST(a_sweep_ends_what_has_expired_and_nothing_else),
    };
    return cmocka_run_group_tests_name("resident", tests, NULL, NULL);
}
