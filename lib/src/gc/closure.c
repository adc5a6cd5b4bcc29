// SPDX-License-Identifier: MIT
#include "gc/closure.h"

#include "gc/marks.h"
#include "gc/ring.h"
#include "object/traverse.h"

struct walk {
    struct tni_gc *gc;
    int generation;
    size_t visited;
    bool failed; // no memory
    struct tni_ring ring;
};

static const tn_type *
type_of(const struct walk *w, const tn_object *o)
{
    return w->gc->objects.types[o->type];
}

// --- Counting ------------------------------------------------------------------------------------

static inline void
count_arrived(struct walk *w, tn_object *o)
{
    if (o == NULL)
        return;
    if (tni_is_stamped(w->gc, o)) {
        tni_count_reference(o);
    } else if (tni_is_candidate(o, w->generation)) {
        tni_stamp(w->gc, o, 1);
        tni_prefetch_span(type_of(w, o), o);
        w->failed |= !tni_stack_push(w->gc, &w->gc->visited, o);
    }
}

static void
count_child(tn_object *child, void *arg)
{
    struct walk *w = arg;
    w->visited++;
    if (tni_is_trackable(child))
        count_arrived(w, tni_ring_exchange(&w->ring, child));
}

static bool
add_roots(struct walk *w)
{
    for (size_t i = 0; i < w->gc->roots.len; i++) {
        tn_object *root = w->gc->roots.items[i];
        if (tni_is_stamped(w->gc, root) || !tni_is_candidate(root, w->generation))
            continue;
        tni_stamp(w->gc, root, 0);
        if (!tni_stack_push(w->gc, &w->gc->visited, root))
            return false;
    }
    return true;
}

// The list of visited objects is the queue as well. The ring is emptied when the queue is.
static enum tni_closure
count_closure(struct walk *w, size_t limit)
{
    struct tni_stack *queue = &w->gc->visited;
    for (size_t i = 0; i < queue->len && !w->failed;) {
        tn_object *o = queue->items[i++];
        tni_traverse(type_of(w, o), o, count_child, w);
        for (unsigned n = 0; n < TNI_RING && i == queue->len; n++)
            count_arrived(w, tni_ring_exchange(&w->ring, NULL));
        if (queue->len > limit)
            return TNI_CLOSURE_TOO_LARGE;
    }
    return w->failed ? TNI_CLOSURE_NO_MEMORY : TNI_CLOSURE_DONE;
}

// --- Judging -------------------------------------------------------------------------------------

static inline void
rescue_arrived(struct walk *w, tn_object *o)
{
    if (o == NULL || !tni_is_stamped(w->gc, o) || tni_inside_count(o) >= TNI_MARK_FOUND)
        return;
    tni_make_live(o);
    w->failed |= !tni_stack_push(w->gc, &w->gc->stack, o);
}

static void
rescue_child(tn_object *child, void *arg)
{
    struct walk *w = arg;
    if (tni_is_trackable(child))
        rescue_arrived(w, tni_ring_exchange(&w->ring, child));
}

static void
rescue_reachable(struct walk *w)
{
    struct tni_stack *stack = &w->gc->stack;
    while (stack->len > 0 && !w->failed) {
        tn_object *o = stack->items[--stack->len];
        tni_traverse(type_of(w, o), o, rescue_child, w);
        for (unsigned n = 0; n < TNI_RING && stack->len == 0; n++)
            rescue_arrived(w, tni_ring_exchange(&w->ring, NULL));
    }
}

static void
rescue_held(struct walk *w)
{
    const struct tni_stack *list = &w->gc->visited;
    w->gc->stack.len = 0;
    for (size_t i = 0; i < list->len; i++) {
        tn_object *o = list->items[i];
        tni_check_count(o, 0);
        if (!tni_is_live(o) && tni_is_held_outside(o, 0))
            rescue_arrived(w, o);
    }
    rescue_reachable(w);
}

static void
gather(struct walk *w)
{
    const struct tni_stack *list = &w->gc->visited;
    for (size_t i = 0; i < list->len && !w->failed; i++)
        if (!tni_is_live(list->items[i]))
            w->failed |= !tni_stack_push(w->gc, &w->gc->garbage, list->items[i]);
}

enum tni_closure
tni_gc_close(struct tni_gc *gc, int generation, size_t limit, size_t *visited)
{
    struct walk w = {.gc = gc, .generation = generation};
    gc->visited.len = 0;
    if (!add_roots(&w))
        return TNI_CLOSURE_NO_MEMORY;
    enum tni_closure outcome = count_closure(&w, limit);
    *visited += w.visited;
    if (outcome != TNI_CLOSURE_DONE)
        return outcome;
    rescue_held(&w);
    if (!w.failed)
        gather(&w);
    return w.failed ? TNI_CLOSURE_NO_MEMORY : TNI_CLOSURE_DONE;
}
