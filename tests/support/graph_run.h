// SPDX-License-Identifier: MIT
//
// A heap and its brute-force model side by side: the same nodes in both, chosen, and compared.
//
// The driver changes both in the same way; [graph_run_compare] fails the test, with the seed, at
// the first difference. Nodes are chosen from what a handle reaches, as a program could.
#ifndef TESTS_GRAPH_RUN_H
#define TESTS_GRAPH_RUN_H

#include "graph_model.h"
#include "heap_fixture.h"

#include <tenure/containers.h>

enum { GRAPH_SLOTS = 3, GRAPH_BIG_SLOTS = 2, GRAPH_KEYS = 12 };

// The payload of GRAPH_BIG: two slots, one counted reference of the type's own, and padding.
typedef struct graph_big {
    tn_value slots[GRAPH_BIG_SLOTS];
    tn_object *counted;
} graph_big;

typedef struct graph_run {
    tn_heap *heap;
    dice dice;
    graph graph;
    tn_type *types[GRAPH_KINDS]; // NULL where the library has the type
    int wanted;                  // live nodes that the run steers towards
    size_t performed;            // operations
    tn_gc_stats stats[TN_GENERATIONS];
} graph_run;

void graph_run_init_types(graph_run *r);

graph_node *graph_run_node(graph_run *r, int i);
// NULL for GRAPH_NOTHING.
tn_object *graph_run_object(graph_run *r, int i);
// Even keys are integers, odd ones strings. The caller drops the value.
tn_value graph_run_key_new(graph_run *r, int key);

// A node with a handle, or GRAPH_NOTHING.
int graph_run_held(graph_run *r);
// A node that a handle reaches, by a walk of at most seven steps, or GRAPH_NOTHING.
int graph_run_wander(graph_run *r);
// Such a node of [kind]; GRAPH_NOTHING after eight attempts.
int graph_run_wander_to(graph_run *r, graph_kind kind);

// Counts, generations, contents and weak references of every node, and the heap's own figures.
void graph_run_compare(graph_run *r);

#endif
