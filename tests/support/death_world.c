// SPDX-License-Identifier: MIT
//
// Nodes whose finalizers and callbacks change the graph while it dies: see death_world.h.
#include "death_world.h"

enum { OWN_SLOTS = 3 };

typedef struct payload {
    tn_value slots[OWN_SLOTS];
    death_world *world;
    int64_t number;   // DEATH_NOBODY once it died
    tn_object *extra; // of the derived type only
} payload;

// The last item of a tuple. Acyclic: the children belong to the tuple.
typedef struct death_mark {
    death_world *world;
    tn_object *child[2];
    int number[2], count; // 0: counted off
} death_mark;

static death_node *
node_of(death_world *w, int node)
{
    return &w->nodes[node];
}

// --- The model -----------------------------------------------------------------------------------

// The tuple does not refer to its children any more. One that died in a set is gone already.
static void
count_off(death_mark *m)
{
    for (int i = 0; i < m->count; i++) {
        death_node *n = node_of(m->world, m->number[i]);
        n->count -= n->object == m->child[i];
    }
    m->count = 0;
}

// A slot lets go of its node; a tuple's mark sees to its own.
static void
let_go(death_world *w, const death_slot *s)
{
    if (s->tuple == NULL && s->count > 0)
        node_of(w, s->child[0])->count--;
}

// Shrinks [set] to its largest part of which every member's references come from the part.
static void
keep_self_sustained(death_world *w, bool set[DEATH_NODES])
{
    for (bool changed = true; changed;) {
        int inside[DEATH_NODES] = {0};
        changed = false;
        for (int i = 0; i < DEATH_NODES; i++)
            for (int k = 0; set[i] && k < DEATH_SLOTS; k++) {
                const death_slot *s = &node_of(w, i)->slot[k];
                for (int c = 0; (s->tuple == NULL || s->candidate) && c < s->count; c++)
                    inside[s->child[c]]++;
            }
        for (int i = 0; i < DEATH_NODES; i++)
            if (set[i] && node_of(w, i)->count > inside[i]) {
                set[i] = false;
                changed = true;
            }
    }
}

// The recheck: every finalizer ran, nothing was cleared yet.
static void
judge(death_world *w)
{
    death_collection *c = &w->collection;
    memcpy(c->dies, c->garbage, sizeof c->dies);
    keep_self_sustained(w, c->dies);
    c->judged = true;
    c->collected = c->loose;
    for (int i = 0; i < DEATH_NODES; i++) {
        death_node *n = node_of(w, i);
        DICE_ASSERT(&w->dice, !c->to_finalize[i] || n->finalized);
        n->ending &= !c->garbage[i] || c->dies[i];
        c->collected += c->dies[i];
        for (int k = 0; c->dies[i] && k < DEATH_SLOTS; k++)
            c->collected += n->slot[k].tuple != NULL && n->slot[k].candidate;
    }
}

static void
judge_if_due(death_world *w)
{
    death_collection *c = &w->collection;
    if (c->running && !c->judged && c->depth == w->depth)
        judge(w);
}

// Step 1: the callbacks that there are now will be called.
static void
begin_death(death_node *n)
{
    n->ending = true;
    for (int i = 0; i < DEATH_WATCHES; i++)
        n->watch[i].expected |= n->watch[i].weak != NULL;
}

// --- Events --------------------------------------------------------------------------------------

static void
finalize(tn_object *o)
{
    payload *p = tn_payload(o);
    death_world *w = p->world;
    int i = (int)p->number;
    if (i == DEATH_NOBODY)
        return;
    death_node *n = node_of(w, i);
    death_collection *c = &w->collection;
    bool by_count = !n->ending; // a member of a set is ending from the start
    DICE_ASSERT(&w->dice, n->object == o && !n->finalized);
    DICE_ASSERT(&w->dice, by_count ? n->count == 0 : !c->judged && c->to_finalize[i]);
    tn_object *got = n->plain != NULL ? tn_weak_get(n->plain) : NULL;
    DICE_ASSERT(&w->dice, n->plain == NULL || got == o);
    tn_decref(got);
    if (by_count)
        begin_death(n);
    n->finalized = true;
    w->depth++;
    w->act(w, i);
    w->depth--;
    if (by_count && n->count > 0)
        n->ending = false; // lives on
}

static void
clear(tn_object *o)
{
    payload *p = tn_payload(o);
    death_world *w = p->world;
    if (p->number == DEATH_NOBODY)
        return;
    judge_if_due(w);
    death_collection *c = &w->collection;
    death_node *n = node_of(w, (int)p->number);
    DICE_ASSERT(&w->dice, n->object == o && n->finalized);
    DICE_ASSERT(&w->dice, n->count == 0 || (c->running && c->judged && c->dies[p->number]));
    if (!n->ending)
        begin_death(n);
    for (int k = 0; k < DEATH_SLOTS; k++) {
        let_go(w, &n->slot[k]);
        if (n->slot[k].candidate && c->running && c->judged && c->dies[p->number])
            count_off(n->slot[k].mark); // the tuple is of the same set
        n->slot[k] = (death_slot){.count = 0};
    }
    n->object = NULL;
    p->number = DEATH_NOBODY;
}

static void
clear_mark(tn_object *o)
{
    death_mark *m = tn_payload(o);
    judge_if_due(m->world);
    count_off(m);
}

static void
clear_extra(tn_object *o)
{
    payload *p = tn_payload(o);
    TN_CLEAR(p->extra);
}

static void
traverse_extra(tn_object *o, tn_visit *visit, void *arg)
{
    payload *p = tn_payload(o);
    if (p->extra != NULL)
        visit(p->extra, arg);
}

static void
called(tn_object *weak, void *arg)
{
    death_world *w = arg;
    death_watch *found = NULL;
    judge_if_due(w);
    for (int i = 0; i < DEATH_NODES * DEATH_WATCHES; i++) {
        death_watch *watch = &w->nodes[i / DEATH_WATCHES].watch[i % DEATH_WATCHES];
        found = watch->weak == weak ? watch : found;
    }
    DICE_ASSERT(&w->dice, found != NULL && found->expected && !found->fired);
    DICE_ASSERT(&w->dice, tn_weak_get(weak) == NULL);
    found->fired = true;
    w->depth++;
    w->act(w, DEATH_NOBODY);
    w->depth--;
    if (w->collection.running && w->depth == w->collection.depth && tn_refcount(weak) == 1)
        w->collection.collected++; // only the collection still has it
}

static bool
is_candidate(tn_object *o, int generation)
{
    return o != NULL && tn_gc_is_tracked(o) && !tn_gc_is_frozen(o) &&
           tn_gc_generation(o) <= generation;
}

static void
begin_collection(death_world *w, int generation)
{
    death_collection *c = &w->collection;
    DICE_ASSERT(&w->dice, !c->running);
    *c = (death_collection){.running = true, .depth = w->depth};
    for (int i = 0; i < DEATH_NODES; i++) {
        death_node *n = node_of(w, i);
        c->garbage[i] = is_candidate(n->object, generation);
        for (int k = 0; k < DEATH_SLOTS; k++)
            n->slot[k].candidate = is_candidate(n->slot[k].tuple, generation);
    }
    keep_self_sustained(w, c->garbage);
    for (int i = 0; i < DEATH_NODES; i++) {
        c->to_finalize[i] = c->garbage[i] && !node_of(w, i)->finalized;
        if (c->garbage[i])
            begin_death(node_of(w, i));
    }
}

static void
observe(tn_gc_phase phase, const tn_gc_info *info, void *arg)
{
    death_world *w = arg;
    death_collection *c = &w->collection;
    if (phase == TN_GC_START) {
        heap_work_off(w->heap); // as the collection itself does
        begin_collection(w, info->generation);
        return;
    }
    judge_if_due(w);
    DICE_ASSERT(&w->dice, info->collected == c->collected && info->uncollectable == 0);
    c->running = false;
}

// --- The world -----------------------------------------------------------------------------------

void
death_init(death_world *w, tn_heap *heap)
{
    static const char *const slots[] = {"a", "b", "c", NULL};
    size_t own = offsetof(payload, extra) - offsetof(payload, world);
    tn_type_spec base = {.name = "Base", .slots = slots, .native = own, .flags = TN_WEAK};
    base.clear = clear;
    base.finalize = finalize;
    w->heap = heap;
    assert_int_equal(tn_type_register(heap, &base, &w->types[0]), TN_OK);
    tn_type_spec derived = {.name = "Derived", .base = w->types[0], .native = sizeof(tn_object *)};
    derived.traverse = traverse_extra;
    derived.clear = clear_extra;
    assert_int_equal(tn_type_register(heap, &derived, &w->types[1]), TN_OK);
    tn_type_spec mark_spec = {.name = "Mark", .native = sizeof(death_mark), .flags = TN_ACYCLIC};
    mark_spec.clear = clear_mark;
    assert_int_equal(tn_type_register(heap, &mark_spec, &w->mark), TN_OK);
    assert_int_equal(tn_gc_add_callback(heap, observe, w), TN_OK);
    w->map = tn_weakmap_new(heap);
}

// What a dead node left behind.
static void
bury(death_world *w, int node)
{
    death_node *n = node_of(w, node);
    for (int i = 0; i < DEATH_WATCHES; i++)
        death_unwatch(w, node, i);
    TN_CLEAR(n->plain);
    *n = (death_node){.object = NULL};
}

int
death_new(death_world *w, bool derived)
{
    tn_object *o = tn_new(w->heap, w->types[derived]); // may collect, and so change the world
    int i = 0;
    while (i < DEATH_NODES && node_of(w, i)->object != NULL)
        i++;
    payload *p = tn_payload(o);
    p->world = w;
    p->number = DEATH_NOBODY;
    if (i == DEATH_NODES) {
        tn_decref(o);
        return DEATH_NOBODY;
    }
    p->number = i;
    bury(w, i);
    node_of(w, i)->object = o;
    node_of(w, i)->handles = node_of(w, i)->count = 1;
    node_of(w, i)->slots = OWN_SLOTS + derived;
    return i;
}

void
death_guard(death_world *w, int node)
{
    node_of(w, node)->count++;
    tn_incref(node_of(w, node)->object);
}

// The model first: what dies asks it.
void
death_unguard(death_world *w, int node)
{
    node_of(w, node)->count--;
    tn_decref(node_of(w, node)->object);
}

void
death_hold(death_world *w, int node)
{
    node_of(w, node)->handles++;
    death_guard(w, node);
}

void
death_release(death_world *w, int node)
{
    node_of(w, node)->handles--;
    death_unguard(w, node);
}

void
death_pin(death_world *w, int node)
{
    node_of(w, node)->pins++;
    node_of(w, node)->count++;
    DICE_ASSERT(&w->dice, tn_pin(node_of(w, node)->object) == TN_OK);
}

void
death_unpin(death_world *w, int node)
{
    node_of(w, node)->pins--;
    node_of(w, node)->count--;
    tn_unpin(node_of(w, node)->object);
}

static void
put(death_world *w, int node, int k, tn_object *x /* stolen */, death_slot s)
{
    death_collection *c = &w->collection;
    death_node *n = node_of(w, node);
    death_slot former = n->slot[k];
    n->slot[k] = s;
    for (int i = 0; i < s.count; i++)
        node_of(w, s.child[i])->count++;
    let_go(w, &former);
    if (c->running && !c->judged && c->garbage[node] && former.tuple != NULL && former.candidate) {
        c->loose++; // a member, and held by the collector alone
        count_off(former.mark);
    }
    if (k < OWN_SLOTS) {
        tn_slot_set_steal(n->object, (size_t)k, tn_ref(x));
    } else {
        payload *p = tn_payload(n->object);
        tn_object *dropped = p->extra;
        p->extra = x;
        tn_decref(dropped);
    }
}

void
death_link(death_world *w, int node, int slot, int child)
{
    if (child == DEATH_NOBODY)
        put(w, node, slot, NULL, (death_slot){.count = 0});
    else
        put(w, node, slot, tn_incref(node_of(w, child)->object),
            (death_slot){.child = {child}, .count = 1});
}

void
death_link_tuple(death_world *w, int node, int slot, const int *children, int count)
{
    tn_value values[3];
    tn_object *last = tn_new(w->heap, w->mark);
    death_mark *m = tn_payload(last);
    death_slot s = {.count = count, .mark = m};
    m->world = w;
    for (int i = 0; i < count; i++) {
        s.child[i] = m->number[i] = children[i];
        m->child[i] = node_of(w, children[i])->object;
        values[i] = tn_ref(m->child[i]);
    }
    values[count] = tn_ref(last);
    s.tuple = tn_tuple_new(w->heap, values, (size_t)count + 1);
    m->count = count;
    tn_decref(last);
    DICE_ASSERT(&w->dice, tn_gc_is_tracked(s.tuple));
    put(w, node, slot, s.tuple, s);
}

void
death_watch_node(death_world *w, int node, int watch)
{
    death_node *n = node_of(w, node);
    tn_object *weak = NULL;
    death_unwatch(w, node, watch);
    DICE_ASSERT(&w->dice, tn_weak_new_with(n->object, called, w, &weak) == TN_OK);
    n->watch[watch] = (death_watch){.weak = weak};
}

void
death_unwatch(death_world *w, int node, int watch)
{
    tn_object *weak = node_of(w, node)->watch[watch].weak;
    node_of(w, node)->watch[watch] = (death_watch){.weak = NULL};
    tn_decref(weak);
}

// --- Comparing -----------------------------------------------------------------------------------

static void
compare_weak(death_world *w, int node)
{
    death_node *n = node_of(w, node);
    tn_object *got = n->plain != NULL ? tn_weak_get(n->plain) : NULL;
    DICE_ASSERT(&w->dice, n->plain == NULL || got == n->object);
    tn_decref(got);
    tn_object *entry = tn_weakmap_borrow(w->map, tn_int(node));
    DICE_ASSERT(&w->dice, entry == (n->in_map ? n->object : NULL));
    for (int i = 0; i < DEATH_WATCHES; i++) {
        const death_watch *watch = &n->watch[i];
        DICE_ASSERT(&w->dice, watch->weak == NULL || watch->expected == watch->fired);
    }
}

static void
compare_slot(death_world *w, const death_node *n, int k)
{
    const death_slot *s = &n->slot[k];
    tn_object *held = k < OWN_SLOTS ? tn_as_object(tn_slot_borrow(n->object, (size_t)k))
                                    : ((payload *)tn_payload(n->object))->extra;
    if (s->tuple == NULL) {
        tn_object *expected = s->count > 0 ? node_of(w, s->child[0])->object : NULL;
        DICE_ASSERT(&w->dice, held == expected);
        return;
    }
    DICE_ASSERT(&w->dice, held == s->tuple && tn_tuple_len(held) == (size_t)s->count + 1);
    DICE_ASSERT(&w->dice, tn_refcount(held) == 1 && tn_gc_is_tracked(held));
    for (int i = 0; i < s->count; i++)
        DICE_ASSERT(&w->dice, tn_as_object(tn_tuple_borrow(held, (size_t)i)) ==
                                  node_of(w, s->child[i])->object);
}

static void
compare_node(death_world *w, const death_node *n)
{
    DICE_ASSERT(&w->dice, n->count > 0 && tn_refcount(n->object) == (uint32_t)n->count);
    DICE_ASSERT(&w->dice, tn_gc_is_tracked(n->object) && !n->ending);
    DICE_ASSERT(&w->dice, tn_gc_is_finalized(n->object) == n->finalized);
    for (int k = 0; k < n->slots; k++)
        compare_slot(w, n, k);
}

void
death_compare(death_world *w)
{
    size_t alive = 0;
    heap_work_off(w->heap);
    DICE_ASSERT(&w->dice, w->depth == 0 && !w->collection.running);
    for (int i = 0; i < DEATH_NODES; i++) {
        compare_weak(w, i);
        if (node_of(w, i)->object != NULL)
            compare_node(w, node_of(w, i));
        alive += node_of(w, i)->object != NULL;
    }
    DICE_ASSERT(&w->dice,
                heap_instances(w->heap, "Base") + heap_instances(w->heap, "Derived") == alive);
}
