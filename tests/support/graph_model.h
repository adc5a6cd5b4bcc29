// SPDX-License-Identifier: MIT
//
// A graph of objects by brute force: what a heap should hold after the same operations.
//
// A node is an index. Its count is the handles of the driver plus the counted links of other nodes;
// at zero it dies, its links with it. Collecting computes the definition: the largest set of
// candidates of which every member's count comes from members of the set.
#ifndef TESTS_GRAPH_MODEL_H
#define TESTS_GRAPH_MODEL_H

#include <stdbool.h>
#include <stddef.h>

enum { GRAPH_NODES = 200, GRAPH_LINKS = 8, GRAPH_NOTHING = -1 };

typedef enum graph_kind {
    GRAPH_PLAIN,     // slots; no weak references to it
    GRAPH_WEAK,      // slots
    GRAPH_BIG,       // slots, and native bytes of which one word is a counted reference
    GRAPH_ACYCLIC,   // one slot, for acyclic nodes that are older than itself
    GRAPH_LIST,      // links by position
    GRAPH_DICT,      // links by key, in the order of insertion
    GRAPH_REFERENCE, // one link that does not count: a weak reference
    GRAPH_MAP,       // links by key that do not count
    GRAPH_KINDS
} graph_kind;

typedef struct graph_link {
    int key;
    int child; // GRAPH_NOTHING: a value that is no node
} graph_link;

typedef struct graph_node {
    bool live;
    graph_kind kind;
    void *object;    // the driver's
    unsigned serial; // in the order of creation
    int handles, count;
    int generation; // 2 also for what is frozen or not tracked
    bool frozen;
    graph_link links[GRAPH_LINKS];
    int used; // of links
} graph_node;

typedef struct graph {
    graph_node nodes[GRAPH_NODES];
    int live;
    unsigned created;
    size_t count[3]; // tracked births less deaths, never below 0; then collections, by generation
} graph;

bool graph_is_tracked(const graph_node *node);
bool graph_is_weak_target(const graph_node *node);

// A live node of generation 0 with one handle and [slots] links to nothing; GRAPH_NOTHING when
// full.
int graph_new(graph *g, graph_kind kind, void *object, int slots);
void graph_hold(graph *g, int node);
void graph_drop(graph *g, int node);

// [child] may be GRAPH_NOTHING. Positions count from 0.
void graph_append(graph *g, int node, int key, int child);
void graph_replace(graph *g, int node, int position, int child);
void graph_remove(graph *g, int node, int position);
void graph_clear(graph *g, int node);
// The position of [key], or GRAPH_NOTHING.
int graph_find_key(const graph *g, int node, int key);
// The position of the first link to [child], or GRAPH_NOTHING.
int graph_find_child(const graph *g, int node, int child);
// The live reference to [target], or GRAPH_NOTHING.
int graph_find_reference(const graph *g, int target);

// Which nodes a collection of [generation] would find.
void graph_find_garbage(const graph *g, int generation, bool found[GRAPH_NODES]);

typedef struct graph_verdict {
    size_t candidates, collected;
} graph_verdict;

graph_verdict graph_collect(graph *g, int generation);
void graph_freeze(graph *g);
void graph_unfreeze(graph *g);
void graph_thaw(graph *g, int node);

#endif
