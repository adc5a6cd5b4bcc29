// SPDX-License-Identifier: MIT
//
// traverse: an object's children, each counted reference once, and letting go of them. Knows
// nothing of the passes that ask.
#ifndef TNI_OBJECT_TRAVERSE_H
#define TNI_OBJECT_TRAVERSE_H

#include "object/type.h"

static inline __attribute__((always_inline)) void
tni_traverse(const tn_type *type, tn_object *o, tn_visit *visit, void *arg)
{
    struct tni_span span = tni_span_of(type, o);
    for (size_t i = 0; i < span.count; i++)
        if (tn_is_object(span.values[i]))
            visit(tn_as_object(span.values[i]), arg);
    if (type->traverse != NULL)
        type->traverse(o, visit, arg);
}

// Step 5 of the order of destruction: slots in their order; a spilled type's clear knows its own.
// Finds nothing left to do the second time.
static inline void
tni_drop_children(const tn_type *type, tn_object *o)
{
    tn_value *slots = tn_payload(o);
    for (size_t i = 0; !type->spilled && i < type->slot_count; i++) {
        tn_value v = slots[i];
        slots[i] = TN_ABSENT;
        tn_decref_value(v);
    }
    if (type->clear != NULL)
        type->clear(o);
}

#endif
