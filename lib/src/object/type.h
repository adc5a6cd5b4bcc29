// SPDX-License-Identifier: MIT
//
// type: what the passes need to know of an object: where its values are, and how to let go of them.
//
// A type's counted references are one span of values, plus what its [traverse] reports. The span is
// the slots at the start of the payload or, for a spilled type, what the struct tni_span there
// says. So the library's own types need no traverse, and a pass may stop in the middle of a span.
//
// A derived type's slots stand behind its base's. Its own traverse, clear and size_of come before
// the base's; its finalizer replaces the base's.
#ifndef TNI_OBJECT_TYPE_H
#define TNI_OBJECT_TYPE_H

#include "object/objects.h"

struct tni_span {
    tn_value *values; // absent ones are skipped
    uint32_t count;
    uint32_t room; // of a spilled type: its own affair
};

struct tni_member;
struct tni_keys;

struct tn_type {
    struct tni_account account; // of instances and their buffers
    const char *name;
    const tn_type *base; // NULL: none
    uint32_t index;
    unsigned flags;
    unsigned bin;         // of an instance; a str or a tuple has its own
    uint16_t size;        // of an instance, header included
    uint16_t slot_count;  // values at the start of the payload, the base's included
    uint16_t native_size; // bytes behind them, the base's included
    uint16_t weak_at;     // offset of the weak word in the object; 0: none
    uint16_t record_at;   // offset of the attributes in a dictionary (record.h); 0: none
    bool tracked;         // instances may be seen by the collector
    bool spilled;         // the payload starts with a struct tni_span
    bool leaf;            // refers to nothing, and nothing weakly to it: dying only returns memory
    bool plain;           // dying is no more than telling weak references and dropping the slots
    void (*traverse)(tn_object *o, tn_visit *visit, void *arg);
    void (*clear)(tn_object *o); // spilled types: drops the span's values too
    size_t (*size_of)(const tn_object *o);
    tn_finalizer *finalize;            // its own or the nearest base's
    bool (*check)(const tn_object *o); // the type's own invariant; may be NULL
    const struct tni_weak_table *(*table_of)(const tn_object *o); // of weak entries; NULL: none
    struct tni_objects *space;                                    // where it is registered
    size_t table_size;          // of this record with what stands behind it
    struct tni_keys *keys;      // names in the dictionaries of instances; NULL: none yet
    struct tni_member *members; // what [type] itself names beside slots; behind the record
    const tn_type **mixins;     // further bases, for what they name
    size_t member_count, mixin_count;
    const char *slots[]; // [slot_count] names, the base's first
};

// What only the library's own types may ask for, beside the public specification.
struct tni_builtin {
    tn_type_spec spec;
    bool spilled;
    bool leaf;
    bool (*check)(const tn_object *o);
    const struct tni_weak_table *(*table_of)(const tn_object *o);
};

tn_err tni_type_add(struct tni_objects *s, const struct tni_builtin *builtin, tn_type **type);
void tni_types_fini(struct tni_objects *s);

// Every instance of the second is one of the first.
bool tni_is_base(const tn_type *base, const tn_type *type);

static inline tn_type *
tni_type_of(const tn_object *o)
{
    return tni_objects_of(o)->types[o->type];
}

static inline struct tni_span
tni_span_of(const tn_type *type, const tn_object *o)
{
    if (type->spilled)
        return *(struct tni_span *)tn_payload(o);
    return (struct tni_span){tn_payload(o), type->slot_count, type->slot_count};
}

// The library's own types are told apart by their index. A wrong object is a programming error.
static inline void *
tni_payload_as(const tn_object *o, uint32_t index)
{
    TNI_CHECK(access, o);
    TN_ASSERT(o->type == index);
    return tn_payload(o);
}

static inline bool
tni_value_is(tn_value v, uint32_t index)
{
    return tn_is_object(v) && tn_as_object(v)->type == index;
}

#endif
