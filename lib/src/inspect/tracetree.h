// SPDX-License-Identifier: MIT
//
// tracetree: tracebacks as one tree of calls, the outermost at its root.
#ifndef TNI_INSPECT_TRACETREE_H
#define TNI_INSPECT_TRACETREE_H

#include "inspect/numbering.h"
#include "inspect/recording.h"

// A call of a function from a certain place. Number 0 is the root.
struct tni_call {
    size_t function;           // a number of [functions], plus one; of the root 0
    size_t count, bytes;       // of the objects that it allocated itself
    size_t first, next, above; // the first below it, the next beside it, who called; 0: none
};

struct tni_tracetree {
    struct tni_numbering functions; // keys: name, file, line
    struct tni_numbering places;    // keys: who calls, the function plus one
    struct tni_pile calls;
    size_t *leaves; // by traceback: the number of its innermost call
};

// Of all tracebacks of [r]. False: out of memory; to be dropped all the same.
bool tni_tracetree_build(struct tni_tracetree *t, const struct tni_recording *r);
void tni_tracetree_drop(struct tni_tracetree *t);

// The call that allocated [o]; the root if nobody knows.
static inline size_t
tni_tracetree_of(const struct tni_tracetree *t, const struct tni_recording *r,
                 const struct tni_recorded_object *o)
{
    return o->stack != NULL ? t->leaves[o->stack - tni_recorded_stacks(r)] : 0;
}

static inline struct tni_call *
tni_tracetree_calls(const struct tni_tracetree *t)
{
    return t->calls.items;
}

#endif
