// SPDX-License-Identifier: MIT
//
// What a random run does to a heap and to its model: see graph_operations.h.
#include "graph_operations.h"

#include "gc/generations.h"

enum { HIGHEST = GRAPH_NODES - 8, STEER = 2000 };

static tn_value
value_of(graph_run *r, int child)
{
    return child == GRAPH_NOTHING ? TN_NONE : tn_ref(graph_run_object(r, child));
}

// --- Operations: nodes and handles -------------------------------------------------------------

static void
give_back(graph_run *r, int i)
{
    tn_decref(graph_run_object(r, i));
    graph_drop(&r->graph, i);
}

static void
drop_handle(graph_run *r)
{
    int i = graph_run_held(r);
    if (i != GRAPH_NOTHING)
        give_back(r, i);
}

static void
take_handle(graph_run *r)
{
    int i = graph_run_wander(r);
    if (i == GRAPH_NOTHING)
        return;
    tn_incref(graph_run_object(r, i));
    graph_hold(&r->graph, i);
}

static tn_object *
object_new(graph_run *r, graph_kind kind)
{
    switch (kind) {
    case GRAPH_LIST:
        return tn_list_new(r->heap);
    case GRAPH_DICT:
        return tn_dict_new(r->heap);
    case GRAPH_MAP:
        return tn_weakmap_new(r->heap);
    default:
        return tn_new(r->heap, r->types[kind]);
    }
}

static int
slots_of(graph_kind kind)
{
    switch (kind) {
    case GRAPH_PLAIN:
    case GRAPH_WEAK:
        return GRAPH_SLOTS;
    case GRAPH_BIG:
        return GRAPH_BIG_SLOTS + 1;
    case GRAPH_ACYCLIC:
        return 1;
    default:
        return 0;
    }
}

static void
make_reference(graph_run *r)
{
    int target = graph_run_wander(r);
    if (target == GRAPH_NOTHING)
        return;
    tn_object *weak = NULL;
    tn_err err = tn_weak_new(graph_run_object(r, target), &weak);
    if (!graph_is_weak_target(graph_run_node(r, target))) {
        DICE_ASSERT(&r->dice, err == TN_ETYPE);
        return;
    }
    DICE_ASSERT(&r->dice, err == TN_OK);
    int shared = graph_find_reference(&r->graph, target);
    if (shared != GRAPH_NOTHING) {
        DICE_ASSERT(&r->dice, weak == graph_run_object(r, shared));
        graph_hold(&r->graph, shared);
        return;
    }
    int i = graph_new(&r->graph, GRAPH_REFERENCE, weak, 0);
    graph_append(&r->graph, i, 0, target);
}

static int
make_kind(graph_run *r, graph_kind kind)
{
    tn_object *o = object_new(r, kind);
    DICE_ASSERT(&r->dice, o != NULL);
    return graph_new(&r->graph, kind, o, slots_of(kind));
}

static void
make_node(graph_run *r)
{
    if (r->graph.live >= r->wanted) {
        drop_handle(r);
        return;
    }
    graph_kind kind = (graph_kind)dice_below(&r->dice, GRAPH_KINDS);
    if (kind == GRAPH_REFERENCE)
        make_reference(r);
    else
        make_kind(r, kind);
}

// --- Operations: links -------------------------------------------------------------------------

static void
store_slot(graph_run *r, int holder, int position, int child)
{
    tn_object *o = graph_run_object(r, holder);
    if (graph_run_node(r, holder)->kind == GRAPH_BIG && position == GRAPH_BIG_SLOTS) {
        graph_big *b = tn_payload(o);
        tn_object *former = b->counted;
        b->counted = child == GRAPH_NOTHING ? NULL : tn_incref(graph_run_object(r, child));
        tn_decref(former);
    } else if (child == GRAPH_NOTHING) {
        tn_slot_set(o, (size_t)position, dice_chance(&r->dice, 50) ? TN_ABSENT : tn_int(position));
    } else {
        tn_slot_set(o, (size_t)position, tn_ref(graph_run_object(r, child)));
    }
    graph_replace(&r->graph, holder, position, child);
}

static void
store_list(graph_run *r, int holder, int child)
{
    tn_object *list = graph_run_object(r, holder);
    int used = graph_run_node(r, holder)->used;
    if (used < GRAPH_LINKS) {
        DICE_ASSERT(&r->dice, tn_list_append(list, value_of(r, child)) == TN_OK);
        graph_append(&r->graph, holder, 0, child);
        return;
    }
    int position = (int)dice_below(&r->dice, GRAPH_LINKS);
    DICE_ASSERT(&r->dice, tn_list_set(list, (size_t)position, value_of(r, child)) == TN_OK);
    graph_replace(&r->graph, holder, position, child);
}

static void
store_under_key(graph_run *r, int holder, int key, int child)
{
    int position = graph_find_key(&r->graph, holder, key);
    if (position != GRAPH_NOTHING)
        graph_replace(&r->graph, holder, position, child);
    else
        graph_append(&r->graph, holder, key, child);
}

// Full nodes take only keys that they already have.
static int
choose_key(graph_run *r, int holder)
{
    const graph_node *node = graph_run_node(r, holder);
    if (node->used == GRAPH_LINKS)
        return node->links[dice_below(&r->dice, GRAPH_LINKS)].key;
    return (int)dice_below(&r->dice, GRAPH_KEYS);
}

static void
store_dict(graph_run *r, int holder, int child)
{
    int key = choose_key(r, holder);
    tn_value k = graph_run_key_new(r, key);
    DICE_ASSERT(&r->dice, tn_dict_set(graph_run_object(r, holder), k, value_of(r, child)) == TN_OK);
    tn_decref_value(k);
    store_under_key(r, holder, key, child);
}

static void
store_map(graph_run *r, int holder, int child)
{
    if (child == GRAPH_NOTHING)
        return;
    int key = choose_key(r, holder);
    tn_value k = graph_run_key_new(r, key);
    tn_err err = tn_weakmap_set(graph_run_object(r, holder), k, graph_run_object(r, child));
    tn_decref_value(k);
    bool allowed = graph_is_weak_target(graph_run_node(r, child));
    DICE_ASSERT(&r->dice, err == (allowed ? TN_OK : TN_ETYPE));
    if (allowed)
        store_under_key(r, holder, key, child);
}

static bool
may_hold(graph_run *r, int holder, int child)
{
    if (child == GRAPH_NOTHING || graph_run_node(r, holder)->kind != GRAPH_ACYCLIC)
        return true;
    const graph_node *c = graph_run_node(r, child);
    return !graph_is_tracked(c) && c->serial < graph_run_node(r, holder)->serial;
}

static void
link_nodes(graph_run *r)
{
    int holder = graph_run_wander(r);
    if (holder == GRAPH_NOTHING)
        return;
    const graph_node *node = graph_run_node(r, holder);
    int child = dice_chance(&r->dice, 85) ? graph_run_wander(r) : GRAPH_NOTHING;
    if (node->kind == GRAPH_LIST)
        store_list(r, holder, child);
    else if (node->kind == GRAPH_DICT)
        store_dict(r, holder, child);
    else if (node->kind == GRAPH_MAP)
        store_map(r, holder, child);
    else if (node->kind != GRAPH_REFERENCE && may_hold(r, holder, child))
        store_slot(r, holder, (int)dice_below(&r->dice, (size_t)node->used), child);
}

// A handle becomes a link, without a count that changes.
static void
steal_link(graph_run *r)
{
    int holder = graph_run_wander(r), child = graph_run_held(r);
    if (holder == GRAPH_NOTHING || !may_hold(r, holder, child))
        return;
    const graph_node *node = graph_run_node(r, holder);
    tn_value v = tn_ref(graph_run_object(r, child));
    int position = (int)dice_below(&r->dice, GRAPH_SLOTS - 1);
    if (node->kind == GRAPH_LIST && node->used < GRAPH_LINKS) {
        DICE_ASSERT(&r->dice, tn_list_append_steal(graph_run_object(r, holder), v) == TN_OK);
        graph_append(&r->graph, holder, 0, child);
    } else if (slots_of(node->kind) > position) {
        tn_slot_set_steal(graph_run_object(r, holder), (size_t)position, v);
        graph_replace(&r->graph, holder, position, child);
    } else {
        return;
    }
    graph_drop(&r->graph, child);
}

static void
unlink_list(graph_run *r, int holder)
{
    tn_object *list = graph_run_object(r, holder);
    int position = (int)dice_below(&r->dice, GRAPH_LINKS);
    tn_err expected = position < graph_run_node(r, holder)->used ? TN_OK : TN_EINDEX;
    if (dice_chance(&r->dice, 50)) {
        DICE_ASSERT(&r->dice, tn_list_delete(list, (size_t)position) == expected);
    } else {
        int child = graph_run_wander(r);
        position = graph_find_child(&r->graph, holder, child);
        expected = position != GRAPH_NOTHING ? TN_OK : TN_EKEY;
        DICE_ASSERT(&r->dice, tn_list_remove(list, value_of(r, child)) == expected);
    }
    if (expected == TN_OK)
        graph_remove(&r->graph, holder, position);
}

static void
unlink_key(graph_run *r, int holder)
{
    int key = (int)dice_below(&r->dice, GRAPH_KEYS);
    int position = graph_find_key(&r->graph, holder, key);
    tn_value k = graph_run_key_new(r, key);
    bool is_dict = graph_run_node(r, holder)->kind == GRAPH_DICT;
    tn_err err = (is_dict ? tn_dict_delete : tn_weakmap_delete)(graph_run_object(r, holder), k);
    tn_decref_value(k);
    DICE_ASSERT(&r->dice, err == (position != GRAPH_NOTHING ? TN_OK : TN_EKEY));
    if (position != GRAPH_NOTHING)
        graph_remove(&r->graph, holder, position);
}

static void
unlink_nodes(graph_run *r)
{
    int holder = graph_run_wander(r);
    if (holder == GRAPH_NOTHING)
        return;
    const graph_node *node = graph_run_node(r, holder);
    if (node->kind == GRAPH_LIST)
        unlink_list(r, holder);
    else if (node->kind == GRAPH_DICT || node->kind == GRAPH_MAP)
        unlink_key(r, holder);
    else if (node->kind != GRAPH_REFERENCE)
        store_slot(r, holder, (int)dice_below(&r->dice, (size_t)node->used), GRAPH_NOTHING);
}

static void
clear_node(graph_run *r)
{
    int holder = graph_run_wander(r);
    if (holder == GRAPH_NOTHING)
        return;
    graph_kind kind = graph_run_node(r, holder)->kind;
    if (kind != GRAPH_LIST && kind != GRAPH_DICT)
        return;
    (kind == GRAPH_LIST ? tn_list_clear : tn_dict_clear)(graph_run_object(r, holder));
    graph_clear(&r->graph, holder);
}

// --- Operations: weakness ----------------------------------------------------------------------

static void
expect_upgrade(graph_run *r, tn_object *found, int target)
{
    DICE_ASSERT(&r->dice, found == graph_run_object(r, target));
    if (found != NULL)
        graph_hold(&r->graph, target);
}

static void
upgrade_reference(graph_run *r)
{
    int i = graph_run_wander_to(r, GRAPH_REFERENCE);
    if (i != GRAPH_NOTHING)
        expect_upgrade(r, tn_weak_get(graph_run_object(r, i)),
                       graph_run_node(r, i)->links[0].child);
}

static void
upgrade_entry(graph_run *r)
{
    int i = graph_run_wander_to(r, GRAPH_MAP);
    if (i == GRAPH_NOTHING)
        return;
    int key = (int)dice_below(&r->dice, GRAPH_KEYS);
    int position = graph_find_key(&r->graph, i, key);
    tn_value k = graph_run_key_new(r, key);
    tn_object *found = tn_weakmap_get(graph_run_object(r, i), k);
    tn_decref_value(k);
    expect_upgrade(r, found,
                   position == GRAPH_NOTHING ? GRAPH_NOTHING
                                             : graph_run_node(r, i)->links[position].child);
}

// --- Operations: the collector -----------------------------------------------------------------

static graph_verdict
model_collect(graph_run *r, int generation)
{
    graph_verdict verdict = graph_collect(&r->graph, generation);
    r->stats[generation].collections++;
    r->stats[generation].collected += verdict.collected;
    r->stats[generation].candidates += verdict.candidates;
    return verdict;
}

static void
collect_generation(graph_run *r, int generation)
{
    tn_gc_result result;
    DICE_ASSERT(&r->dice, tn_gc_collect(r->heap, generation, &result) == TN_OK);
    graph_verdict verdict = model_collect(r, generation);
    DICE_ASSERT(&r->dice, result.candidates == verdict.candidates);
    DICE_ASSERT(&r->dice, result.collected == verdict.collected);
    DICE_ASSERT(&r->dice, result.uncollectable == 0);
    graph_run_compare(r);
}

static void
collect(graph_run *r)
{
    collect_generation(r, (int)dice_below(&r->dice, TN_GENERATIONS));
}

// One of the first allocations of a collection fails, if it makes that many: then it never was.
static void
collect_without_memory(graph_run *r)
{
    int generation = (int)dice_below(&r->dice, TN_GENERATIONS);
    tni_gc_fini((struct tni_gc *)r->heap); // gives the scratch memory back, so that it is needed
    tni_fail_after((struct tni_memory *)r->heap, (long)dice_below(&r->dice, 4));
    tn_err err = tn_gc_collect(r->heap, generation, NULL);
    tni_fail_after((struct tni_memory *)r->heap, -1);
    DICE_ASSERT(&r->dice, err == TN_OK || err == TN_ENOMEM);
    if (err == TN_OK)
        model_collect(r, generation);
    graph_run_compare(r);
}

static void
freeze(graph_run *r)
{
    bool collect_first = dice_chance(&r->dice, 50);
    DICE_ASSERT(&r->dice, tn_gc_freeze(r->heap, collect_first) == TN_OK);
    if (collect_first)
        model_collect(r, 2);
    graph_freeze(&r->graph);
    graph_run_compare(r);
}

static void
unfreeze(graph_run *r)
{
    tn_gc_unfreeze(r->heap);
    graph_unfreeze(&r->graph);
    graph_run_compare(r);
}

static void
thaw_node(graph_run *r, int i)
{
    if (i == GRAPH_NOTHING)
        return;
    tn_gc_thaw(graph_run_object(r, i));
    graph_thaw(&r->graph, i);
}

static void
thaw(graph_run *r)
{
    thaw_node(r, graph_run_wander(r));
}

// What a map only lends loses no reference when it was thawed.
static void
thaw_entry(graph_run *r)
{
    int map = graph_run_wander_to(r, GRAPH_MAP);
    const graph_node *node = map != GRAPH_NOTHING ? graph_run_node(r, map) : NULL;
    if (node != NULL && node->used > 0)
        thaw_node(r, node->links[dice_below(&r->dice, (size_t)node->used)].child);
}

// Two nodes hold each other; one is frozen, the other loses its handle and is looked at. Only what
// unfreezes or thaws the one shows that both are garbage.
static void
freeze_half_of_a_circle(graph_run *r)
{
    if (r->graph.live + 2 > GRAPH_NODES)
        return;
    int frozen = make_kind(r, GRAPH_WEAK), thawed = make_kind(r, GRAPH_WEAK);
    int map = graph_run_wander_to(r, GRAPH_MAP);
    store_slot(r, frozen, 0, thawed);
    store_slot(r, thawed, 0, frozen);
    if (map != GRAPH_NOTHING)
        store_map(r, map, frozen);
    give_back(r, frozen);
    collect_generation(r, 2);
    freeze(r);
    thaw_node(r, thawed);
    give_back(r, thawed);
    collect_generation(r, 2);
}

static void
check(graph_run *r)
{
    DICE_ASSERT(&r->dice, tn_heap_check(r->heap));
}

// --- The run -----------------------------------------------------------------------------------

static const struct {
    size_t weight; // of a thousand
    void (*perform)(graph_run *r);
} operations[] = {
    {221, make_node},
    {40, take_handle},
    {190, drop_handle},
    {350, link_nodes},
    {70, steal_link},
    {40, unlink_nodes},
    {3, clear_node},
    {20, upgrade_reference},
    {20, upgrade_entry},
    {15, collect},
    {3, freeze},
    {2, unfreeze},
    {10, thaw},
    {10, thaw_entry},
    {1, freeze_half_of_a_circle},
    {2, check},
    {3, collect_without_memory},
};

graph_run *
graph_run_start(tn_heap *heap, const char *test)
{
    graph_run *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->heap = heap;
    dice_init(&r->dice, test);
    graph_run_init_types(r);
    return r;
}

void
graph_run_perform(graph_run *r)
{
    if (r->performed++ % STEER == 0)
        r->wanted = 2 + (int)dice_below(&r->dice, HIGHEST);
    size_t roll = dice_below(&r->dice, 1000), i = 0;
    while (roll >= operations[i].weight)
        roll -= operations[i++].weight;
    operations[i].perform(r);
    heap_work_off(r->heap); // the model has no backlog
}

void
graph_run_end(graph_run *r)
{
    while (graph_run_held(r) != GRAPH_NOTHING)
        drop_handle(r);
    unfreeze(r);
    collect_generation(r, 2);
    DICE_ASSERT(&r->dice, r->graph.live == 0);
    free(r);
}
