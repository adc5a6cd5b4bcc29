// SPDX-License-Identifier: MIT
//
// Nodes whose finalizers and callbacks change the graph while it dies, beside a model of it.
//
// The model does not foresee: it is changed together with the heap, also by finalizers and
// callbacks, and judges each event when it happens. A node may be finalized or die only when the
// model's count of it is zero or when the model finds it in the garbage of the running collection;
// what is left over at the end of an operation must be exactly what the model has.
#ifndef TESTS_DEATH_WORLD_H
#define TESTS_DEATH_WORLD_H

#include "heap_fixture.h"

#include <tenure/containers.h>

enum {
    DEATH_NODES = 48,
    DEATH_SLOTS = 4, // the last one is a counted reference of the derived type's own
    DEATH_WATCHES = 2,
    DEATH_NOBODY = -1,
};

struct death_mark;

// A node, or nothing, or a tuple: one or two nodes and, as its last item, a mark, which notices
// when the tuple has let go of them.
typedef struct death_slot {
    int child[2], count;
    tn_object *tuple;        // borrowed; NULL: child[0] itself
    struct death_mark *mark; // the tuple's
    bool candidate;          // the tuple is one of the running collection
} death_slot;

typedef struct death_watch {
    tn_object *weak; // NULL: unused
    bool expected, fired;
} death_watch;

typedef struct death_node {
    tn_object *object;        // NULL: dead
    int handles, pins, count; // count: both, and the slots that hold it
    int slots;                // 3, or 4 for the derived type
    bool finalized;
    bool ending; // its death is under way, and perhaps not final
    death_slot slot[DEATH_SLOTS];
    tn_object *plain; // a weak reference, or NULL
    bool in_map;
    death_watch watch[DEATH_WATCHES];
} death_node;

typedef struct death_collection {
    bool running;
    bool judged;                   // all finalizers ran
    int depth;                     // of finalizers and callbacks around it
    bool garbage[DEATH_NODES];     // when it began
    bool to_finalize[DEATH_NODES]; // those that were not finalized then
    bool dies[DEATH_NODES];        // after the finalizers ran
    size_t loose;                  // tuples of the garbage that a finalizer took out
    size_t collected;
} death_collection;

typedef struct death_world {
    tn_heap *heap;
    dice dice;
    tn_type *types[2]; // base, derived
    tn_type *mark;
    death_node nodes[DEATH_NODES];
    death_collection collection;
    int depth;
    tn_object *map;                               // weak, by the number of the node
    void (*act)(struct death_world *w, int node); // what finalizers and callbacks do
} death_world;

void death_init(death_world *w, tn_heap *heap);

// A new node with one handle, or DEATH_NOBODY when there is no room.
int death_new(death_world *w, bool derived);
void death_hold(death_world *w, int node);
void death_release(death_world *w, int node);
// The same for as long as an operation needs it: no handle that another one may find and release.
void death_guard(death_world *w, int node);
void death_unguard(death_world *w, int node);
void death_pin(death_world *w, int node);
void death_unpin(death_world *w, int node);
// [child] may be DEATH_NOBODY.
void death_link(death_world *w, int node, int slot, int child);
void death_link_tuple(death_world *w, int node, int slot, const int *children, int count);
void death_watch_node(death_world *w, int node, int watch); // gives the former one back
void death_unwatch(death_world *w, int node, int watch);

// Between operations: the heap is what the model says.
void death_compare(death_world *w);

#endif
