// SPDX-License-Identifier: MIT
//
// What makes a search from suspects complete: lib/src/object/rules.h, object.c, gc/suspects.c.
//
// All garbage is reachable from suspects that are garbage. This is the same as: every strongly
// connected part of the garbage that no other garbage refers to holds a suspect, because such a
// part is reached only from inside. Checked on the model after every operation, also where no
// collection follows that would show it.
#include "graph_operations.h"

#include "object/track.h"

typedef struct reached {
    bool garbage[GRAPH_NODES], node[GRAPH_NODES];
    int stack[GRAPH_NODES], waiting;
} reached;

static bool
is_suspect(const tn_object *o)
{
    struct tni_place at = tni_place_of(o);
    return at.row->suspect[tni_objects_of(o)->plane] & at.bit;
}

static void
reach(reached *to, int i)
{
    if (i == GRAPH_NOTHING || !to->garbage[i] || to->node[i])
        return;
    to->node[i] = true;
    to->stack[to->waiting++] = i;
}

static void
reach_from_suspects(graph_run *r, reached *to)
{
    for (int i = 0; i < GRAPH_NODES; i++)
        if (to->garbage[i] && is_suspect(graph_run_object(r, i)))
            reach(to, i);
    while (to->waiting > 0) {
        const graph_node *node = graph_run_node(r, to->stack[--to->waiting]);
        for (int position = 0; position < node->used; position++)
            reach(to, node->links[position].child);
    }
}

// Returns how many nodes are garbage.
static size_t
expect_all_garbage_reached(graph_run *r)
{
    reached to = {.waiting = 0};
    size_t count = 0;
    graph_find_garbage(&r->graph, 2, to.garbage);
    reach_from_suspects(r, &to);
    for (int i = 0; i < GRAPH_NODES; i++) {
        DICE_ASSERT(&r->dice, to.garbage[i] == to.node[i]);
        count += to.garbage[i];
    }
    return count;
}

static void
after_every_operation_all_garbage_is_reachable_from_suspects(void **state)
{
    enum { DEFAULT = 100000 };
    size_t total = support_number("TN_OPERATIONS", support_scaled(DEFAULT)), found = 0;
    graph_run *r = graph_run_start(heap_fixture_heap(state), "completeness");
    for (size_t operation = 0; operation < total; operation++) {
        graph_run_perform(r);
        found += expect_all_garbage_reached(r);
    }
    assert_true(found > total / 10); // otherwise the run proved nothing
    graph_run_end(r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(after_every_operation_all_garbage_is_reachable_from_suspects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
