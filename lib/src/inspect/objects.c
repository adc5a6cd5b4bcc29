// SPDX-License-Identifier: MIT
#include "inspect/objects.h"

#include "gc/generations.h"
#include "inspect/walk.h"
#include "memory/serial.h"
#include "object/track.h"
#include "object/traverse.h"
#include "object/weak.h"
#include "tenure/containers.h"

// --- A list of them ------------------------------------------------------------------------------

struct request {
    struct tni_objects *s;
    tn_object *list;
    int generation;
    tn_err err;
};

static bool
is_asked_for(const struct request *r, const tn_object *o)
{
    struct tni_place at = tni_place_of(o);
    bool collected = at.row->tracked & ~at.row->frozen & at.bit;
    bool fits = r->generation == TN_ALL_GENERATIONS || tni_generation_at(at) == r->generation;
    return collected && fits && o != r->list;
}

// Garbage of a collection in slices is not given away, as a weak reference would not.
static void
append(tn_object *o, void *arg)
{
    struct request *r = arg;
    if (r->err == TN_OK && is_asked_for(r, o) && tni_weak_may_give(r->s, o))
        r->err = tn_list_append(r->list, tn_ref(o));
}

tn_err
tn_objects_get(tn_heap *heap, int generation, tn_object **list)
{
    struct request r = {(struct tni_objects *)heap, NULL, generation, TN_OK};
    if (generation < TN_ALL_GENERATIONS || generation >= TN_GENERATIONS)
        return TN_EINVAL;
    r.list = tn_list_new(heap);
    if (r.list == NULL)
        return TN_ENOMEM;
    tni_walk(r.s, append, &r);
    if (r.err != TN_OK)
        TN_CLEAR(r.list);
    *list = r.list;
    return r.err;
}

// --- One after the other -------------------------------------------------------------------------

static bool
visit_page(struct tni_objects *s, struct tni_page *page, bool (*fn)(tn_object *o, void *arg),
           void *arg)
{
    bool more = true;
    for (unsigned i = 0; more && i < page->slots; i++) {
        tn_object *o = tni_slot_at(page, i);
        if (!tni_is_taken(page, i) || !tni_is_tracked(o) || !tni_weak_may_give(s, o))
            continue;
        more = fn(tn_incref(o), arg);
        tn_decref_unchanged(o);
    }
    return more;
}

static void
give_empty_pages(struct tni_pages *pages)
{
    for (struct tni_page *p = tni_pages_next(pages, NULL), *next; p != NULL; p = next) {
        next = tni_pages_next(pages, p);
        tni_pages_give_if_empty(pages, p);
    }
}

// Pages stay meanwhile, so that the next one can be found.
void
tn_objects_visit(tn_heap *heap, bool (*fn)(tn_object *o, void *arg), void *arg)
{
    struct tni_gc *gc = (struct tni_gc *)heap;
    struct tni_pages *pages = &gc->objects.memory.pages;
    bool held = pages->held, collecting = gc->collecting;
    pages->held = gc->collecting = true;
    struct tni_page *p = NULL;
    while ((p = tni_pages_next_objects(pages, p)) != NULL && visit_page(&gc->objects, p, fn, arg))
        continue;
    pages->held = held;
    gc->collecting = collecting;
    if (!held)
        give_empty_pages(pages);
}

// --- What they refer to --------------------------------------------------------------------------

struct referents {
    tn_object **children;
    size_t count, max;
};

static void
note(tn_object *child, void *arg)
{
    struct referents *r = arg;
    if (r->count < r->max)
        r->children[r->count] = child;
    r->count++;
}

size_t
tn_referents_get(tn_object *const *objects, size_t count, tn_object **children, size_t max)
{
    struct referents r = {children, 0, max};
    for (size_t i = 0; i < count; i++)
        tni_traverse(tni_type_of(objects[i]), objects[i], note, &r);
    return r.count;
}

// --- By serial -----------------------------------------------------------------------------------

uint64_t
tn_serial(const tn_object *o)
{
    return tni_serial(tni_memory_of(o), o);
}

tn_object *
tn_serial_find(const tn_heap *heap, uint64_t serial)
{
    tn_object *o = tni_serial_find((const struct tni_memory *)heap, serial);
    bool given = o != NULL && !tni_is_dying(o) && tni_weak_may_give(tni_objects_of(o), o);
    return given ? tn_incref(o) : NULL;
}

bool
tn_serial_was_given(uint64_t serial)
{
    return tni_serial_was_given(serial);
}
