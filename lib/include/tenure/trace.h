// SPDX-License-Identifier: MIT
//
// Where did the memory go: tracing of allocations by call site. Part of inspect.h.
//
// While a heap is traced, each block (an object or a buffer) remembers who allocated it: the call
// site that the constructor's macro named, and the callers behind it if more frames are wanted.
// Blocks that were made before are unknown, and stay so. All state is the heap's own: two threads
// that trace their heaps never meet.
//
// Sizes are what a block occupies, as everywhere in inspect.h.
#ifndef TENURE_TRACE_H
#define TENURE_TRACE_H

#include "tenure/tenure.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tn_trace_mode {
    TN_TRACE_OFF,
    TN_TRACE_EXACT,   // every block
    TN_TRACE_SAMPLED, // one block in so many bytes, which stands for the others: an estimate
} tn_trace_mode;

enum { TN_TRACE_SAMPLE_BYTES = 512 * 1024, TN_TRACE_MOST_FRAMES = 65535 };

typedef struct tn_trace_options {
    tn_trace_mode mode;  // exact or sampled
    size_t sample_bytes; // mean distance of two samples; 0: TN_TRACE_SAMPLE_BYTES
    unsigned frames;     // of a traceback; 0: one
    uint64_t seed;       // of the samples; 0: the heap chooses one
} tn_trace_options;

// Starts tracing, or changes how the blocks to come are traced; what is known stays known. NULL:
// every block, one frame. TN_EINVAL: more than TN_TRACE_MOST_FRAMES, or mode off. TN_ENOMEM.
TN_API tn_err tn_trace_start(tn_heap *heap, const tn_trace_options *options);
// Forgets everything and stops. O(pages).
TN_API void tn_trace_stop(tn_heap *heap);
// Forgets everything: the blocks of now are unknown from here on. O(pages).
TN_API void tn_trace_clear(tn_heap *heap);
// How the blocks to come are traced.
TN_API tn_trace_options tn_trace_get(const tn_heap *heap);

typedef struct tn_traced {
    size_t current;  // bytes of the known blocks
    size_t peak;     // the highest value of [current] since the start or the last reset
    size_t overhead; // bytes of the tracer's own tables
    size_t lost;     // blocks that could not be noted, for want of memory
} tn_traced;

TN_API void tn_trace_get_memory(const tn_heap *heap, tn_traced *memory); // O(1)
TN_API void tn_trace_reset_peak(tn_heap *heap);

// What is allocated from here on is counted under [tag], a string that lives as long as the heap;
// NULL: under none. A service tags with the route that it works for.
TN_API void tn_trace_set_tag(tn_heap *heap, const char *tag /* borrowed */);

// --- Running totals ------------------------------------------------------------------------------

// What was allocated at one traceback by one account under one tag. Estimates where it was sampled.
typedef struct tn_trace_total {
    const tn_site *site;  // NULL: nobody named one; borrowed
    const tn_type *owner; // a type or a domain; borrowed
    const char *tag;      // borrowed
    size_t objects;       // the block is an object: 1; a buffer: 0
    size_t bytes, count;  // in use
    size_t made_bytes, made_count;
} tn_trace_total;

// Calls [fn] for each, without a snapshot, until it returns false. [fn] must not allocate.
TN_API void tn_trace_visit(tn_heap *heap,
                           bool (*fn)(const tn_trace_total *total /* borrowed */, void *arg),
                           void *arg);

// Where [o] was made. NULL: unknown, or nobody traces.
TN_API const tn_site *tn_trace_site(const tn_object *o); /* borrowed */

// --- Other people's blocks -----------------------------------------------------------------------

// A block at [address] that was allocated elsewhere, counted for [domain] among what is traced and
// nowhere else. One that is known already is replaced. TN_EOFF: nobody traces. TN_ENOMEM.
#define tn_trace_track(heap, domain, address, size)                                                \
    tn_trace_track_at(heap, domain, address, size, TN_SITE())
TN_API tn_err tn_trace_track_at(tn_heap *heap, const tn_type *domain, const void *address,
                                size_t size, const tn_site *site);
// The block is gone; one that is not known is no error. TN_EOFF: nobody traces.
TN_API tn_err tn_trace_untrack(tn_heap *heap, const tn_type *domain, const void *address);

#ifdef __cplusplus
}
#endif
#endif
