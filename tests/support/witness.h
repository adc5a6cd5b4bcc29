// SPDX-License-Identifier: MIT
//
// Objects that write down when they die.
//
// A witness has two slots and, behind them, the log and its number; its type's clear hook writes
// the number once.
#ifndef TESTS_WITNESS_H
#define TESTS_WITNESS_H

#include "heap_fixture.h"

enum { WITNESS_LOG = 64, WITNESS_SLOTS = 2 };

typedef struct witness_log {
    int numbers[WITNESS_LOG];
    size_t count;
} witness_log;

// Registers the type; once a heap.
tn_type *witness_type(tn_heap *heap);
tn_object *witness_new(tn_heap *heap, tn_type *type, witness_log *log, int number);
// Asserts that exactly these died, in this order, and empties the log.
void witness_expect(witness_log *log, const int *numbers, size_t count);

#define WITNESS_EXPECT(log, ...)                                                                   \
    witness_expect(log, (const int[]){__VA_ARGS__},                                                \
                   sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

#endif
