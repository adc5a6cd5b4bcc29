// SPDX-License-Identifier: MIT
#include "gc/debug.h"

#include "gc/marks.h"
#include "object/misuse.h"
#include "object/object.h"

static void
tell(struct tni_gc *gc, const char *what, const tn_object *o)
{
    tni_report(&gc->objects.memory, "gc: %s <%s %p>", what, gc->objects.types[o->type]->name,
               (const void *)o);
}

void
tni_gc_refuse_count(const tn_object *o)
{
    char what[120];
    snprintf(what, sizeof what, "has a count of %u, and objects hold %u references to it", o->refs,
             tni_inside_count(o));
    tni_misuse(o, what);
}

void
tni_gc_debug_start(struct tni_gc *gc, int generation)
{
    const tn_gc_population *p = &gc->objects.population;
    struct tni_memory *m = &gc->objects.memory;
    if (!(gc->debug & TN_GC_DEBUG_STATS))
        return;
    tni_report(m, "gc: collecting generation %d...", generation);
    tni_report(m, "gc: objects in each generation: %zu %zu %zu", p->generation[0], p->generation[1],
               p->generation[2]);
    tni_report(m, "gc: objects in permanent generation: %zu", p->frozen);
}

void
tni_gc_debug_stop(struct tni_gc *gc, const tn_gc_result *result)
{
    if (gc->debug & TN_GC_DEBUG_STATS)
        tni_report(&gc->objects.memory,
                   "gc: done, %zu unreachable, %zu uncollectable, %.4fs elapsed",
                   result->collected + result->uncollectable, result->uncollectable,
                   (double)result->ns * 1e-9);
}

void
tni_gc_debug_found(struct tni_gc *gc, const tn_object *o)
{
    if (gc->debug & TN_GC_DEBUG_COLLECTABLE)
        tell(gc, "collectable", o);
}

void
tni_gc_debug_kept(struct tni_gc *gc, tn_object *o)
{
    if (!(gc->debug & TN_GC_DEBUG_UNCOLLECTABLE))
        return;
    tell(gc, "uncollectable", o);
    if (tni_stack_push(gc, &gc->saved, o))
        tn_incref(o);
}

void
tni_gc_save(struct tni_gc *gc, tn_object *o, tn_gc_result *result)
{
    o->mark = 0;
    if (tni_stack_push(gc, &gc->saved, o)) {
        result->collected++;
        return;
    }
    result->uncollectable++;
    tni_log_by(o, TNI_RULE_KEEP);
    tn_decref_unchanged(o);
}

void
tni_gc_garbage_end(struct tni_gc *gc)
{
    size_t left = gc->saved.len;
    if (left > 0 && !tni_gc_saves(gc))
        tni_report(&gc->objects.memory, "gc: %zu uncollectable objects at the end of the heap",
                   left);
    for (size_t i = 0; i < left && gc->debug & TN_GC_DEBUG_UNCOLLECTABLE && !tni_gc_saves(gc); i++)
        tell(gc, "uncollectable", gc->saved.items[i]);
    tn_gc_garbage_clear((tn_heap *)gc);
}

// --- Public --------------------------------------------------------------------------------------

void
tn_gc_set_debug(tn_heap *heap, unsigned flags)
{
    ((struct tni_gc *)heap)->debug = flags;
}

unsigned
tn_gc_get_debug(const tn_heap *heap)
{
    return ((const struct tni_gc *)heap)->debug;
}

size_t
tn_gc_garbage_len(const tn_heap *heap)
{
    return ((const struct tni_gc *)heap)->saved.len;
}

tn_object *
tn_gc_garbage_borrow(const tn_heap *heap, size_t i)
{
    const struct tni_stack *saved = &((const struct tni_gc *)heap)->saved;
    return i < saved->len ? saved->items[i] : NULL;
}

tn_object *
tn_gc_garbage_take(tn_heap *heap)
{
    struct tni_stack *saved = &((struct tni_gc *)heap)->saved;
    return saved->len > 0 ? saved->items[--saved->len] : NULL;
}

void
tn_gc_garbage_clear(tn_heap *heap)
{
    for (tn_object *o; (o = tn_gc_garbage_take(heap)) != NULL;)
        tn_decref(o);
}
