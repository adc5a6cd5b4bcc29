// SPDX-License-Identifier: MIT
#include "inspect/walk.h"

#include "object/track.h"
#include "object/traverse.h"
#include "tenure/containers.h"

bool
tni_is_dying(const tn_object *o)
{
    return o->flags & TNI_DEAD || (tni_is_trackable(o) && !tni_is_tracked(o));
}

void
tni_walk(struct tni_objects *s, void (*fn)(tn_object *o, void *arg), void *arg)
{
    for (struct tni_page *p = NULL; (p = tni_pages_next(&s->memory.pages, p)) != NULL;) {
        if (tni_page_kind(p) == TNI_BUFFERS)
            continue;
        for (unsigned i = 0; i < p->slots; i++)
            if (tni_is_taken(p, i) && !tni_is_dying(tni_slot_at(p, i)))
                fn(tni_slot_at(p, i), arg);
    }
}

// --- Places --------------------------------------------------------------------------------------

struct search {
    const tn_object *holder, *target;
    void (*fn)(const tn_object *holder, size_t place, void *arg);
    void *arg;
};

static void
compare(tn_object *child, void *arg)
{
    struct search *s = arg;
    if (child == s->target)
        s->fn(s->holder, TNI_NATIVE, s->arg);
}

void
tni_each_place(const tn_object *holder, const tn_object *target,
               void (*fn)(const tn_object *holder, size_t place, void *arg), void *arg)
{
    const tn_type *type = tni_type_of(holder);
    struct tni_span span = tni_span_of(type, holder);
    struct search s = {holder, target, fn, arg};
    for (size_t i = 0; i < span.count; i++)
        if (tn_as_object(span.values[i]) == target)
            fn(holder, i, arg);
    tni_traverse_native(type, (tn_object *)(uintptr_t)holder, compare, &s);
}

static void
describe_key(char *text, size_t size, tn_value key)
{
    if (tn_is_str(key))
        snprintf(text, size, "[\"%s\"]", tn_str_data(tn_as_object(key)));
    else if (tn_is_integer(key) && tn_int_fits(key))
        snprintf(text, size, "[%lld]", (long long)tn_int_get(key));
    else if (tn_is_integer(key))
        snprintf(text, size, "[an integer of %zu bits]", tn_int_bits(key));
    else if (tn_is_object(key))
        snprintf(text, size, "[<%s>]", tni_type_of(tn_as_object(key))->name);
    else
        snprintf(text, size, "[…]");
}

static void
describe_place(char *text, size_t size, const tn_object *holder, size_t place)
{
    const tn_type *type = tni_type_of(holder);
    if (place == TNI_NATIVE)
        snprintf(text, size, "(native)");
    else if (!type->spilled)
        snprintf(text, size, ".%s", type->slots[place]);
    else if (holder->type == TNI_TYPE_DICT && place % 2 == 0)
        snprintf(text, size, "(key)");
    else if (holder->type == TNI_TYPE_DICT)
        describe_key(text, size, tni_span_of(type, holder).values[place - 1]);
    else if (holder->type == TNI_TYPE_SET || holder->type == TNI_TYPE_FROZENSET)
        snprintf(text, size, "(member)");
    else
        snprintf(text, size, "[%zu]", place);
}

tn_reference
tni_describe(const tn_object *holder, size_t place)
{
    tn_reference r = {.holder = (tn_object *)(uintptr_t)holder};
    r.frozen = tn_gc_is_frozen(holder);
    describe_place(r.place, sizeof r.place, holder, place);
    return r;
}
