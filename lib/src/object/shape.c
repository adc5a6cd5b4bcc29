// SPDX-License-Identifier: MIT
#include "object/shape.h"

#include "object/members.h"
#include "object/message.h"
#include "object/record.h"

#include <string.h>

static const tn_type no_base;

// --- Counting --------------------------------------------------------------------------------

static size_t
count_pointers(const void *list)
{
    const void *const *pointers = list;
    size_t n = 0;
    while (pointers != NULL && pointers[n] != NULL)
        n++;
    return n;
}

#define COUNT_NAMED(list)                                                                          \
    (__extension__({                                                                               \
        size_t n_ = 0;                                                                             \
        while ((list) != NULL && (list)[n_].name != NULL)                                          \
            n_++;                                                                                  \
        n_;                                                                                        \
    }))

static void
add_mixins(struct tni_shape *shape, const tn_type_spec *spec)
{
    for (size_t i = 0; i < shape->mixins; i++) {
        shape->flags |= spec->mixins[i]->flags & TN_WEAK;
        shape->has_record |= spec->mixins[i]->record_at != 0;
    }
}

struct tni_shape
tni_shape_of(const tn_type_spec *spec)
{
    const tn_type *base = spec->base != NULL ? spec->base : &no_base;
    struct tni_shape shape = {
        .base = base,
        .own_slots = count_pointers(spec->slots),
        .native = base->native_size + (spec->native + 7) / 8 * 8,
        .attributes = COUNT_NAMED(spec->attributes),
        .properties = COUNT_NAMED(spec->properties),
        .methods = COUNT_NAMED(spec->methods),
        .mixins = count_pointers(spec->mixins),
        .flags = spec->flags | (base->flags & TN_WEAK),
        .has_record = spec->layout == TN_LAYOUT_DICT || base->record_at != 0,
    };
    add_mixins(&shape, spec);
    shape.slots = base->slot_count + shape.own_slots;
    size_t weak = shape.flags & TN_WEAK ? sizeof(uint64_t) : 0;
    size_t record = shape.has_record ? sizeof(struct tni_record) : 0;
    shape.size = sizeof(tn_object) + shape.slots * sizeof(tn_value) + shape.native + record + weak;
    return shape;
}

// --- Names -----------------------------------------------------------------------------------

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

static bool
is_identifier(const char *name)
{
    if (!is_letter(name[0]))
        return false;
    for (const char *c = name; *c != '\0'; c++)
        if (!is_letter(*c) && !(*c >= '0' && *c <= '9'))
            return false;
    return true;
}

// The i-th name that the specification gives to something, of [names_of] them: slots first.
static const char *
name_at(const tn_type_spec *spec, const struct tni_shape *shape, size_t i)
{
    if (i < shape->own_slots)
        return spec->slots[i];
    i -= shape->own_slots;
    if (i < shape->attributes)
        return spec->attributes[i].name;
    i -= shape->attributes;
    return i < shape->properties ? spec->properties[i].name
                                 : spec->methods[i - shape->properties].name;
}

static size_t
names_of(const struct tni_shape *shape)
{
    return shape->own_slots + shape->attributes + shape->properties + shape->methods;
}

static bool
is_base_slot(const struct tni_shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->base->slot_count; i++)
        if (strcmp(name, shape->base->slots[i]) == 0)
            return true;
    return false;
}

static tn_err
check_name(struct tni_objects *s, const tn_type_spec *spec, const struct tni_shape *shape, size_t i)
{
    const char *name = name_at(spec, shape, i);
    if (!is_identifier(name))
        return tni_refuse(s, TN_EINVAL, "type '%s': '%s' is not a name", spec->name, name);
    if (is_base_slot(shape, name))
        return tni_refuse(s, TN_EINVAL, "type '%s': '%s' is a slot of its base", spec->name, name);
    for (size_t j = 0; j < i; j++)
        if (strcmp(name, name_at(spec, shape, j)) == 0)
            return tni_refuse(s, TN_EINVAL, "type '%s': '%s' is there twice%s", spec->name, name,
                              j < shape->own_slots ? ", as a slot" : "");
    return TN_OK;
}

static tn_err
check_names(struct tni_objects *s, const tn_type_spec *spec, const struct tni_shape *shape)
{
    tn_err err = TN_OK;
    for (size_t i = 0; err == TN_OK && i < names_of(shape); i++)
        err = check_name(s, spec, shape, i);
    return err;
}

// --- Layouts ---------------------------------------------------------------------------------

// Native bytes stand behind the slots, so a base that has some leaves no place for more slots.
static const char *
base_fault(const struct tni_shape *shape)
{
    const tn_type *base = shape->base;
    if (base == &no_base)
        return NULL;
    if (!base->tracked || base->spilled)
        return "nothing can be derived from it";
    if (base->native_size > 0 && shape->own_slots > 0)
        return "it has bytes of its own where the slots would be";
    return shape->flags & (TN_ACYCLIC | TN_DOMAIN) ? "an acyclic type has no base" : NULL;
}

static bool
has_layout(const tn_type *type)
{
    bool has = type->slot_count > 0 || type->native_size > 0;
    for (const tn_type *t = type; t != NULL; t = t->base)
        has |= t->traverse != NULL || t->clear != NULL || t->size_of != NULL;
    return has;
}

static const char *
mixin_fault(const tn_type *mixin, const struct tni_shape *shape)
{
    if (!mixin->tracked || mixin->spilled)
        return "nothing can be derived from it";
    if (has_layout(mixin))
        return "it has slots or bytes of its own, and only one base may";
    return shape->flags & (TN_ACYCLIC | TN_DOMAIN) ? "an acyclic type has no base" : NULL;
}

static tn_err
refuse_base(struct tni_objects *s, const tn_type_spec *spec, const tn_type *base, const char *fault)
{
    return tni_refuse(s, TN_EINVAL, "type '%s': its base '%s': %s", spec->name, base->name, fault);
}

static tn_err
check_bases(struct tni_objects *s, const tn_type_spec *spec, const struct tni_shape *shape)
{
    const char *fault = base_fault(shape);
    if (fault != NULL)
        return refuse_base(s, spec, shape->base, fault);
    for (size_t i = 0; i < shape->mixins; i++)
        if ((fault = mixin_fault(spec->mixins[i], shape)) != NULL)
            return refuse_base(s, spec, spec->mixins[i], fault);
    return TN_OK;
}

tn_err
tni_shape_check(struct tni_objects *s, const tn_type_spec *spec, const struct tni_shape *shape)
{
    if (spec->name == NULL || spec->name[0] == '\0')
        return tni_refuse(s, TN_EINVAL, "a type needs a name");
    if (spec->native > TNI_MAX_OBJECT || shape->size > TNI_MAX_OBJECT)
        return tni_refuse(s, TN_EINVAL, "type '%s': an instance has at most %d bytes", spec->name,
                          TNI_MAX_OBJECT);
    if (shape->has_record && shape->flags & (TN_ACYCLIC | TN_DOMAIN))
        return tni_refuse(s, TN_EINVAL, "type '%s': an acyclic type has no dictionary", spec->name);
    tn_err err = check_bases(s, spec, shape);
    return err != TN_OK ? err : check_names(s, spec, shape);
}
