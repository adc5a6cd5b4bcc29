// SPDX-License-Identifier: MIT
//
// ring: objects on their way from memory. What enters is asked for, and leaves some entries later,
// when it has arrived; so a search waits for many objects at a time instead of one.
#ifndef TNI_GC_RING_H
#define TNI_GC_RING_H

#include "object/type.h"

enum { TNI_RING = 32 };

struct tni_ring {
    unsigned next;
    tn_object *objects[TNI_RING]; // NULL: nothing in that place
};

// [o] enters, or nothing if it is NULL; who was there longest leaves, or NULL.
static inline tn_object *
tni_ring_exchange(struct tni_ring *r, tn_object *o)
{
    tn_object *arrived = r->objects[r->next];
    __builtin_prefetch(o, 1);
    r->objects[r->next] = o;
    r->next = (r->next + 1) % TNI_RING;
    return arrived;
}

#endif
