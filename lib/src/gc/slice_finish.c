// SPDX-License-Identifier: MIT
//
// The second half of a sliced collection: what is certainly garbage dies, by the steps of
// lib/docs/objects.md. Nobody can reach it, so anything may happen between two of its members.
#include "gc/finish.h"
#include "gc/debug.h"
#include "gc/marks.h"
#include "gc/step.h"
#include "object/object.h"
#include "object/reap.h"
#include "object/traverse.h"
#include "object/weak.h"

static const tn_type *
type_of(const struct tni_gc *gc, const tn_object *o)
{
    return gc->objects.types[o->type];
}

// The member at the run's place, which moves on; NULL behind the last.
static tn_object *
next_member(struct tni_gc *gc)
{
    return gc->run.at < gc->garbage.len ? gc->garbage.items[gc->run.at++] : NULL;
}

// Step 1. The callbacks wait with the run, where no other death can call them.
bool
tni_slice_hold(struct tni_gc *gc)
{
    tn_object *o = next_member(gc);
    if (o == NULL)
        return false;
    struct tni_objects *s = &gc->objects;
    struct tni_called former = s->called;
    o->refs++;
    tni_gc_debug_found(gc, o);
    s->called = (struct tni_called){0};
    if (type_of(gc, o)->weak_at != 0)
        tni_weak_queue_callbacks(s, o);
    tni_weak_append_called(&gc->run.called, &s->called);
    s->called = former;
    return true;
}

// Step 2. Inside a finalizer weak references to the members give them.
bool
tni_slice_finalize(struct tni_gc *gc)
{
    tn_object *o = next_member(gc);
    if (o == NULL)
        return false;
    uint32_t condemned = gc->objects.condemned;
    gc->objects.condemned = 0;
    gc->run.rechecking |= tni_finalize(&gc->objects, o);
    gc->objects.condemned = condemned;
    return true;
}

// Before the members are counted again; what was logged of them until now will be counted.
bool
tni_slice_zero(struct tni_gc *gc)
{
    tn_object *o = next_member(gc);
    if (o == NULL)
        return false;
    tni_stamp(gc, o, 0);
    tni_unlog(&gc->objects, o, tni_place_of(o), gc->objects.plane);
    return true;
}

// Step 4; or the garbage list takes over a member from the end, and nothing is left to do for it.
bool
tni_slice_untrack(struct tni_gc *gc)
{
    if (tni_gc_saves(gc) && gc->run.at < gc->garbage.len) {
        tni_gc_save(gc, gc->garbage.items[--gc->garbage.len], &gc->run.result);
        return true;
    }
    tn_object *o = next_member(gc);
    if (o == NULL)
        return false;
    tni_untrack(&gc->objects, o, tni_place_of(o));
    if (type_of(gc, o)->weak_at != 0)
        tni_weak_clear(&gc->objects, o);
    return true;
}

// Some of the values of a list, tuple or dict that has many, from the end: the span itself says
// where to go on. False: there are few.
static bool
drop_some(const tn_type *type, tn_object *o)
{
    struct tni_span *span = tn_payload(o);
    if (!type->spilled || span->count <= TNI_CHUNK)
        return false;
    for (unsigned n = 0; n < TNI_CHUNK; n++)
        tn_decref_value(span->values[--span->count]);
    return true;
}

// Step 5.
bool
tni_slice_clear(struct tni_gc *gc)
{
    struct tni_run *run = &gc->run;
    if (run->at == gc->garbage.len)
        return false;
    tn_object *o = gc->garbage.items[run->at];
    const tn_type *type = type_of(gc, o);
    if (drop_some(type, o))
        return true;
    tni_drop_children(type, o);
    run->at++;
    return true;
}

// Step 6. Who is still referred to lives on.
bool
tni_slice_release(struct tni_gc *gc)
{
    tn_object *o = next_member(gc);
    if (o == NULL)
        return false;
    bool freed = tni_gc_release(gc, o, 2);
    gc->run.result.collected += freed;
    gc->run.result.uncollectable += !freed;
    return true;
}

// Step 7.
bool
tni_slice_call(struct tni_gc *gc)
{
    size_t before = gc->run.called.freed;
    bool called = tni_call_next(&gc->objects, &gc->run.called);
    gc->run.result.collected += gc->run.called.freed - before;
    return called;
}

// Pages are held until the run has ended, so that its place stays a page.
bool
tni_slice_tidy(struct tni_gc *gc)
{
    struct tni_pages *pages = &gc->objects.memory.pages;
    struct tni_page *page = gc->run.page;
    if (page == NULL)
        return false;
    gc->run.page = tni_pages_next(pages, page);
    tni_pages_give_if_empty(pages, page);
    return true;
}
