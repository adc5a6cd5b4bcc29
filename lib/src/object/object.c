// SPDX-License-Identifier: MIT
#include "object/object.h"

#include "object/reap.h"
#include "object/track.h"

static inline bool
is_due(const struct tni_objects *s)
{
    return s->young_net > s->trigger || tni_in_use(&s->memory) > s->memory.limit;
}

// What the drop budget put off is destroyed as fast as new objects are made, or faster. Then the
// collector may run, before the new object exists, and nowhere else by itself.
static void
do_chores(struct tni_objects *s, unsigned bin, bool tracked)
{
    if (s->backlog.first != NULL)
        tni_reap_some(s, 2 + tni_class_size(bin % TNI_CLASSES) / 64);
    if ((tracked && is_due(s)) || (TN_CHECKS > 0 && s->memory.stress != 0))
        s->fire(s);
}

static inline tn_object *
make_in(struct tni_objects *s, tn_type *type, struct tni_page *page, bool tracked,
        const tn_site *site)
{
    struct tni_place at;
    tn_object *o = tni_object_take(&s->memory, &type->account, page, site, &at);
    *o = (tn_object){.refs = 1, .type = type->index, .flags = tracked ? 0 : TNI_UNTRACKED};
    if (tracked)
        tni_track_new(s, at);
    return o;
}

// The heap's [until] has passed.
static inline void
look_at_object(struct tni_objects *s, tn_type *type, struct tni_page *page, tn_object *o,
               const tn_site *site)
{
    if (tni_trace_is_due(&s->memory))
        tni_trace_slot(&s->memory, TNI_TRACE_OBJECT, &type->account, page, o, site);
    else
        tni_memory_watch(&s->memory);
}

// When there is more to do than to take a slot.
static __attribute__((noinline)) tn_object *
make_slowly(struct tni_objects *s, tn_type *type, unsigned bin, bool tracked, const tn_site *site)
{
    do_chores(s, bin, tracked);
    if (tni_must_fail(&s->memory))
        return NULL;
    struct tni_page *page = tni_pages_at_hand(&s->memory.pages, bin);
    if (page == NULL && (page = tni_pages_find_room(&s->memory.pages, bin)) == NULL)
        return NULL;
    tn_object *o = make_in(s, type, page, tracked, site);
    if (s->memory.until < 0)
        look_at_object(s, type, page, o, site);
    return o;
}

static inline __attribute__((always_inline)) tn_object *
make(struct tni_objects *s, tn_type *type, unsigned bin, bool tracked, const tn_site *site)
{
    tni_assert_owner(&s->memory);
    struct tni_page *page = tni_pages_at_hand(&s->memory.pages, bin);
    if (__builtin_expect(page == NULL || s->backlog.first != NULL || s->young_net > s->trigger ||
                             s->memory.until < page->size || TN_CHECKS > 0,
                         0))
        return make_slowly(s, type, bin, tracked, site);
    return make_in(s, type, page, tracked, site);
}

tn_object *
tni_object_new(struct tni_objects *s, tn_type *type, const tn_site *site)
{
    return make(s, type, type->bin, type->tracked, site);
}

tn_object *
tni_object_new_sized(struct tni_objects *s, tn_type *type, size_t size, bool tracked,
                     const tn_site *site)
{
    enum tni_kind kind = tracked ? TNI_OBJECTS : TNI_ACYCLIC;
    return make(s, type, tni_bin_of(kind, size), tracked, site);
}

tn_object *
tn_new_at(tn_heap *heap, tn_type *type, const tn_site *site)
{
    struct tni_objects *s = (struct tni_objects *)heap;
    TN_DEBUG(!(type->flags & TN_DOMAIN) && s->types[type->index] == type);
    return make(s, type, type->bin, type->tracked, site);
}

void
tni_disturb(struct tni_objects *s, tn_object *o)
{
    struct tni_disturbed *d = &s->disturbed;
    if (o->mark == 0) // made since the run began, which does not judge it
        return;
    if (d->len == d->room) {
        size_t room = d->room * 2 + 64, size = d->room * sizeof *d->items;
        void *items = tni_table_resize(&s->memory, d->items, size, room * sizeof *d->items);
        d->failed |= items == NULL;
        if (items == NULL)
            return;
        d->items = items;
        d->room = room;
    }
    d->items[d->len++] = o;
}

// The plane first, the header's flag with it; never the flag alone.
void
tni_log_by(tn_object *o, enum tni_rule rule)
{
    struct tni_objects *s = tni_objects_of(o);
    struct tni_place at = tni_place_of(o);
    if (tni_breaks(&s->memory, rule))
        return;
    TN_DEBUG(at.row->tracked & at.bit);
    s->suspects[s->plane] += !(at.row->suspect[s->plane] & at.bit);
    at.row->suspect[s->plane] |= at.bit;
    o->flags |= (uint32_t)TNI_LOGGED << s->plane;
    if (s->disturbed.on)
        tni_disturb(s, o);
    struct tni_segment *segment = tni_segment_of(o);
    segment->suspect_pages[s->plane] |= UINT64_C(1) << tni_page_number(at.page);
}

void
tni_log(tn_object *o)
{
    tni_log_by(o, TNI_RULE_DECREF);
}

// The first few values are looked at.
static bool
refers_to_nothing(const tn_type *type, const tn_object *o)
{
    enum { FEW = 8 };
    struct tni_span span = tni_span_of(type, o);
    bool objects =
        type->traverse != NULL || type->base != NULL || type->record_at != 0 || span.count > FEW;
    for (size_t i = 0; i < span.count && !objects; i++)
        objects = tn_is_object(span.values[i]);
    return !objects;
}

// No circle goes through an object that refers to nothing, so moving it into another one, [holder],
// closes none. NULL: nobody knows whether it was moved into itself.
void
tni_log_moved(tn_object *o, const tn_object *holder)
{
    if (holder == NULL || holder == o || !refers_to_nothing(tni_type_of(o), o))
        tni_log_by(o, TNI_RULE_MOVE);
}

// The count stays at TNI_IMMORTAL from here on: better never freed than freed too early.
void
tni_saturate(tn_object *o)
{
    o->refs = TNI_IMMORTAL;
    if (o->flags & TNI_REPORTED)
        return;
    o->flags |= TNI_REPORTED;
    tni_report(tni_memory_of(o),
               "the reference count of a %s at %p is full; it will never be freed",
               tni_type_of(o)->name, (void *)o);
}

// --- Buffers ---------------------------------------------------------------------------------

void *
tn_buffer_alloc_at(tn_heap *heap, tn_type *owner, size_t size, const tn_site *site)
{
    ((struct tni_memory *)heap)->site = site;
    return tni_buffer_alloc((struct tni_memory *)heap, &owner->account, size);
}

void *
tn_buffer_resize_at(tn_heap *heap, tn_type *owner, void *buffer, size_t size, size_t new_size,
                    const tn_site *site)
{
    ((struct tni_memory *)heap)->site = site;
    return tni_buffer_resize((struct tni_memory *)heap, &owner->account, buffer, size, new_size);
}

void
tn_buffer_free(tn_heap *heap, tn_type *owner, void *buffer, size_t size)
{
    tni_buffer_free((struct tni_memory *)heap, &owner->account, buffer, size);
}

size_t
tn_buffer_occupies(size_t size)
{
    return tni_buffer_occupies(size);
}
