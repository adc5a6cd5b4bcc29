// SPDX-License-Identifier: MIT
#include "object/type.h"

#include "object/members.h"
#include "object/message.h"
#include "object/record.h"
#include "object/shape.h"

#include <string.h>

enum { MAX_TYPES = 65535 };

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
member_count(const struct tni_shape *shape)
{
    return shape->attributes + shape->properties + shape->methods;
}

static size_t
text_size(const tn_type_spec *spec, const struct tni_shape *shape)
{
    size_t size = strlen(spec->name) + 1;
    for (size_t i = 0; i < shape->own_slots; i++)
        size += strlen(spec->slots[i]) + 1;
    for (size_t i = 0; i < shape->attributes; i++)
        size += strlen(spec->attributes[i].name) + 1;
    for (size_t i = 0; i < shape->properties; i++)
        size += strlen(spec->properties[i].name) + 1;
    for (size_t i = 0; i < shape->methods; i++)
        size += strlen(spec->methods[i].name) + 1;
    return size;
}

static size_t
record_size(const tn_type_spec *spec, const struct tni_shape *shape)
{
    return sizeof(tn_type) + shape->slots * sizeof(char *) +
           member_count(shape) * sizeof(struct tni_member) + shape->mixins * sizeof(tn_type *) +
           text_size(spec, shape);
}

static const char *
copy_name(char **to, const char *name)
{
    char *copy = *to;
    *to = stpcpy(copy, name) + 1;
    return copy;
}

static void
copy_members(tn_type *type, const tn_type_spec *spec, const struct tni_shape *shape, char **to)
{
    struct tni_member *m = type->members;
    for (size_t i = 0; i < shape->attributes; i++)
        *m++ = (struct tni_member){.name = copy_name(to, spec->attributes[i].name),
                                   .kind = TNI_ATTRIBUTE,
                                   .value = tn_incref_value(spec->attributes[i].value)};
    for (size_t i = 0; i < shape->properties; i++)
        *m++ = (struct tni_member){.name = copy_name(to, spec->properties[i].name),
                                   .kind = TNI_PROPERTY,
                                   .get = spec->properties[i].get,
                                   .set = spec->properties[i].set};
    for (size_t i = 0; i < shape->methods; i++)
        *m++ = (struct tni_member){.name = copy_name(to, spec->methods[i].name),
                                   .kind = TNI_METHOD,
                                   .call = spec->methods[i].call};
}

// Slots' names, members, mixins and the text of all names stand behind the record, in the same
// block; the base's names are the base's.
static void
fill_block(tn_type *type, const tn_type_spec *spec, const struct tni_shape *shape)
{
    type->member_count = member_count(shape);
    type->mixin_count = shape->mixins;
    type->members = (struct tni_member *)(void *)&type->slots[shape->slots];
    type->mixins = (const tn_type **)(void *)&type->members[type->member_count];
    char *to = (char *)&type->mixins[type->mixin_count];
    type->name = copy_name(&to, spec->name);
    for (size_t i = 0; i < shape->base->slot_count; i++)
        type->slots[i] = shape->base->slots[i];
    for (size_t i = 0; i < shape->own_slots; i++)
        type->slots[shape->base->slot_count + i] = copy_name(&to, spec->slots[i]);
    for (size_t i = 0; i < shape->mixins; i++)
        type->mixins[i] = spec->mixins[i];
    copy_members(type, spec, shape, &to);
}

static tn_finalizer *
finalizer_of(const tn_type_spec *spec, const struct tni_shape *shape)
{
    tn_finalizer *finalize = spec->finalize != NULL ? spec->finalize : shape->base->finalize;
    for (size_t i = 0; finalize == NULL && i < shape->mixins; i++)
        finalize = spec->mixins[i]->finalize;
    return finalize;
}

// The weak word is the last of an instance; in front of it stands the record of its attributes.
static void
place_words(tn_type *type, const struct tni_shape *shape)
{
    size_t end = shape->size;
    if (shape->flags & TN_WEAK)
        type->weak_at = (uint16_t)(end -= sizeof(uint64_t));
    if (shape->has_record)
        type->record_at = (uint16_t)(end - sizeof(struct tni_record));
}

static void
fill_record(tn_type *type, const struct tni_builtin *builtin, const struct tni_shape *shape)
{
    const tn_type_spec *spec = &builtin->spec;
    bool acyclic = shape->flags & (TN_ACYCLIC | TN_DOMAIN);
    type->base = spec->base;
    type->flags = shape->flags;
    type->slot_count = (uint16_t)shape->slots;
    type->native_size = (uint16_t)shape->native;
    type->size = (uint16_t)shape->size;
    type->bin = tni_bin_of(acyclic ? TNI_ACYCLIC : TNI_OBJECTS, type->size);
    place_words(type, shape);
    type->tracked = !acyclic;
    type->spilled = builtin->spilled;
    type->leaf = builtin->leaf;
    type->table_of = builtin->table_of;
    type->traverse = spec->traverse;
    type->clear = spec->clear;
    type->size_of = spec->size_of;
    type->finalize = finalizer_of(spec, shape);
    type->check = shape->has_record ? tni_record_check : builtin->check;
    type->plain = type->base == NULL && !type->spilled && !shape->has_record &&
                  type->clear == NULL && type->finalize == NULL;
    fill_block(type, spec, shape);
}

tn_err
tni_type_add(struct tni_objects *s, const struct tni_builtin *builtin, tn_type **type)
{
    const tn_type_spec *spec = &builtin->spec;
    struct tni_shape shape = tni_shape_of(spec);
    tn_err err = tni_shape_check(s, spec, &shape);
    if (err != TN_OK)
        return err;
    if (s->type_count == MAX_TYPES)
        return TN_ELIMIT;
    size_t size = record_size(spec, &shape);
    tn_type *t = make_room(s) ? tni_table_resize(&s->memory, NULL, 0, size) : NULL;
    if (t == NULL)
        return TN_ENOMEM;
    memset(t, 0, size);
    t->table_size = size;
    t->space = s;
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
    for (uint32_t i = 1; i < s->type_count; i++) {
        tni_keys_fini(s, s->types[i]->keys);
        tni_table_resize(&s->memory, s->types[i], s->types[i]->table_size, 0);
    }
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
tni_is_base(const tn_type *base, const tn_type *type)
{
    bool is = base == type || (type->base != NULL && tni_is_base(base, type->base));
    for (size_t i = 0; !is && i < type->mixin_count; i++)
        is = tni_is_base(base, type->mixins[i]);
    return is;
}

bool
tn_is_kind_of(tn_value v, const tn_type *type)
{
    return tn_is_object(v) && tni_is_base(type, tni_type_of(tn_as_object(v)));
}
