// SPDX-License-Identifier: MIT
//
// traverse: an object's children, each counted reference once, and letting go of them. Knows
// nothing of the passes that ask.
#ifndef TNI_OBJECT_TRAVERSE_H
#define TNI_OBJECT_TRAVERSE_H

#include "object/record.h"

// The first values of a list, tuple or dict are wanted soon; other types have theirs in the object.
static inline void
tni_prefetch_span(const tn_type *type, const tn_object *o)
{
    if (type->spilled)
        __builtin_prefetch(tni_span_of(type, o).values);
}

// What the type's own functions know of.
static inline void
tni_traverse_bytes(const tn_type *type, tn_object *o, tn_visit *visit, void *arg)
{
    for (const tn_type *t = type; t != NULL; t = t->base)
        if (t->traverse != NULL)
            t->traverse(o, visit, arg);
}

static inline void
tni_traverse_native(const tn_type *type, tn_object *o, tn_visit *visit, void *arg)
{
    tni_traverse_bytes(type, o, visit, arg);
    if (type->record_at != 0)
        tni_record_traverse(type, o, visit, arg);
}

static inline __attribute__((always_inline)) void
tni_traverse(const tn_type *type, tn_object *o, tn_visit *visit, void *arg)
{
    struct tni_span span = tni_span_of(type, o);
    for (size_t i = 0; i < span.count; i++)
        if (tn_is_object(span.values[i]))
            visit(tn_as_object(span.values[i]), arg);
    tni_traverse_native(type, o, visit, arg);
}

// The slots that [type] adds to its base's, in their order.
static inline void
tni_drop_own_slots(const tn_type *type, tn_object *o)
{
    tn_value *slots = tn_payload(o);
    for (size_t i = type->base != NULL ? type->base->slot_count : 0; i < type->slot_count; i++) {
        tn_value v = slots[i];
        slots[i] = TN_ABSENT;
        tn_decref_value(v);
    }
}

// Step 5 of the order of destruction: a derived type's part before its base's, then the attributes
// in the dictionary; a spilled type's clear knows its own order. Finds nothing left to do the
// second time.
static inline void
tni_drop_children(const tn_type *type, tn_object *o)
{
    for (const tn_type *t = type; t != NULL; t = t->base) {
        if (!t->spilled)
            tni_drop_own_slots(t, o);
        if (t->clear != NULL)
            t->clear(o);
    }
    if (type->record_at != 0)
        tni_record_clear(type, o);
}

#endif
