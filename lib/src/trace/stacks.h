// SPDX-License-Identifier: MIT
//
// stacks: tracebacks, each of them stored once.
//
// A traceback is the call site that a constructor's macro named and, if more frames are wanted, the
// return addresses behind it, the innermost first. Numbers start at 1 and are never given anew.
#ifndef TNI_TRACE_STACKS_H
#define TNI_TRACE_STACKS_H

#include "tenure/trace.h"
#include "trace/growth.h"

struct tni_stacks {
    struct tni_table words;   // of uintptr_t: the records, one behind the other
    struct tni_table offsets; // of size_t: where a number's record begins
    struct tni_table index;
};

struct tni_traceback {
    const tn_site *site; // NULL: nobody named one
    uint32_t count;      // of addresses
    uint32_t total;      // of frames, those that were cut off too
    const uintptr_t *addresses;
};

// What is told where nobody named one.
extern const tn_site tni_nowhere;

// 0: out of memory.
uint32_t tni_stacks_intern(struct tni_stacks *t, const struct tni_growth *g,
                           const struct tni_traceback *stack);
struct tni_traceback tni_stacks_at(const struct tni_stacks *t, uint32_t number);
void tni_stacks_drop(struct tni_stacks *t, const struct tni_growth *g);

#endif
