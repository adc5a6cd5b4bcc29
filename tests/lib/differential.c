// SPDX-License-Identifier: MIT
//
// The same random operations on two heaps, of which one is collected from its suspects and the
// other by looking at everything: equal after every collection.
//
// TN_OPERATIONS sets the number of operations, TN_SEED replays a run.
#include "twin_operations.h"

static size_t
total_operations(void)
{
    enum { DEFAULT = 200000 };
    return support_number("TN_OPERATIONS", support_scaled(DEFAULT));
}

static void
run(const char *name, twin_shape shape, size_t total, size_t ways[TWIN_WAYS])
{
    twin_run *r = twin_run_start(name, shape);
    for (size_t left = total; left > 0; left--)
        twin_run_perform(r);
    for (int way = 0; way < TWIN_WAYS; way++)
        ways[way] = r->twins.ways[way];
    print_message("found by probes %zu times, closure %zu, closure and then everything %zu, "
                  "everything %zu\n",
                  ways[0], ways[1], ways[2], ways[3]);
    twin_run_end(r);
}

static void
two_heaps_that_are_collected_in_two_ways_stay_equal(void **state)
{
    size_t ways[TWIN_WAYS];
    run("differential, small", (twin_shape){.handles = 60, .longest_ring = 20}, total_operations(),
        ways);
}

static void
so_do_heaps_of_which_each_object_reaches_most_others(void **state)
{
    size_t ways[TWIN_WAYS];
    run("differential, large", (twin_shape){.handles = 1500, .longest_ring = 200},
        total_operations() / 20, ways);
}

// Larger than a probe and small against the heap, so that every way is taken.
static void
so_do_heaps_of_many_islands(void **state)
{
    enum { ENOUGH = 1000 };
    size_t ways[TWIN_WAYS];
    twin_shape islands = {.handles = 60, .longest_ring = 200, .rings = 10, .collections = 40};
    size_t total = total_operations() / 80;
    run("differential, islands", islands, total, ways);
    for (int way = 0; way < TWIN_WAYS; way++)
        assert_true(ways[way] > 0 || total < ENOUGH);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_heaps_that_are_collected_in_two_ways_stay_equal),
        cmocka_unit_test(so_do_heaps_of_which_each_object_reaches_most_others),
        cmocka_unit_test(so_do_heaps_of_many_islands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
