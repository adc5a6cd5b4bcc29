// SPDX-License-Identifier: MIT
//
// A heap and its brute-force model side by side: see graph_run.h.
#include "graph_run.h"

enum { BIG_NATIVE = 440 };

// --- Types -------------------------------------------------------------------------------------

static void
big_traverse(tn_object *o, tn_visit *visit, void *arg)
{
    graph_big *b = tn_payload(o);
    if (b->counted != NULL)
        visit(b->counted, arg);
}

static void
big_clear(tn_object *o)
{
    graph_big *b = tn_payload(o);
    TN_CLEAR(b->counted);
}

void
graph_run_init_types(graph_run *r)
{
    static const char *const names[] = {"a", "b", "c", NULL};
    static const char *const two[] = {"a", "b", NULL};
    static const char *const one[] = {"a", NULL};
    tn_type_spec spec = {.name = "big", .slots = two, .native = BIG_NATIVE, .flags = TN_WEAK};
    spec.traverse = big_traverse;
    spec.clear = big_clear;
    r->types[GRAPH_PLAIN] = heap_type(r->heap, "plain", names, 0);
    r->types[GRAPH_WEAK] = heap_type(r->heap, "weak", names, TN_WEAK);
    r->types[GRAPH_ACYCLIC] = heap_type(r->heap, "acyclic", one, TN_WEAK | TN_ACYCLIC);
    assert_int_equal(tn_type_register(r->heap, &spec, &r->types[GRAPH_BIG]), TN_OK);
}

// --- Choosing ----------------------------------------------------------------------------------

graph_node *
graph_run_node(graph_run *r, int i)
{
    return &r->graph.nodes[i];
}

tn_object *
graph_run_object(graph_run *r, int i)
{
    return i == GRAPH_NOTHING ? NULL : r->graph.nodes[i].object;
}

int
graph_run_held(graph_run *r)
{
    int start = (int)dice_below(&r->dice, GRAPH_NODES);
    for (int i = 0; i < GRAPH_NODES; i++) {
        int candidate = (start + i) % GRAPH_NODES;
        if (graph_run_node(r, candidate)->live && graph_run_node(r, candidate)->handles > 0)
            return candidate;
    }
    return GRAPH_NOTHING;
}

int
graph_run_wander(graph_run *r)
{
    int here = graph_run_held(r);
    for (size_t steps = dice_below(&r->dice, 8); here != GRAPH_NOTHING && steps > 0; steps--) {
        const graph_node *node = graph_run_node(r, here);
        bool counts = node->kind != GRAPH_REFERENCE && node->kind != GRAPH_MAP;
        if (!counts || node->used == 0)
            break;
        int next = node->links[dice_below(&r->dice, (size_t)node->used)].child;
        here = next == GRAPH_NOTHING ? here : next;
    }
    return here;
}

int
graph_run_wander_to(graph_run *r, graph_kind kind)
{
    for (int attempts = 0; attempts < 8; attempts++) {
        int i = graph_run_wander(r);
        if (i != GRAPH_NOTHING && graph_run_node(r, i)->kind == kind)
            return i;
    }
    return GRAPH_NOTHING;
}

tn_value
graph_run_key_new(graph_run *r, int key)
{
    char text[16];
    if (key % 2 == 0)
        return tn_int(key);
    snprintf(text, sizeof text, "k%d", key);
    return tn_ref(heap_str(r->heap, text));
}

// --- Comparing ---------------------------------------------------------------------------------

static void
compare_sequence(graph_run *r, int i)
{
    const graph_node *node = graph_run_node(r, i);
    bool is_list = node->kind == GRAPH_LIST;
    for (int position = 0; position < node->used; position++) {
        size_t p = (size_t)position;
        tn_object *expected = graph_run_object(r, node->links[position].child);
        if (node->kind == GRAPH_BIG && position == GRAPH_BIG_SLOTS)
            DICE_ASSERT(&r->dice, ((graph_big *)tn_payload(node->object))->counted == expected);
        else if (is_list)
            DICE_ASSERT(&r->dice, tn_as_object(tn_list_borrow(node->object, p)) == expected);
        else
            DICE_ASSERT(&r->dice, tn_as_object(tn_slot_borrow(node->object, p)) == expected);
    }
    DICE_ASSERT(&r->dice, !is_list || tn_list_len(node->object) == (size_t)node->used);
}

static void
compare_dict(graph_run *r, int i)
{
    const graph_node *node = graph_run_node(r, i);
    size_t cursor = 0;
    tn_value key, value;
    for (int position = 0; position < node->used; position++) {
        DICE_ASSERT(&r->dice, tn_dict_next(node->object, &cursor, &key, &value));
        DICE_ASSERT(&r->dice,
                    tn_as_object(value) == graph_run_object(r, node->links[position].child));
        DICE_ASSERT(&r->dice, tn_is_int(key) == (node->links[position].key % 2 == 0));
    }
    DICE_ASSERT(&r->dice, !tn_dict_next(node->object, &cursor, &key, &value));
    DICE_ASSERT(&r->dice, tn_dict_len(node->object) == (size_t)node->used);
}

static void
compare_map(graph_run *r, int i)
{
    const graph_node *node = graph_run_node(r, i);
    DICE_ASSERT(&r->dice, tn_weakmap_len(node->object) == (size_t)node->used);
    for (int position = 0; position < node->used; position++) {
        tn_value k = graph_run_key_new(r, node->links[position].key);
        tn_object *found = tn_weakmap_borrow(node->object, k);
        DICE_ASSERT(&r->dice, found == graph_run_object(r, node->links[position].child));
        tn_decref_value(k);
    }
}

static void
compare_reference(graph_run *r, int i)
{
    const graph_node *node = graph_run_node(r, i);
    tn_object *target = tn_weak_get(node->object);
    DICE_ASSERT(&r->dice, target == graph_run_object(r, node->links[0].child));
    tn_decref(target);
}

static void
compare_node(graph_run *r, int i)
{
    const graph_node *node = graph_run_node(r, i);
    DICE_ASSERT(&r->dice, tn_refcount(node->object) == (uint32_t)node->count);
    DICE_ASSERT(&r->dice, tn_gc_is_tracked(node->object) == graph_is_tracked(node));
    DICE_ASSERT(&r->dice, tn_gc_is_frozen(node->object) == node->frozen);
    DICE_ASSERT(&r->dice, tn_gc_generation(node->object) == node->generation);
    if (node->kind == GRAPH_DICT)
        compare_dict(r, i);
    else if (node->kind == GRAPH_MAP)
        compare_map(r, i);
    else if (node->kind == GRAPH_REFERENCE)
        compare_reference(r, i);
    else
        compare_sequence(r, i);
}

// Live instances of all types, so that nothing lives that the model does not know.
static void
compare_instances(graph_run *r)
{
    tn_usage rows[32];
    size_t types = tn_usage_get(r->heap, rows, 32), objects = 0, strings = 0;
    for (size_t i = 0; i < types; i++)
        objects += rows[i].objects;
    for (int i = 0; i < GRAPH_NODES; i++) {
        const graph_node *node = graph_run_node(r, i);
        bool has_keys = node->live && (node->kind == GRAPH_DICT || node->kind == GRAPH_MAP);
        for (int position = 0; has_keys && position < node->used; position++)
            strings += node->links[position].key % 2 == 1;
    }
    DICE_ASSERT(&r->dice, objects == (size_t)r->graph.live + strings);
}

static void
compare_population(graph_run *r)
{
    tn_gc_population expected = {.frozen = 0}, population;
    for (int i = 0; i < GRAPH_NODES; i++) {
        const graph_node *node = graph_run_node(r, i);
        if (node->live && node->frozen)
            expected.frozen++;
        else if (node->live && graph_is_tracked(node))
            expected.generation[node->generation]++;
    }
    tn_gc_get_population(r->heap, &population);
    DICE_ASSERT(&r->dice, population.frozen == expected.frozen);
    for (int g = 0; g < TN_GENERATIONS; g++)
        DICE_ASSERT(&r->dice, population.generation[g] == expected.generation[g]);
}

static void
compare_stats(graph_run *r)
{
    tn_gc_stats stats[TN_GENERATIONS];
    tn_gc_get_stats(r->heap, stats);
    for (int g = 0; g < TN_GENERATIONS; g++) {
        DICE_ASSERT(&r->dice, stats[g].collections == r->stats[g].collections);
        DICE_ASSERT(&r->dice, stats[g].collected == r->stats[g].collected);
        DICE_ASSERT(&r->dice, stats[g].candidates == r->stats[g].candidates);
    }
}

static void
compare_counters(graph_run *r)
{
    size_t count[TN_GENERATIONS];
    tn_gc_get_count(r->heap, count);
    for (int g = 0; g < TN_GENERATIONS; g++)
        DICE_ASSERT(&r->dice, count[g] == r->graph.count[g]);
}

void
graph_run_compare(graph_run *r)
{
    heap_work_off(r->heap);
    for (int i = 0; i < GRAPH_NODES; i++) {
        if (graph_run_node(r, i)->live)
            compare_node(r, i);
    }
    compare_instances(r);
    compare_population(r);
    compare_stats(r);
    compare_counters(r);
}
