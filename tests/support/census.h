// SPDX-License-Identifier: MIT
//
// Every object of a heap, and what is known of each, to be compared with another heap's.
#ifndef TESTS_CENSUS_H
#define TESTS_CENSUS_H

#include "heap_fixture.h"

// Calls [fn] for each live object, in the order of addresses; it must free none.
void census_each(const tn_heap *heap, void (*fn)(tn_object *o, void *arg), void *arg);

typedef struct census {
    struct census_row *rows;
    size_t len, room;
} census;

// [number] tells objects apart, as far as they can be.
census census_take(const tn_heap *heap, int64_t (*number)(const tn_object *o));
// The same objects with the same counts, generations, flags and children.
bool census_is_equal(const census *a, const census *b);
void census_free(census *c);

#endif
