// SPDX-License-Identifier: MIT
//
// Nodes that die whenever the heap says so: see slice_world.h.
#include "slice_world.h"

enum { OWN_SLOTS = 3 };

typedef struct payload {
    tn_value slots[OWN_SLOTS];
    slice_world *world;
    int64_t number;   // SLICE_NOBODY once it died
    tn_object *extra; // of the derived type only
} payload;

// What is frozen still dies by its count.
static bool
is_root(const slice_node *n)
{
    return n->object != NULL && (n->handles > 0 || n->pins > 0 || n->guards > 0 ||
                                 (tn_gc_is_frozen(n->object) && tn_refcount(n->object) > 0));
}

static tn_object *
held_by(const slice_node *n, int k)
{
    const payload *p = tn_payload(n->object);
    return k < OWN_SLOTS ? tn_as_object(p->slots[k]) : p->extra;
}

// --- Reachability --------------------------------------------------------------------------------

static void
reach_from(slice_world *w, int node, bool reached[SLICE_NODES])
{
    int stack[SLICE_NODES], waiting = 0;
    if (!reached[node])
        stack[waiting++] = node;
    reached[node] = true;
    while (waiting > 0) {
        const slice_node *n = &w->nodes[stack[--waiting]];
        for (int k = 0; k < SLICE_EDGES; k++)
            for (int c = 0; c < n->edge[k].count; c++) {
                int child = n->edge[k].child[c];
                if (!reached[child])
                    stack[waiting++] = child;
                reached[child] = true;
            }
    }
}

// A box that is frozen holds what it refers to, also where its holder was resurrected and is not.
static void
reach_from_frozen_boxes(slice_world *w, const slice_node *n, bool reached[SLICE_NODES])
{
    for (int k = 0; n->object != NULL && k < n->edges; k++) {
        const slice_edge *e = &n->edge[k];
        tn_object *box = e->count > 0 && e->box != SLICE_BARE ? held_by(n, k) : NULL;
        bool frozen = box != NULL && tn_gc_is_frozen(box);
        for (int c = 0; frozen && c < e->count; c++)
            reach_from(w, e->child[c], reached);
    }
}

void
slice_reach(slice_world *w)
{
    bool reached[SLICE_NODES] = {false};
    for (int i = 0; i < SLICE_NODES; i++) {
        if (is_root(&w->nodes[i]))
            reach_from(w, i, reached);
        reach_from_frozen_boxes(w, &w->nodes[i], reached);
    }
    for (int i = 0; i < SLICE_NODES; i++) {
        w->nodes[i].reachable = reached[i];
        w->nodes[i].owed &= !reached[i];
        w->nodes[i].was_garbage |= !reached[i];
    }
}

void
slice_owe(slice_world *w)
{
    slice_reach(w);
    for (int i = 0; i < SLICE_NODES; i++)
        w->nodes[i].owed = w->nodes[i].object != NULL && !w->nodes[i].reachable;
}

void
slice_forgive(slice_world *w)
{
    for (int i = 0; i < SLICE_NODES; i++)
        w->nodes[i].owed = false;
}

void
slice_expect_paid(slice_world *w)
{
    for (int i = 0; i < SLICE_NODES; i++)
        DICE_ASSERT(&w->dice, !w->nodes[i].owed);
}

// --- Events --------------------------------------------------------------------------------------

// A finalizer that acts may tie its garbage to something that the collection does not look at.
static void
forgive_around(slice_world *w, int node)
{
    bool reached[SLICE_NODES] = {false};
    reach_from(w, node, reached);
    for (int i = 0; i < SLICE_NODES; i++)
        w->nodes[i].owed &= !reached[i];
}

static void
finalize(tn_object *o)
{
    payload *p = tn_payload(o);
    slice_world *w = p->world;
    int i = (int)p->number;
    if (i == SLICE_NOBODY)
        return;
    slice_reach(w);
    DICE_ASSERT(&w->dice, w->nodes[i].object == o && !w->nodes[i].finalized);
    DICE_ASSERT(&w->dice, w->nodes[i].was_garbage);
    w->nodes[i].finalized = true;
    if (dice_chance(&w->dice, 75))
        return;
    forgive_around(w, i);
    w->depth++;
    w->act(w, i);
    w->depth--;
}

// A box that [edge] held may be held by the collector too, and so last until that ends.
static void
leave_remains(slice_world *w, slice_edge *edge)
{
    for (int c = 0; edge->box != SLICE_BARE && c < edge->count; c++)
        w->nodes[edge->child[c]].remains++;
    *edge = (slice_edge){.count = 0};
}

static void
clear(tn_object *o)
{
    payload *p = tn_payload(o);
    slice_world *w = p->world;
    if (p->number == SLICE_NOBODY)
        return;
    slice_node *n = &w->nodes[p->number];
    slice_reach(w);
    DICE_ASSERT(&w->dice, n->object == o && n->finalized && !n->reachable);
    for (int k = 0; k < SLICE_EDGES; k++)
        leave_remains(w, &n->edge[k]);
    n->object = NULL;
    n->owed = false;
    p->number = SLICE_NOBODY;
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
    slice_world *w = arg;
    int i = 0;
    while (i < SLICE_NODES && w->nodes[i].watched != weak)
        i++;
    DICE_ASSERT(&w->dice, i < SLICE_NODES && !w->nodes[i].called);
    DICE_ASSERT(&w->dice, tn_weak_get(weak) == NULL);
    w->nodes[i].called = true;
    w->depth++;
    w->act(w, SLICE_NOBODY);
    w->depth--;
}

// --- The world -----------------------------------------------------------------------------------

slice_world *
slice_world_new(tn_heap *heap, const char *test)
{
    static const char *const slots[] = {"a", "b", "c", NULL};
    size_t own = offsetof(payload, extra) - offsetof(payload, world);
    tn_type_spec base = {.name = "Base", .slots = slots, .native = own, .flags = TN_WEAK};
    slice_world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->heap = heap;
    dice_init(&w->dice, test);
    base.clear = clear;
    base.finalize = finalize;
    assert_int_equal(tn_type_register(heap, &base, &w->types[0]), TN_OK);
    tn_type_spec derived = {.name = "Derived", .base = w->types[0], .native = sizeof(tn_object *)};
    derived.traverse = traverse_extra;
    derived.clear = clear_extra;
    assert_int_equal(tn_type_register(heap, &derived, &w->types[1]), TN_OK);
    w->map = tn_weakmap_new(heap);
    return w;
}

static void
do_nothing(slice_world *w, int node)
{
}

// What a dead node left behind.
static void
bury(slice_node *n)
{
    tn_object *plain = n->plain, *watched = n->watched;
    *n = (slice_node){.object = NULL};
    tn_decref(plain);
    tn_decref(watched);
}

void
slice_world_free(slice_world *w)
{
    w->act = do_nothing;
    tn_gc_unfreeze(w->heap);
    for (int i = 0; i < SLICE_NODES; i++) {
        while (slice_is_alive(w, i) && w->nodes[i].pins > 0)
            slice_unpin(w, i);
        while (slice_is_alive(w, i) && w->nodes[i].handles > 0)
            slice_release(w, i);
    }
    DICE_ASSERT(&w->dice, tn_gc_collect(w->heap, 2, NULL) == TN_OK);
    DICE_ASSERT(&w->dice, slice_count_alive(w) == 0);
    for (int i = 0; i < SLICE_NODES; i++)
        bury(&w->nodes[i]);
    tn_decref(w->map);
    free(w);
}

bool
slice_is_alive(const slice_world *w, int node)
{
    return node != SLICE_NOBODY && w->nodes[node].object != NULL;
}

int
slice_count_alive(const slice_world *w)
{
    int alive = 0;
    for (int i = 0; i < SLICE_NODES; i++)
        alive += slice_is_alive(w, i);
    return alive;
}

int
slice_new(slice_world *w, bool derived)
{
    tn_object *o = tn_new(w->heap, w->types[derived]); // may collect, and so change the world
    int i = 0;
    while (i < SLICE_NODES && slice_is_alive(w, i))
        i++;
    if (o == NULL)
        return SLICE_NOBODY;
    payload *p = tn_payload(o);
    p->world = w;
    p->number = i < SLICE_NODES ? i : SLICE_NOBODY;
    if (i == SLICE_NODES) {
        tn_decref(o);
        return SLICE_NOBODY;
    }
    bury(&w->nodes[i]);
    w->nodes[i].object = o;
    w->nodes[i].handles = 1;
    w->nodes[i].edges = OWN_SLOTS + derived;
    return i;
}

void
slice_hold_steal(slice_world *w, int node)
{
    w->nodes[node].handles++;
    slice_reach(w);
}

void
slice_hold(slice_world *w, int node)
{
    tn_incref(w->nodes[node].object);
    slice_hold_steal(w, node);
}

// The model first, here and below: what dies asks it.
void
slice_release(slice_world *w, int node)
{
    w->nodes[node].handles--;
    tn_decref(w->nodes[node].object);
}

void
slice_guard(slice_world *w, int node)
{
    w->nodes[node].guards++;
    tn_incref(w->nodes[node].object);
}

void
slice_unguard(slice_world *w, int node)
{
    w->nodes[node].guards--;
    tn_decref(w->nodes[node].object);
}

void
slice_pin(slice_world *w, int node)
{
    w->nodes[node].pins++;
    DICE_ASSERT(&w->dice, tn_pin(w->nodes[node].object) == TN_OK);
}

void
slice_unpin(slice_world *w, int node)
{
    w->nodes[node].pins--;
    tn_unpin(w->nodes[node].object);
}

// --- Edges ---------------------------------------------------------------------------------------

static tn_object *
list_of(slice_world *w, const tn_value *values, int count)
{
    tn_object *list = tn_list_new(w->heap);
    for (int i = 0; list != NULL && i < count; i++)
        if (tn_list_append(list, values[i]) != TN_OK)
            TN_CLEAR(list);
    return list;
}

// What the slot is to hold; NULL for a box that got no memory, or for nothing.
static tn_object *
edge_new(slice_world *w, slice_edge edge)
{
    tn_value values[2];
    for (int c = 0; c < edge.count; c++)
        values[c] = tn_ref(w->nodes[edge.child[c]].object);
    if (edge.count == 0)
        return NULL;
    if (edge.box == SLICE_BARE)
        return tn_incref(tn_as_object(values[0]));
    if (edge.box == SLICE_LIST)
        return list_of(w, values, edge.count);
    return tn_tuple_new(w->heap, values, (size_t)edge.count);
}

static void
put(slice_world *w, int node, int k, tn_object *x /* stolen */, slice_edge edge)
{
    slice_node *n = &w->nodes[node];
    payload *p = tn_payload(n->object);
    leave_remains(w, &n->edge[k]);
    n->edge[k] = edge;
    if (k < OWN_SLOTS) {
        tn_slot_set_steal(n->object, (size_t)k, tn_ref(x));
    } else {
        tn_object *former = p->extra;
        p->extra = x;
        tn_gc_touch(x);
        tn_decref(former);
    }
}

void
slice_link(slice_world *w, int node, int k, slice_edge edge)
{
    tn_object *x = edge_new(w, edge);
    if (x != NULL || edge.count == 0)
        put(w, node, k, x, edge);
}

void
slice_link_steal(slice_world *w, int node, int k, int child)
{
    w->nodes[child].handles--;
    put(w, node, k, w->nodes[child].object, (slice_edge){.child = {child}, .count = 1});
}

// --- Weakness ------------------------------------------------------------------------------------

void
slice_watch(slice_world *w, int node)
{
    slice_node *n = &w->nodes[node];
    if (n->plain == NULL && tn_weak_new(n->object, &n->plain) != TN_OK)
        n->plain = NULL;
    bool dying = n->was_garbage && tn_gc_in_progress(w->heap);
    if (w->depth == 0 && !dying && n->watched == NULL &&
        tn_weak_new_with(n->object, called, w, &n->watched) != TN_OK)
        n->watched = NULL;
    if (!n->in_map)
        n->in_map = tn_weakmap_set(w->map, tn_int(node), n->object) == TN_OK;
}

bool
slice_upgrade(slice_world *w, int node, bool by_map)
{
    slice_node *n = &w->nodes[node];
    if (by_map ? !n->in_map : n->plain == NULL)
        return false;
    slice_reach(w);
    bool resting = w->depth == 0 && !tn_gc_in_progress(w->heap);
    tn_object *got = by_map ? tn_weakmap_get(w->map, tn_int(node)) : tn_weak_get(n->plain);
    DICE_ASSERT(&w->dice, got == NULL || got == n->object);
    DICE_ASSERT(&w->dice, got == n->object || !(n->reachable || resting));
    if (got == NULL)
        return false;
    slice_hold_steal(w, node);
    return true;
}

// --- Checking ------------------------------------------------------------------------------------

static void
check_edge(slice_world *w, const slice_node *n, int k)
{
    const slice_edge *e = &n->edge[k];
    tn_object *held = held_by(n, k);
    uint32_t most = tn_gc_in_progress(w->heap) ? 2 : 1;
    if (e->count == 0 || e->box == SLICE_BARE) {
        DICE_ASSERT(&w->dice, held == (e->count > 0 ? w->nodes[e->child[0]].object : NULL));
        return;
    }
    DICE_ASSERT(&w->dice, held != NULL && tn_refcount(held) <= most);
    for (int c = 0; c < e->count; c++) {
        tn_value v = e->box == SLICE_LIST ? tn_list_borrow(held, (size_t)c)
                                          : tn_tuple_borrow(held, (size_t)c);
        DICE_ASSERT(&w->dice, tn_as_object(v) == w->nodes[e->child[c]].object);
    }
}

// References to each node by the edges of those that are reachable, or of those that are not.
static void
count_references(const slice_world *w, bool reachable, int count[SLICE_NODES])
{
    for (int i = 0; i < SLICE_NODES; i++) {
        const slice_node *n = &w->nodes[i];
        for (int k = 0; n->object != NULL && n->reachable == reachable && k < SLICE_EDGES; k++)
            for (int c = 0; c < n->edge[k].count; c++)
                count[n->edge[k].child[c]]++;
    }
}

// A node that was reached again may have been held by the collector, and its box too.
static void
check_node(slice_world *w, slice_node *n, int least, int unreachable)
{
    bool running = tn_gc_in_progress(w->heap);
    int refs = (int)tn_refcount(n->object);
    if (!running) {
        n->remains = 0;
        n->was_garbage = !n->reachable;
        DICE_ASSERT(&w->dice, refs > 0 && refs == least + unreachable);
        DICE_ASSERT(&w->dice, tn_gc_is_tracked(n->object));
    } else if (n->reachable) {
        DICE_ASSERT(&w->dice, refs >= least && refs <= least + unreachable + n->remains + 1);
    } else {
        return;
    }
    DICE_ASSERT(&w->dice, tn_gc_is_finalized(n->object) == n->finalized);
    for (int k = 0; k < n->edges; k++)
        check_edge(w, n, k);
}

void
slice_check(slice_world *w)
{
    int inside[SLICE_NODES] = {0}, doubtful[SLICE_NODES] = {0};
    if (!tn_gc_in_progress(w->heap))
        heap_work_off(w->heap); // boxes that a drop budget put off hold nodes
    slice_reach(w);
    count_references(w, true, inside);
    count_references(w, false, doubtful);
    DICE_ASSERT(&w->dice, tn_heap_check(w->heap));
    for (int i = 0; i < SLICE_NODES; i++) {
        slice_node *n = &w->nodes[i];
        if (n->object != NULL)
            check_node(w, n, n->handles + n->pins + inside[i], doubtful[i]);
        else if (!tn_gc_in_progress(w->heap))
            DICE_ASSERT(&w->dice, n->watched == NULL || n->called);
    }
}

void
slice_expect_no_garbage(slice_world *w)
{
    slice_check(w);
    for (int i = 0; i < SLICE_NODES; i++)
        DICE_ASSERT(&w->dice, w->nodes[i].reachable == (w->nodes[i].object != NULL));
}
