// SPDX-License-Identifier: MIT
//
// What a random run does to a heap and to its model: makes nodes, links them, lets go of them,
// collects, freezes, thaws; also collections that get no memory.
#ifndef TESTS_GRAPH_OPERATIONS_H
#define TESTS_GRAPH_OPERATIONS_H

#include "graph_run.h"

// A run on an empty heap; the seed is printed with the name of the test.
graph_run *graph_run_start(tn_heap *heap, const char *test);
// One operation, drawn by its weight. Compares the two after each collection.
void graph_run_perform(graph_run *r);
// Lets go of everything, which must leave nothing, and frees the run.
void graph_run_end(graph_run *r);

#endif
