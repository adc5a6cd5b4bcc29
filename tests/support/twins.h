// SPDX-License-Identifier: MIT
//
// Two heaps that must never differ: what a test does to the one it does to the other, and only the
// way in which they are collected is not the same.
//
// Objects correspond by a number, which is the first value of each. Finalizers and callbacks act by
// that number alone and note what they did in a sum, because the order in which a set dies is not
// part of the contract.
#ifndef TESTS_TWINS_H
#define TESTS_TWINS_H

#include "heap_fixture.h"

#include <tenure/containers.h>

typedef enum twin_kind {
    TWIN_PLAIN,    // three slots
    TWIN_FINAL,    // derived from it: four slots, and a finalizer
    TWIN_HOLDER,   // one counted reference of the type's own
    TWIN_STUBBORN, // the same, which it does not give back while it is alive
    TWIN_LEAF,     // acyclic
    TWIN_LIST,
    TWIN_TUPLE,
    TWIN_KINDS
} twin_kind;

// An object and its twin.
typedef struct twin {
    tn_object *o[2];
} twin;

#define TWIN_NONE ((twin){{NULL, NULL}})

enum { TWINS_KEPT = 4096 };

typedef struct twin_side {
    tn_heap *heap;
    tn_err (*collect)(tn_heap *heap, int generation, tn_gc_result *result);
    tn_type *types[TWIN_KINDS];
    uint64_t events; // a sum over all that was noted
    tn_object *kept[TWINS_KEPT];
    size_t kept_count;
} twin_side;

// How a collection of the first heap found its garbage.
typedef enum twin_way {
    TWIN_BY_PROBES,
    TWIN_BY_CLOSURE,
    TWIN_BY_ABANDONED_CLOSURE, // too large: then everything was looked at
    TWIN_BY_EVERYTHING,
    TWIN_WAYS
} twin_way;

typedef struct twins {
    dice dice;
    twin_side sides[2]; // collected from suspects, and exhaustively
    int64_t numbers;    // given so far
    size_t ways[TWIN_WAYS];
} twins;

// Two fresh heaps; the seed is printed with the name of the test.
void twins_init(twins *t, const char *test);
// Everything must be garbage by now. Collects it, and frees the heaps.
void twins_fini(twins *t);

// A new pair with a number of its own, and a reference to each. A tuple is empty but for that.
twin twins_new(twins *t, twin_kind kind);
twin twins_new_tuple(twins *t, twin first, twin second);
twin_kind twins_kind(const twins *t, twin pair);
// -1: an object that has lost its number, or has none.
int64_t twins_number(const tn_object *o);
// The pair's [n]-th child, or TWIN_NONE.
twin twins_child(const twins *t, twin pair, size_t n);
// What a holder or a stubborn one has of its own.
tn_object **twins_held(tn_object *o); /* borrowed */

// Notes that [what] happened to [number] on one side.
void twins_note(twin_side *side, uint64_t what, int64_t number);
// Takes the last pair that finalizers kept; TWIN_NONE: there is none.
twin twins_take_kept(twins *t);

// Collects both and compares: results, statistics, and everything that [twins_compare] does.
void twins_collect(twins *t, int generation);
// The same while one of the first allocations of the first heap's collection fails; if it makes
// that many, neither is collected and the two must still be equal.
void twins_collect_without_memory(twins *t, int generation);
// Every object with count, generation, flags and children; populations; what was noted.
void twins_compare(twins *t);

#endif
