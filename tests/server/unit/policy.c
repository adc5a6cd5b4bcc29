// SPDX-License-Identifier: MIT
//
// Which generation the counters ask for, and that no heap collects by itself.
#include "domain_fixture.h"
#include "gc/policy.h"

static const struct policy FEW = {.enabled = true, .thresholds = {5, 2, 1}};

// [count] objects that the collector knows, kept in [list].
static void
allocate(struct shard *s, tn_object *list, int count)
{
    shard_take(s);
    for (int i = 0; i < count; i++)
        assert_int_equal(tn_list_append_steal(list, tn_ref(tn_list_new(s->heap))), TN_OK);
    shard_give(s);
}

static tn_object * /* new */
new_list(struct shard *s)
{
    shard_take(s);
    tn_object *list = tn_list_new(s->heap);
    shard_give(s);
    return list;
}

static void
drop(struct shard *s, tn_object *list)
{
    shard_take(s);
    tn_decref(list);
    shard_give(s);
}

static void
collect_generation(struct shard *s, int generation)
{
    shard_take(s);
    assert_int_equal(tn_gc_collect(s->heap, generation, NULL), TN_OK);
    shard_give(s);
}

static void
the_configuration_comes_first(void **state)
{
    struct policy p;
    policy_init(&p, &fixture->config);
    assert_false(p.enabled);
    assert_int_equal(p.thresholds[0], 700);
    assert_int_equal(p.thresholds[1], 10);
    assert_int_equal(p.thresholds[2], 10);
    assert_string_equal(p.changed_by, "startup");
}

static void
nobody_without_the_key_lets_a_heap_collect_by_itself(void **state)
{
    policy_apply(&FEW, fixture->domain);
    for (unsigned i = 0; i < fixture->domain->shard_count; i++) {
        tn_gc_settings settings;
        struct shard *s = &fixture->domain->shards[i];
        shard_take(s);
        assert_int_equal(tn_gc_enable(s->heap, 0), TN_ELOCKED);
        tn_gc_get_settings(s->heap, &settings);
        assert_string_equal(tn_gc_settings_holder(s->heap), "tenured");
        shard_give(s);
        assert_false(settings.enabled);
        assert_int_equal(settings.thresholds[0], 5);
        assert_int_equal(settings.thresholds[2], 1);
    }
}

static void
one_shard_above_its_threshold_is_enough(void **state)
{
    struct shard *s = &fixture->domain->shards[fixture->domain->shard_count - 1];
    collect_generation(s, 0);
    tn_object *list = new_list(s);
    allocate(s, list, 4);
    assert_int_equal(policy_due(&FEW, fixture->domain), -1); // 5 is not above 5
    allocate(s, list, 1);
    assert_int_equal(policy_due(&FEW, fixture->domain), 0);
    drop(s, list);
}

static void
the_oldest_generation_that_is_due_is_the_one(void **state)
{
    struct shard *s = &fixture->domain->shards[0];
    tn_object *list = new_list(s);
    collect_generation(s, 2);
    for (int i = 0; i < 3; i++)
        collect_generation(s, 0);
    allocate(s, list, 6);
    assert_int_equal(policy_due(&FEW, fixture->domain), 1);
    for (int i = 0; i < 2; i++)
        collect_generation(s, 1);
    allocate(s, list, 6);
    assert_int_equal(policy_due(&FEW, fixture->domain), 2);
    drop(s, list);
}

static void
a_first_threshold_of_0_never_asks(void **state)
{
    const struct policy never = {.enabled = true, .thresholds = {0, 0, 0}};
    struct shard *s = &fixture->domain->shards[0];
    tn_object *list = new_list(s);
    allocate(s, list, 100);
    assert_int_equal(policy_due(&never, fixture->domain), -1);
    drop(s, list);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(the_configuration_comes_first),
        DOMAIN_TEST(nobody_without_the_key_lets_a_heap_collect_by_itself),
        DOMAIN_TEST(one_shard_above_its_threshold_is_enough),
        DOMAIN_TEST(the_oldest_generation_that_is_due_is_the_one),
        DOMAIN_TEST(a_first_threshold_of_0_never_asks),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
