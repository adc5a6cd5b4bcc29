// SPDX-License-Identifier: MIT
//
// tracked: blocks that somebody else allocated and told the tracer of.
#ifndef TNI_TRACE_TRACKED_H
#define TNI_TRACE_TRACKED_H

#include "trace/growth.h"

struct tni_tracked_block {
    const void *account; // NULL: an empty place
    const void *address;
    size_t size;
    uint32_t trace;
};

// Open addressing without tombstones; at most half of it is taken.
struct tni_tracked {
    struct tni_table table; // of struct tni_tracked_block
};

// The place of a block, known or new (size and trace are 0 then). NULL: out of memory.
struct tni_tracked_block *tni_tracked_put(struct tni_tracked *t, const struct tni_growth *g,
                                          const void *account, const void *address);
// Takes a block out; its account is NULL when it was not known.
struct tni_tracked_block tni_tracked_take(struct tni_tracked *t, const void *account,
                                          const void *address);
void tni_tracked_drop(struct tni_tracked *t, const struct tni_growth *g);

#endif
