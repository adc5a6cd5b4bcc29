// SPDX-License-Identifier: MIT
#include "object/type.h"

#include <string.h>

enum { MAX_TYPES = 65535 };

static size_t
count_slots(const tn_type_spec *spec)
{
    size_t n = 0;
    while (spec->slots != NULL && spec->slots[n] != NULL)
        n++;
    return n;
}

static bool
has_repeated_slot(const tn_type_spec *spec, size_t slots)
{
    for (size_t i = 0; i < slots; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(spec->slots[i], spec->slots[j]) == 0)
                return true;
    return false;
}

// Header, slots, native bytes, and the weak word where one is asked for. SIZE_MAX: too large.
static size_t
instance_size(const tn_type_spec *spec, size_t slots)
{
    if (slots > TNI_MAX_OBJECT || spec->native > TNI_MAX_OBJECT)
        return SIZE_MAX;
    size_t native = (spec->native + 7) / 8 * 8;
    size_t weak = spec->flags & TN_WEAK ? sizeof(uint64_t) : 0;
    size_t size = sizeof(tn_object) + slots * sizeof(tn_value) + native + weak;
    return size <= TNI_MAX_OBJECT ? size : SIZE_MAX;
}

static bool
spec_is_valid(const tn_type_spec *spec, size_t slots)
{
    bool named = spec->name != NULL && spec->name[0] != '\0';
    return named && !has_repeated_slot(spec, slots) && instance_size(spec, slots) != SIZE_MAX;
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

// --- The record ----------------------------------------------------------------------------------

static size_t
names_size(const tn_type_spec *spec, size_t slots)
{
    size_t size = strlen(spec->name) + 1;
    for (size_t i = 0; i < slots; i++)
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

// The names stand behind the record, in the same block.
static void
copy_names(tn_type *type, const tn_type_spec *spec)
{
    char *to = (char *)&type->slots[type->slot_count];
    type->name = copy_name(&to, spec->name);
    for (size_t i = 0; i < type->slot_count; i++)
        type->slots[i] = copy_name(&to, spec->slots[i]);
}

static void
fill_record(tn_type *type, const struct tni_builtin *builtin, size_t slots)
{
    const tn_type_spec *spec = &builtin->spec;
    bool acyclic = spec->flags & (TN_ACYCLIC | TN_DOMAIN);
    type->flags = spec->flags;
    type->slot_count = (uint16_t)slots;
    type->size = (uint16_t)instance_size(spec, slots);
    type->bin = tni_bin_of(acyclic ? TNI_ACYCLIC : TNI_OBJECTS, type->size);
    type->weak_at = spec->flags & TN_WEAK ? (uint16_t)(type->size - sizeof(uint64_t)) : 0;
    type->tracked = !acyclic;
    type->spilled = builtin->spilled;
    type->traverse = spec->traverse;
    type->clear = spec->clear;
    type->size_of = spec->size_of;
    type->check = builtin->check;
    copy_names(type, spec);
}

tn_err
tni_type_add(struct tni_objects *s, const struct tni_builtin *builtin, tn_type **type)
{
    const tn_type_spec *spec = &builtin->spec;
    size_t slots = count_slots(spec);
    if (!spec_is_valid(spec, slots))
        return TN_EINVAL;
    if (s->type_count == MAX_TYPES)
        return TN_ELIMIT;
    size_t size = sizeof(tn_type) + slots * sizeof(char *) + names_size(spec, slots);
    tn_type *t = make_room(s) ? tni_table_resize(&s->memory, NULL, 0, size) : NULL;
    if (t == NULL)
        return TN_ENOMEM;
    memset(t, 0, size);
    t->table_size = size;
    fill_record(t, builtin, slots);
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

// --- Public --------------------------------------------------------------------------------------

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

bool
tn_is_instance(tn_value v, const tn_type *type)
{
    return tni_value_is(v, type->index) && tni_type_of(tn_as_object(v)) == type;
}
