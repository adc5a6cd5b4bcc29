// SPDX-License-Identifier: MIT
//
// Random operations on a heap and on a brute-force model of it, which must agree after each
// collection: counts returned, live objects, generations, weak references, contents.
//
// TN_OPERATIONS sets the number of operations, TN_SEED replays a run.
#include "graph_run.h"

enum { HIGHEST = GRAPH_NODES - 8 };

static tn_value
value_of(graph_run *r, int child)
{
    return child == GRAPH_NOTHING ? TN_NONE : tn_ref(graph_run_object(r, child));
}

// --- Operations: nodes and handles -------------------------------------------------------------

static void
drop_handle(graph_run *r)
{
    int i = graph_run_held(r);
    if (i == GRAPH_NOTHING)
        return;
    tn_decref(graph_run_object(r, i));
    graph_drop(&r->graph, i);
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

static void
make_node(graph_run *r)
{
    if (r->graph.live >= r->wanted) {
        drop_handle(r);
        return;
    }
    graph_kind kind = (graph_kind)dice_below(&r->dice, GRAPH_KINDS);
    if (kind == GRAPH_REFERENCE) {
        make_reference(r);
        return;
    }
    tn_object *o = object_new(r, kind);
    DICE_ASSERT(&r->dice, o != NULL);
    graph_new(&r->graph, kind, o, slots_of(kind));
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
thaw(graph_run *r)
{
    int i = graph_run_wander(r);
    if (i == GRAPH_NOTHING)
        return;
    tn_gc_thaw(graph_run_object(r, i));
    graph_thaw(&r->graph, i);
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
    {240, make_node},    {40, take_handle},  {190, drop_handle}, {350, link_nodes},
    {70, steal_link},    {40, unlink_nodes}, {3, clear_node},    {20, upgrade_reference},
    {20, upgrade_entry}, {17, collect},      {2, freeze},        {2, unfreeze},
    {4, thaw},           {2, check},
};

static void
perform_one(graph_run *r)
{
    size_t roll = dice_below(&r->dice, 1000), i = 0;
    while (roll >= operations[i].weight)
        roll -= operations[i++].weight;
    operations[i].perform(r);
}

static void
free_everything(graph_run *r)
{
    while (graph_run_held(r) != GRAPH_NOTHING)
        drop_handle(r);
    unfreeze(r);
    collect_generation(r, 2);
    DICE_ASSERT(&r->dice, r->graph.live == 0);
}

static void
any_sequence_of_operations_leaves_what_brute_force_leaves(void **state)
{
    enum { DEFAULT = 100000, STEER = 2000 };
    size_t total = support_number("TN_OPERATIONS", support_scaled(DEFAULT));
    graph_run *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->heap = heap_fixture_heap(state);
    dice_init(&r->dice, "random_graph");
    graph_run_init_types(r);
    for (size_t operation = 0; operation < total; operation++) {
        if (operation % STEER == 0)
            r->wanted = 2 + (int)dice_below(&r->dice, HIGHEST);
        perform_one(r);
    }
    free_everything(r);
    free(r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(any_sequence_of_operations_leaves_what_brute_force_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
