// SPDX-License-Identifier: MIT
//
// server/admin/diagnosis.c: each rule speaks where it should, and nowhere else.
#include "admin/diagnosis.h"
#include "support.h"

#include <jansson.h>

static struct facts facts; // of the running test: healthy, until it says otherwise

static int
set_up(void **state)
{
    facts = (struct facts){.rss = 50000000, .port = 8081};
    facts.figures.memory.current = 40000000;
    facts.figures.population.generation[2] = 100;
    facts.figures.population.frozen = 90;
    return 0;
}

// The codes that are found are [code] alone, or none for NULL; its suggestion holds [command].
static void
expect(const char *code, const char *command)
{
    struct text t;
    text_init(&t);
    diagnosis_add(&t, &facts);
    json_t *report = json_loads(t.data, 0, NULL);
    assert_non_null(report);
    json_t *items = json_object_get(report, "items"), *item = json_array_get(items, 0);
    if (json_array_size(items) != (size_t)(code != NULL))
        fail_msg("%s", t.data);
    if (code) {
        assert_string_equal(json_string_value(json_object_get(item, "code")), code);
        assert_string_equal(json_string_value(json_object_get(item, "suggestion")), command);
        assert_true(json_object_size(json_object_get(item, "evidence")) > 0);
        assert_true(json_string_length(json_object_get(item, "message")) > 20);
    }
    json_decref(report);
    text_fini(&t);
}

#define CURL(method, path) "curl -X " method " localhost:8081/v1/gc" path

static void
the_healthy_are_left_alone(void **state)
{
    expect(NULL, NULL);
}

static void
add_run(size_t bytes_freed)
{
    struct history_run *run = &facts.runs[facts.run_count++];
    run->pass.title.generation = 2;
    run->pass.complete = true;
    run->pass.found.bytes_freed = bytes_freed;
    run->pass.before.bytes = 1000;
}

static void
garbage_that_grows_is_seen(void **state)
{
    add_run(300); // the last one
    add_run(200);
    expect(NULL, NULL);
    add_run(100);
    expect("garbage-grows", CURL("PUT", "/schedules/full --json "
                                        "'{\"when\":{\"every\":\"10s\"},\"action\":\"collect\"}'"));
    facts.runs[0].pass.found.bytes_freed = 150;
    expect(NULL, NULL);
}

static void
a_large_frozen_share_is_seen(void **state)
{
    facts.figures.population.frozen = 101;
    expect("frozen-share", CURL("POST", "/refreeze"));
}

static void
uncollectable_objects_are_seen(void **state)
{
    facts.figures.stats[1].uncollectable = 1;
    expect("uncollectable", CURL("POST", "/collect --json '{\"dry_run\":true}'"));
}

static void
memory_that_no_heap_accounts_for_is_seen(void **state)
{
    facts.rss = 121000000;
    expect("untraced-memory", CURL("POST", "/collect --json '{\"budget_ms\":0}'"));
    facts.figures.memory.current = 1000; // a small process is always mostly something else
    facts.rss = 60000000;
    expect(NULL, NULL);
}

static void
pauses_over_their_budget_are_seen(void **state)
{
    struct counters *c = &facts.figures.counters;
    for (int i = 0; i < 1000; i++)
        histogram_add(&c->pauses[2], 1000000);
    c->over_budget[2] = 10;
    expect(NULL, NULL);
    c->over_budget[2] = 11;
    expect("pauses-over-budget", CURL("PATCH", " --json '{\"default_budget_ms\":1}'"));
}

static void
a_falling_hit_ratio_is_seen(void **state)
{
    facts.run_count = 2;
    facts.runs[1].hits = 90, facts.runs[1].misses = 10;
    facts.runs[0].hits = 81, facts.runs[0].misses = 19;
    expect(NULL, NULL);
    facts.runs[0].hits = 79, facts.runs[0].misses = 21;
    expect("hit-ratio-falls",
           CURL("PUT", "/schedules/full --json "
                       "'{\"when\":{\"every\":\"5m\"},\"action\":\"collect\"}'"));
}

static void
a_late_sweeper_is_seen(void **state)
{
    facts.figures.sweep_lag_ms = 10000;
    expect(NULL, NULL);
    facts.figures.sweep_lag_ms = 10001;
    expect("sweeper-late", "curl -X POST localhost:8081/v1/cache/sweep");
}

static void
a_slow_store_is_seen(void **state)
{
    for (int i = 0; i < 100; i++)
        histogram_add(&facts.store.time, 20000000);
    expect(NULL, NULL);
    for (int i = 0; i < 5; i++)
        histogram_add(&facts.store.time, 80000000);
    expect("store-slow", "curl -X GET localhost:8081/metrics");
}

static void
a_collector_that_somebody_enabled_is_seen(void **state)
{
    facts.jobs.policy.enabled = true;
    expect("collector-enabled", CURL("PATCH", " --json '{\"enabled\":false}'"));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_healthy_are_left_alone),
        TEST(garbage_that_grows_is_seen),
        TEST(a_large_frozen_share_is_seen),
        TEST(uncollectable_objects_are_seen),
        TEST(memory_that_no_heap_accounts_for_is_seen),
        TEST(pauses_over_their_budget_are_seen),
        TEST(a_falling_hit_ratio_is_seen),
        TEST(a_late_sweeper_is_seen),
        TEST(a_slow_store_is_seen),
        TEST(a_collector_that_somebody_enabled_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
