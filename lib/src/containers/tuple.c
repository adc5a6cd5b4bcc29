// SPDX-License-Identifier: MIT
#include "containers/tuple.h"

#include "object/object.h"
#include "object/track.h"

struct tuple {
    struct tni_span
        items; // first: the collector reads it there; [values] points to [own] or a buffer
    tn_value own[];
};

enum { MAX_OWN = (TNI_MAX_OBJECT - sizeof(tn_object) - sizeof(struct tuple)) / sizeof(tn_value) };

static struct tuple *
tuple_of(const tn_object *o)
{
    return tni_payload_as(o, TNI_TYPE_TUPLE);
}

static size_t
own_size(size_t count)
{
    size_t own = count <= MAX_OWN ? count : 0;
    return sizeof(tn_object) + sizeof(struct tuple) + own * sizeof(tn_value);
}

static tn_value *
spill(struct tni_objects *s, size_t count, const tn_site *site)
{
    if (count > UINT32_MAX)
        return NULL;
    s->memory.site = site;
    return tni_buffer_alloc(&s->memory, &s->types[TNI_TYPE_TUPLE]->account,
                            count * sizeof(tn_value));
}

tn_object *
tn_tuple_new_at(tn_heap *heap, const tn_value *values, size_t count, const tn_site *site)
{
    struct tni_objects *s = (struct tni_objects *)heap;
    tn_type *type = s->types[TNI_TYPE_TUPLE];
    tn_value *spilled = count > MAX_OWN ? spill(s, count, site) : NULL;
    if (count > MAX_OWN && spilled == NULL)
        return NULL;
    tn_object *o =
        tni_object_new_sized(s, type, own_size(count), tni_must_be_tracked(values, count), site);
    if (o == NULL) {
        tni_buffer_free(&s->memory, &type->account, spilled, count * sizeof(tn_value));
        return NULL;
    }
    struct tuple *tuple = tuple_of(o);
    tuple->items =
        (struct tni_span){spilled != NULL ? spilled : tuple->own, (uint32_t)count, (uint32_t)count};
    for (size_t i = 0; i < count; i++) {
        TN_DEBUG(!tn_is_absent(values[i]));
        tuple->items.values[i] = tn_incref_value(values[i]);
    }
    return o;
}

size_t
tn_tuple_len(const tn_object *o)
{
    return tuple_of(o)->items.count;
}

bool
tn_is_tuple(tn_value v)
{
    return tni_value_is(v, TNI_TYPE_TUPLE);
}

tn_value
tn_tuple_borrow(const tn_object *o, size_t i)
{
    const struct tuple *tuple = tuple_of(o);
    return i < tuple->items.count ? tuple->items.values[i] : TN_ABSENT;
}

tn_value
tn_tuple_get(const tn_object *o, size_t i)
{
    return tn_incref_value(tn_tuple_borrow(o, i));
}

// From the end, as Python does.
static void
tuple_clear(tn_object *o)
{
    struct tni_objects *s = tni_objects_of(o);
    struct tuple *tuple = tuple_of(o);
    struct tni_span former = tuple->items;
    tuple->items = (struct tni_span){tuple->own, 0, 0};
    while (former.count > 0)
        tn_decref_value(former.values[--former.count]);
    if (former.values != tuple->own)
        tni_buffer_free(&s->memory, &s->types[TNI_TYPE_TUPLE]->account, former.values,
                        former.room * sizeof(tn_value));
}

static size_t
tuple_size_of(const tn_object *o)
{
    const struct tuple *tuple = tuple_of(o);
    bool spilled = tuple->items.values != tuple->own;
    return spilled ? tni_buffer_occupies(tuple->items.count * sizeof(tn_value)) : 0;
}

static bool
tuple_check(const tn_object *o)
{
    const struct tuple *tuple = tuple_of(o);
    return tni_is_trackable(o) || !tni_must_be_tracked(tuple->items.values, tuple->items.count);
}

const struct tni_builtin tni_tuple_type = {
    .spec = {.name = "tuple",
             .native = sizeof(struct tuple),
             .clear = tuple_clear,
             .size_of = tuple_size_of},
    .spilled = true,
    .check = tuple_check,
};
