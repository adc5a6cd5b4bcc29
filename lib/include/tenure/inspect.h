// SPDX-License-Identifier: MIT
//
// Questions about a heap: how many bytes, held by what, and is everything as it should be.
//
// A block counts with the size that it occupies, its rounding to a size class included, so the sum
// over all objects of [tn_sizeof] and over all domains of their buffers is [current], to the byte.
#ifndef TENURE_INSPECT_H
#define TENURE_INSPECT_H

#include "tenure/tenure.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tn_memory {
    size_t current;  // bytes of live objects and buffers
    size_t peak;     // the highest value of [current] since the start or the last reset
    size_t reserved; // bytes taken from the system for them: whole pages, and large buffers
    size_t overhead; // bytes of planes, page headers, call sites, tables, scratch
} tn_memory;

TN_API void tn_memory_get(const tn_heap *heap, tn_memory *memory); // O(1)
TN_API void tn_memory_reset_peak(tn_heap *heap);

typedef struct tn_usage {
    const char *name; // of the type or domain; borrowed
    size_t objects;   // live instances
    size_t bytes;     // of the instances and of all buffers on the type's account
} tn_usage;

// The usage of every type and domain that has any, in the order of registration; fills at most
// [max] rows and returns how many there are. O(types).
TN_API size_t tn_usage_get(const tn_heap *heap, tn_usage *rows, size_t max);

// Bytes of [o]'s own block and own buffers, nothing else. No side effect. O(1).
TN_API size_t tn_sizeof(const tn_object *o);

// Recounts every reference and verifies every invariant by brute force. True when all hold;
// otherwise reports the first that does not, with type and address. Walks the whole heap.
TN_API bool tn_heap_check(tn_heap *heap);

#ifdef __cplusplus
}
#endif
#endif
