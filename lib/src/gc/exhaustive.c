// SPDX-License-Identifier: MIT
#include "gc/exhaustive.h"

#include "gc/marks.h"
#include "gc/ring.h"
#include "gc/timing.h"
#include "object/traverse.h"

// What the passes share.
struct search {
    struct tni_gc *gc;
    int generation;
    size_t candidates, live, visited;
    uint32_t held; // references to each candidate that the collector itself has
    bool failed;   // no scratch memory
    struct tni_ring ring;
};

static inline const tn_type *
type_of(const struct search *s, const tn_object *o)
{
    return s->gc->objects.types[o->type];
}

// --- Pass 1: count the references that candidates hold to each other -------------------------

// A candidate gets its mark from whatever meets it first: the pass itself or a reference.
static inline void
count_arrived(struct search *s, tn_object *o)
{
    if (o == NULL)
        return;
    if (tni_is_stamped(s->gc, o))
        tni_count_reference(o);
    else if (tni_is_candidate(o, s->generation))
        tni_stamp(s->gc, o, 1);
}

static void
count_reference(tn_object *child, void *arg)
{
    struct search *s = arg;
    s->visited++;
    if (tni_is_trackable(child))
        count_arrived(s, tni_ring_exchange(&s->ring, child));
}

static bool
count_references(tn_object *o, void *arg)
{
    struct search *s = arg;
    s->candidates++;
    if (!tni_is_stamped(s->gc, o))
        tni_stamp(s->gc, o, 0);
    tni_traverse(type_of(s, o), o, count_reference, s);
    return true;
}

static void
count_all(struct search *s)
{
    tni_gc_each(s->gc, s->generation, count_references, s);
    for (unsigned i = 0; i < TNI_RING; i++)
        count_arrived(s, tni_ring_exchange(&s->ring, NULL));
}

// --- Pass 2: who is held from outside is live, and so is whatever they reach -----------------

static void
rescue(struct search *s, tn_object *o)
{
    if (o == NULL || !tni_is_stamped(s->gc, o) || tni_is_live(o))
        return;
    tni_make_live(o);
    tni_prefetch_span(type_of(s, o), o);
    s->live++;
    s->failed |= !tni_stack_push(s->gc, &s->gc->stack, o);
}

static void
rescue_child(tn_object *child, void *arg)
{
    struct search *s = arg;
    if (tni_is_trackable(child))
        rescue(s, tni_ring_exchange(&s->ring, child));
}

static void
rescue_children(struct search *s)
{
    struct tni_stack *stack = &s->gc->stack;
    while (!s->failed && stack->len > 0) {
        tn_object *live = stack->items[--stack->len];
        tni_traverse(type_of(s, live), live, rescue_child, s);
        for (unsigned n = 0; n < TNI_RING && stack->len == 0; n++)
            rescue(s, tni_ring_exchange(&s->ring, NULL));
    }
}

static bool
rescue_reachable(tn_object *o, void *arg)
{
    struct search *s = arg;
    tni_check_count(o, s->held);
    if (tni_is_live(o) || !tni_is_held_outside(o, s->held))
        return true;
    rescue(s, o);
    rescue_children(s);
    return !s->failed;
}

// --- Pass 3: the rest ------------------------------------------------------------------------

static bool
gather(tn_object *o, void *arg)
{
    struct search *s = arg;
    return tni_is_live(o) || tni_stack_push(s->gc, &s->gc->garbage, o);
}

bool
tni_gc_find_garbage(struct tni_gc *gc, int generation, tn_gc_result *result)
{
    struct search s = {.gc = gc, .generation = generation};
    uint64_t started = tni_now_ns();
    tni_gc_next_epoch(gc);
    count_all(&s);
    uint64_t counted = tni_now_ns();
    gc->stack.len = gc->garbage.len = 0;
    bool found = tni_gc_each(gc, generation, rescue_reachable, &s) &&
                 (s.live == s.candidates || tni_gc_each(gc, generation, gather, &s)) &&
                 tni_stack_reserve(gc, &gc->stack, gc->garbage.len);
    result->candidates = s.candidates;
    result->visited += s.visited;
    result->count_ns = counted - started;
    result->rescue_ns = tni_now_ns() - counted;
    return found;
}

// --- The recheck -----------------------------------------------------------------------------

// Only a member is looked at, so members are stamped before any reference is followed.
static bool
stamp_member(tn_object *o, void *arg)
{
    tni_stamp(((struct search *)arg)->gc, o, 0);
    return true;
}

static void
count_in_set(tn_object *child, void *arg)
{
    if (tni_is_trackable(child) && tni_is_stamped(((struct search *)arg)->gc, child))
        tni_count_reference(child);
}

static bool
count_references_in_set(tn_object *o, void *arg)
{
    tni_traverse(type_of(arg, o), o, count_in_set, arg);
    return true;
}

static void
each_member(struct tni_stack *set, bool (*fn)(tn_object *o, void *arg), void *arg)
{
    for (size_t i = 0; i < set->len; i++)
        (void)fn(set->items[i], arg);
}

// Keeps the order of the members.
static size_t
move_live_behind(struct tni_stack *set, struct tni_stack *live)
{
    size_t rest = 0;
    live->len = 0;
    for (size_t i = 0; i < set->len; i++)
        if (tni_is_live(set->items[i]))
            live->items[live->len++] = set->items[i];
        else
            set->items[rest++] = set->items[i];
    for (size_t i = 0; i < live->len; i++)
        set->items[rest + i] = live->items[i];
    live->len = 0;
    return rest;
}

size_t
tni_gc_recheck(struct tni_gc *gc)
{
    struct search s = {.gc = gc, .held = 1};
    tni_gc_next_epoch(gc);
    gc->stack.len = 0;
    each_member(&gc->garbage, stamp_member, &s);
    each_member(&gc->garbage, count_references_in_set, &s);
    each_member(&gc->garbage, rescue_reachable, &s);
    TN_ASSERT(!s.failed);
    return move_live_behind(&gc->garbage, &gc->stack);
}
