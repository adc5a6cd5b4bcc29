// SPDX-License-Identifier: MIT
//
// Which generations are collected while a million objects are made and kept: lib/src/gc/automatic.c
// beside a model of CPython's rule, behaviours 36 to 43, and beside CPython itself: python3 is
// among what the tests need.
#include "heap_fixture.h"

#include <tenure/containers.h>

// The rule with live objects only: what is made stays.
typedef struct model {
    size_t thresholds[TN_GENERATIONS], count[TN_GENERATIONS], population[TN_GENERATIONS];
    size_t long_lived, pending, runs[TN_GENERATIONS];
} model;

static int
model_choose(const model *m)
{
    if (m->count[2] > m->thresholds[2] && m->pending >= m->long_lived / 4)
        return 2;
    return m->count[1] > m->thresholds[1] ? 1 : 0;
}

static void
model_collect(model *m, int generation)
{
    size_t survivors = 0;
    for (int g = 0; g <= generation; g++) {
        survivors += m->population[g];
        m->population[g] = m->count[g] = 0;
    }
    m->population[generation < 2 ? generation + 1 : 2] += survivors;
    if (generation < 2)
        m->count[generation + 1]++;
    if (generation == 1)
        m->pending += survivors;
    if (generation == 2) {
        m->long_lived = survivors;
        m->pending = 0;
    }
    m->runs[generation]++;
}

// Collects first if it is due.
static void
model_make(model *m)
{
    if (m->count[0] > m->thresholds[0])
        model_collect(m, model_choose(m));
    m->count[0]++;
    m->population[0]++;
}

static void
expect_runs(const tn_heap *heap, const model *m)
{
    tn_gc_stats stats[TN_GENERATIONS];
    tn_gc_get_stats(heap, stats);
    for (int g = 0; g < TN_GENERATIONS; g++)
        assert_int_equal(stats[g].collections, m->runs[g]);
}

// Each list holds the one before it. [runs]: how often each generation was collected.
static void
run_beside_model(tn_heap *heap, size_t lists, size_t runs[TN_GENERATIONS])
{
    model m = {.thresholds = {1000, 10, 10}};
    tn_gc_settings settings = {true, {1000, 10, 10}, 0};
    tn_object *live = NULL;
    assert_int_equal(tn_gc_set_settings(heap, &settings, 0), TN_OK);
    for (size_t i = 0; i < lists; i++) {
        tn_object *list = tn_list_new(heap);
        if (live != NULL)
            assert_int_equal(tn_list_append_steal(list, tn_ref(live)), TN_OK);
        live = list;
        model_make(&m);
        expect_runs(heap, &m);
    }
    memcpy(runs, m.runs, sizeof m.runs);
    tn_decref(live);
}

static void
a_million_live_lists_are_collected_as_the_rule_says(void **state)
{
    size_t lists = support_scaled(1000000), runs[TN_GENERATIONS];
    run_beside_model(heap_fixture_heap(state), lists, runs);
    if (lists == 1000000) { // what CPython 3.11 and 3.13 did
        assert_int_equal(runs[0], 911);
        assert_int_equal(runs[1], 82);
        assert_int_equal(runs[2], 6);
    }
}

// What CPython says: three numbers, or why they cannot be compared. False: it said nothing.
static bool
ask_python(size_t lists, char answer[128])
{
    char command[128];
    snprintf(command, sizeof command, "python3 lib/automatic_python.py %zu 1000 10 10", lists);
    FILE *pipe = popen(command, "r");
    if (pipe == NULL)
        return false;
    bool said = fgets(answer, 128, pipe) != NULL;
    return pclose(pipe) == 0 && said;
}

static void
cpython_collects_each_generation_as_often(void **state)
{
    size_t lists = support_scaled(1000500), runs[TN_GENERATIONS], theirs[TN_GENERATIONS];
    char answer[128];
    assert_true(ask_python(lists, answer));
    print_message("CPython: %s", answer);
    int read = sscanf(answer, "%zu %zu %zu", &theirs[0], &theirs[1], &theirs[2]);
    assert_int_equal(read, TN_GENERATIONS);
    run_beside_model(heap_fixture_heap(state), lists, runs);
    assert_memory_equal(runs, theirs, sizeof runs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_million_live_lists_are_collected_as_the_rule_says),
        HEAP_TEST(cpython_collects_each_generation_as_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
