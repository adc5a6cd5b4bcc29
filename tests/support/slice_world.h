// SPDX-License-Identifier: MIT
//
// Nodes that die whenever the heap says so, beside a model that knows who must not.
//
// A collection in slices may let garbage die between any two of them, so the model foresees no
// death: a node's clear hook tells it, and it asserts that no handle, pin or frozen node reaches
// the node at that moment. Between slices, what is reachable must be whole, its counts between the
// references of what is reachable and those with the remains of garbage and the collector's own. At
// rest every count is exact. [owed] is the garbage that a running collection has to find.
#ifndef TESTS_SLICE_WORLD_H
#define TESTS_SLICE_WORLD_H

#include "heap_fixture.h"

#include <tenure/containers.h>

enum {
    SLICE_NODES = 60,
    SLICE_EDGES = 4, // the last one is a counted reference of the derived type's own
    SLICE_NOBODY = -1,
};

typedef enum slice_box { SLICE_BARE, SLICE_TUPLE, SLICE_LIST } slice_box;

typedef struct slice_edge {
    int child[2], count; // 0: nothing
    slice_box box;       // what stands between
} slice_edge;

typedef struct slice_node {
    tn_object *object; // NULL: dead
    int handles, pins, guards;
    int remains; // references that boxes of the dead may still hold
    int edges;   // 3, or 4 for the derived type
    bool reachable, finalized, owed;
    bool was_garbage; // since the heap last rested: others may reach it before its finalizer runs
    slice_edge edge[SLICE_EDGES];
    tn_object *plain;   // a weak reference, or NULL
    tn_object *watched; // one with a callback, or NULL
    bool called, in_map;
} slice_node;

typedef struct slice_world {
    tn_heap *heap;
    dice dice;
    tn_type *types[2]; // base, derived
    tn_object *map;    // weak, by the number of the node
    slice_node nodes[SLICE_NODES];
    int depth;                                    // of finalizers and callbacks
    void (*act)(struct slice_world *w, int node); // what they do
} slice_world;

slice_world *slice_world_new(tn_heap *heap, const char *test);
// Lets go of everything, which must leave nothing.
void slice_world_free(slice_world *w);

bool slice_is_alive(const slice_world *w, int node);
int slice_count_alive(const slice_world *w);

// A new node with one handle; SLICE_NOBODY where there is no room or no memory.
int slice_new(slice_world *w, bool derived);
void slice_hold(slice_world *w, int node);
// Takes over a reference that the caller has already.
void slice_hold_steal(slice_world *w, int node);
void slice_release(slice_world *w, int node);
// The same for the time of one operation.
void slice_guard(slice_world *w, int node);
void slice_unguard(slice_world *w, int node);
void slice_pin(slice_world *w, int node);
void slice_unpin(slice_world *w, int node);

// No [edge.count] empties it. Nothing changes where there is no memory for a box.
void slice_link(slice_world *w, int node, int k, slice_edge edge);
// A handle of [child] becomes the edge, without a count that changes.
void slice_link_steal(slice_world *w, int node, int k, int child);
// No callback from inside of a finalizer, or for what a run may have taken for garbage and a
// finalizer brought back: one that is made after step 1 is not called.
void slice_watch(slice_world *w, int node);
// Asks a weak reference, or the weak map, for [node]; true: it has one more handle.
bool slice_upgrade(slice_world *w, int node, bool by_map);

// Who is reachable now; what is, is not owed any more.
void slice_reach(slice_world *w);
// A run begins: what is garbage now is owed, until it completes or is given up.
void slice_owe(slice_world *w);
void slice_forgive(slice_world *w);
void slice_expect_paid(slice_world *w);

// Between operations: everything is as the model says.
void slice_check(slice_world *w);
// After a full collection: nothing is left but what is reachable.
void slice_expect_no_garbage(slice_world *w);

#endif
