// SPDX-License-Identifier: MIT
#include "object/type.h"

#include <string.h>

enum { MAX_TYPES = 65535 };

static const tn_type no_base;

// What a specification asks for, its base included. Bytes and counts.
struct shape {
    const tn_type *base; // [no_base] where there is none
    size_t own_slots, slots, native, size;
    unsigned flags;
};

static size_t
count_slots(const tn_type_spec *spec)
{
    size_t n = 0;
    while (spec->slots != NULL && spec->slots[n] != NULL)
        n++;
    return n;
}

static struct shape
shape_of(const tn_type_spec *spec)
{
    const tn_type *base = spec->base != NULL ? spec->base : &no_base;
    struct shape shape = {.base = base, .own_slots = count_slots(spec)};
    shape.slots = base->slot_count + shape.own_slots;
    shape.native = base->native_size + (spec->native + 7) / 8 * 8;
    shape.flags = spec->flags | (base->flags & TN_WEAK);
    size_t weak = shape.flags & TN_WEAK ? sizeof(uint64_t) : 0;
    shape.size = sizeof(tn_object) + shape.slots * sizeof(tn_value) + shape.native + weak;
    return shape;
}

static bool
is_repeated(const tn_type_spec *spec, const struct shape *shape, size_t slot)
{
    for (size_t i = 0; i < shape->base->slot_count; i++)
        if (strcmp(spec->slots[slot], shape->base->slots[i]) == 0)
            return true;
    for (size_t i = 0; i < slot; i++)
        if (strcmp(spec->slots[slot], spec->slots[i]) == 0)
            return true;
    return false;
}

static bool
has_repeated_slot(const tn_type_spec *spec, const struct shape *shape)
{
    for (size_t i = 0; i < shape->own_slots; i++)
        if (is_repeated(spec, shape, i))
            return true;
    return false;
}

// Native bytes stand behind the slots, so a base that has some leaves no place for more slots.
static bool
base_is_fit(const struct shape *shape)
{
    const tn_type *base = shape->base;
    bool sealed = base != &no_base && (!base->tracked || base->spilled);
    bool displaced = base->native_size > 0 && shape->own_slots > 0;
    return !sealed && !displaced &&
           (base == &no_base || !(shape->flags & (TN_ACYCLIC | TN_DOMAIN)));
}

static bool
spec_is_valid(const tn_type_spec *spec, const struct shape *shape)
{
    bool named = spec->name != NULL && spec->name[0] != '\0';
    bool fits = spec->native <= TNI_MAX_OBJECT && shape->size <= TNI_MAX_OBJECT;
    return named && fits && base_is_fit(shape) && !has_repeated_slot(spec, shape);
}

static bool
make_room(struct tni_objects *s)
{
    if (s->type_count < s->type_room)
        return true;
    uint32_t room = s->type_room == 0 ? 32 : s->type_room * 2;
    tn_type **types =
        tni_table_resize(&s->memory, s->types, s->type_room * sizeof *types, room * sizeof *types);
    if (types == NULL)
        return false;
    s->types = types;
    s->type_room = room;
    return true;
}

// --- The record ------------------------------------------------------------------------------

static size_t
record_size(const tn_type_spec *spec, const struct shape *shape)
{
    size_t size = sizeof(tn_type) + shape->slots * sizeof(char *) + strlen(spec->name) + 1;
    for (size_t i = 0; i < shape->own_slots; i++)
        size += strlen(spec->slots[i]) + 1;
    return size;
}

static const char *
copy_name(char **to, const char *name)
{
    char *copy = *to;
    *to = stpcpy(copy, name) + 1;
    return copy;
}

// The names stand behind the record, in the same block; the base's are the base's.
static void
copy_names(tn_type *type, const tn_type_spec *spec, const struct shape *shape)
{
    char *to = (char *)&type->slots[shape->slots];
    type->name = copy_name(&to, spec->name);
    for (size_t i = 0; i < shape->base->slot_count; i++)
        type->slots[i] = shape->base->slots[i];
    for (size_t i = 0; i < shape->own_slots; i++)
        type->slots[shape->base->slot_count + i] = copy_name(&to, spec->slots[i]);
}

static void
fill_record(tn_type *type, const struct tni_builtin *builtin, const struct shape *shape)
{
    const tn_type_spec *spec = &builtin->spec;
    bool acyclic = shape->flags & (TN_ACYCLIC | TN_DOMAIN);
    type->base = spec->base;
    type->flags = shape->flags;
    type->slot_count = (uint16_t)shape->slots;
    type->native_size = (uint16_t)shape->native;
    type->size = (uint16_t)shape->size;
    type->bin = tni_bin_of(acyclic ? TNI_ACYCLIC : TNI_OBJECTS, type->size);
    type->weak_at = shape->flags & TN_WEAK ? (uint16_t)(type->size - sizeof(uint64_t)) : 0;
    type->tracked = !acyclic;
    type->spilled = builtin->spilled;
    type->leaf = builtin->leaf;
    type->traverse = spec->traverse;
    type->clear = spec->clear;
    type->size_of = spec->size_of;
    type->finalize = spec->finalize != NULL ? spec->finalize : shape->base->finalize;
    type->check = builtin->check;
    type->plain =
        type->base == NULL && !type->spilled && type->clear == NULL && type->finalize == NULL;
    copy_names(type, spec, shape);
}

tn_err
tni_type_add(struct tni_objects *s, const struct tni_builtin *builtin, tn_type **type)
{
    const tn_type_spec *spec = &builtin->spec;
    struct shape shape = shape_of(spec);
    if (!spec_is_valid(spec, &shape))
        return TN_EINVAL;
    if (s->type_count == MAX_TYPES)
        return TN_ELIMIT;
    size_t size = record_size(spec, &shape);
    tn_type *t = make_room(s) ? tni_table_resize(&s->memory, NULL, 0, size) : NULL;
    if (t == NULL)
        return TN_ENOMEM;
    memset(t, 0, size);
    t->table_size = size;
    fill_record(t, builtin, &shape);
    if (s->type_count == TNI_TYPE_NONE)
        s->types[s->type_count++] = NULL;
    t->index = s->type_count;
    s->types[s->type_count++] = t;
    *type = t;
    return TN_OK;
}

void
tni_types_fini(struct tni_objects *s)
{
    for (uint32_t i = 1; i < s->type_count; i++)
        tni_table_resize(&s->memory, s->types[i], s->types[i]->table_size, 0);
    tni_table_resize(&s->memory, s->types, s->type_room * sizeof *s->types, 0);
}

// --- Public ----------------------------------------------------------------------------------

tn_err
tn_type_register(tn_heap *heap, const tn_type_spec *spec, tn_type **type)
{
    return tni_type_add((struct tni_objects *)heap, &(struct tni_builtin){.spec = *spec}, type);
}

const tn_type *
tn_type_of(const tn_object *o)
{
    return tni_type_of(o);
}

const char *
tn_type_name(const tn_type *type)
{
    return type->name;
}

const tn_type *
tn_type_base(const tn_type *type)
{
    return type->base;
}

bool
tn_is_instance(tn_value v, const tn_type *type)
{
    return tn_is_object(v) && tni_type_of(tn_as_object(v)) == type;
}

bool
tn_is_kind_of(tn_value v, const tn_type *type)
{
    const tn_type *t = tn_is_object(v) ? tni_type_of(tn_as_object(v)) : NULL;
    while (t != NULL && t != type)
        t = t->base;
    return t != NULL;
}
