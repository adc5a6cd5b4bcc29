// SPDX-License-Identifier: MIT
//
// Random operations on a heap and on a brute-force model of it, which must agree after each
// collection: counts returned, live objects, generations, weak references, contents.
//
// TN_OPERATIONS sets the number of operations, TN_SEED replays a run.
#include "graph_operations.h"

static void
any_sequence_of_operations_leaves_what_brute_force_leaves(void **state)
{
    enum { DEFAULT = 100000 };
    size_t total = support_number("TN_OPERATIONS", support_scaled(DEFAULT));
    graph_run *r = graph_run_start(heap_fixture_heap(state), "random_graph");
    for (size_t operation = 0; operation < total; operation++)
        graph_run_perform(r);
    graph_run_end(r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(any_sequence_of_operations_leaves_what_brute_force_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
