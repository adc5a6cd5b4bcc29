// SPDX-License-Identifier: MIT
//
// The shapes that a collector may get wrong, each collected from suspects and exhaustively:
// lib/src/gc/probe.c, closure.c, exhaustive.c.
#include "heap_fixture.h"

#include "gc/marks.h"

#include <tenure/containers.h>

typedef tn_err collector(tn_heap *heap, int generation, tn_gc_result *result);

static collector *const collectors[] = {tn_gc_collect, tn_gc_collect_exhaustive};
enum { COLLECTORS = sizeof collectors / sizeof *collectors };

static size_t
collected(collector *collect, tn_heap *heap, int generation)
{
    tn_gc_result result;
    assert_int_equal(collect(heap, generation, &result), TN_OK);
    assert_int_equal(result.uncollectable, 0);
    assert_true(tn_heap_check(heap));
    return result.collected;
}

static tn_type *
node_type(tn_heap *heap)
{
    static const char *const slots[] = {"next", "other", "more", NULL};
    return heap_type(heap, "Node", slots, TN_WEAK);
}

enum { NEXT, OTHER, MORE };

static void
refer(tn_object *from, size_t slot, tn_object *to)
{
    tn_slot_set(from, slot, tn_ref(to));
}

// --- Shapes that one handle keeps and that die as a whole ----------------------------------------

// Returns the handle, and in [count] how many objects there are.
typedef tn_object *builder(tn_heap *heap, tn_type *node, size_t *count);

static tn_object *
build_ring(tn_heap *heap, tn_type *node, size_t *count)
{
    tn_object *first = tn_new(heap, node), *last = first;
    *count = 1000;
    for (size_t i = 1; i < *count; i++) {
        tn_object *next = tn_new(heap, node);
        tn_slot_set_steal(last, NEXT, tn_ref(next));
        last = next;
    }
    refer(last, NEXT, first);
    return first;
}

static tn_object *
build_clique(tn_heap *heap, tn_type *node, size_t *count)
{
    enum { MEMBERS = 100 };
    tn_object *members[MEMBERS];
    *count = MEMBERS;
    for (int i = 0; i < MEMBERS; i++)
        members[i] = tn_list_new(heap);
    for (int i = 0; i < MEMBERS * MEMBERS; i++)
        assert_int_equal(tn_list_append(members[i / MEMBERS], tn_ref(members[i % MEMBERS])), TN_OK);
    for (int i = 1; i < MEMBERS; i++)
        tn_decref(members[i]);
    return members[0];
}

static tn_object *
build_doubly_linked_list(tn_heap *heap, tn_type *node, size_t *count)
{
    tn_object *first = tn_new(heap, node), *last = first;
    *count = support_scaled(1000000);
    for (size_t i = 1; i < *count; i++) {
        tn_object *next = tn_new(heap, node);
        refer(next, OTHER, last);
        tn_slot_set_steal(last, NEXT, tn_ref(next));
        last = next;
    }
    return first;
}

// Breadth first: node i has the children 2 i + 1 and 2 i + 2, and both refer back to it.
static tn_object *
build_tree_with_parents(tn_heap *heap, tn_type *node, size_t *count)
{
    enum { NODES = 1023 };
    tn_object *nodes[NODES];
    *count = NODES;
    for (int i = 0; i < NODES; i++)
        nodes[i] = tn_new(heap, node);
    for (int i = 1; i < NODES; i++) {
        refer(nodes[i], MORE, nodes[(i - 1) / 2]);
        tn_slot_set_steal(nodes[(i - 1) / 2], i % 2 == 1 ? NEXT : OTHER, tn_ref(nodes[i]));
    }
    return nodes[0];
}

static tn_object *
build_many_loops_on_one(tn_heap *heap, tn_type *node, size_t *count)
{
    tn_object *list = tn_list_new(heap);
    *count = 1;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(tn_list_append(list, tn_ref(list)), TN_OK);
    return list;
}

static tn_object *
build_two_rings_that_share_a_node(tn_heap *heap, tn_type *node, size_t *count)
{
    tn_object *shared = tn_new(heap, node), *left = tn_new(heap, node), *right = tn_new(heap, node);
    *count = 3;
    tn_slot_set_steal(shared, NEXT, tn_ref(left));
    tn_slot_set_steal(shared, OTHER, tn_ref(right));
    refer(left, NEXT, shared);
    refer(right, NEXT, shared);
    return shared;
}

static tn_object *
build_tuples_in_a_ring(tn_heap *heap, tn_type *node, size_t *count)
{
    tn_object *list = tn_list_new(heap), *inner = list;
    *count = 101;
    for (size_t i = 1; i < *count; i++) {
        tn_value values[] = {tn_ref(inner), tn_int((int64_t)i)};
        tn_object *tuple = tn_tuple_new(heap, values, 2);
        if (inner != list)
            tn_decref(inner);
        inner = tuple;
    }
    assert_int_equal(tn_list_append_steal(list, tn_ref(inner)), TN_OK);
    return list;
}

static void
live_and_die(builder *build, collector *collect)
{
    void *state;
    size_t count;
    assert_int_equal(heap_fixture_setup(&state), 0);
    tn_heap *heap = heap_fixture_heap(&state);
    tn_object *handle = build(heap, node_type(heap), &count);
    for (int generation = 0; generation < TN_GENERATIONS; generation++)
        assert_int_equal(collected(collect, heap, generation), 0);
    tn_decref(handle);
    assert_int_equal(collected(collect, heap, 2), count);
    assert_int_equal(collected(collect, heap, 2), 0);
    assert_int_equal(heap_fixture_teardown(&state), 0);
}

static void
a_shape_that_one_handle_keeps_dies_as_a_whole_without_it(void **state)
{
    static builder *const builders[] = {
        build_ring,
        build_clique,
        build_doubly_linked_list,
        build_tree_with_parents,
        build_many_loops_on_one,
        build_two_rings_that_share_a_node,
        build_tuples_in_a_ring,
    };
    for (size_t i = 0; i < sizeof builders / sizeof *builders; i++)
        for (int c = 0; c < COLLECTORS; c++)
            live_and_die(builders[i], collectors[c]);
}

// --- Circles and others --------------------------------------------------------------------------

// A circle of two; the caller has a handle on the first.
static tn_object *
make_pair(tn_heap *heap, tn_type *node)
{
    tn_object *first = tn_new(heap, node), *second = tn_new(heap, node);
    refer(second, NEXT, first);
    tn_slot_set_steal(first, NEXT, tn_ref(second));
    return first;
}

static tn_object *
make_hub(tn_heap *heap, tn_type *node)
{
    enum { SPOKES = 1000 };
    tn_object *hub = tn_list_new(heap);
    for (int i = 0; i < SPOKES; i++) {
        tn_object *spoke = tn_new(heap, node);
        refer(spoke, NEXT, hub);
        assert_int_equal(tn_list_append_steal(hub, tn_ref(spoke)), TN_OK);
    }
    return hub;
}

static void
drop_hub(collector *collect, tn_heap *heap, tn_object *hub)
{
    size_t count = tn_list_len(hub) + 1;
    tn_decref(hub);
    assert_int_equal(collected(collect, heap, 2), count);
}

static void
a_dead_circle_that_refers_to_a_live_hub_dies_alone(tn_heap *heap, tn_type *node, collector *collect)
{
    tn_object *hub = make_hub(heap, node), *pair = make_pair(heap, node);
    refer(pair, OTHER, hub);
    tn_decref(pair);
    assert_int_equal(collected(collect, heap, 2), 2);
    drop_hub(collect, heap, hub);
}

static void
a_circle_that_a_live_hub_refers_to_stays_until_that_lets_go(tn_heap *heap, tn_type *node,
                                                            collector *collect)
{
    tn_object *hub = make_hub(heap, node), *pair = make_pair(heap, node);
    assert_int_equal(tn_list_append_steal(hub, tn_ref(pair)), TN_OK);
    assert_int_equal(collected(collect, heap, 2), 0);
    assert_int_equal(tn_list_delete(hub, tn_list_len(hub) - 1), TN_OK);
    assert_int_equal(collected(collect, heap, 2), 2);
    drop_hub(collect, heap, hub);
}

static void
a_circle_across_generations_waits_for_the_oldest(tn_heap *heap, tn_type *node, collector *collect)
{
    tn_object *objects[TN_GENERATIONS];
    objects[2] = tn_new(heap, node);
    collected(collect, heap, 2);
    objects[1] = tn_new(heap, node);
    collected(collect, heap, 0);
    objects[0] = tn_new(heap, node);
    for (int g = 0; g < TN_GENERATIONS; g++) {
        assert_int_equal(tn_gc_generation(objects[g]), g);
        refer(objects[g], NEXT, objects[(g + 1) % TN_GENERATIONS]);
    }
    for (int g = 0; g < TN_GENERATIONS; g++)
        tn_decref(objects[g]);
    assert_int_equal(collected(collect, heap, 0), 0);
    assert_int_equal(collected(collect, heap, 1), 0);
    assert_int_equal(collected(collect, heap, 2), 3);
}

static void
a_leaf_between_two_dead_circles_dies_with_the_second(tn_heap *heap, tn_type *node,
                                                     collector *collect)
{
    static const char *const slots[] = {"value", NULL};
    tn_object *leaf = tn_new(heap, heap_type(heap, "Leaf", slots, TN_ACYCLIC));
    tn_object *first = make_pair(heap, node), *second = make_pair(heap, node);
    refer(first, OTHER, leaf);
    refer(second, OTHER, leaf);
    tn_decref(leaf);
    tn_decref(first);
    assert_int_equal(collected(collect, heap, 2), 2);
    assert_int_equal(heap_instances(heap, "Leaf"), 1);
    tn_decref(second);
    assert_int_equal(collected(collect, heap, 2), 2);
    assert_int_equal(heap_instances(heap, "Leaf"), 0);
}

static void
a_circle_through_a_weak_reference_is_none(tn_heap *heap, tn_type *node, collector *collect)
{
    tn_object *first = tn_new(heap, node), *second = tn_new(heap, node), *weak = NULL;
    assert_int_equal(tn_weak_new(first, &weak), TN_OK);
    tn_slot_set_steal(second, NEXT, tn_ref(weak));
    tn_slot_set_steal(first, NEXT, tn_ref(second));
    tn_decref(first);
    assert_int_equal(heap_instances(heap, "Node"), 0);
    assert_int_equal(collected(collect, heap, 2), 0);
}

static void
a_circle_through_a_frozen_object_waits_for_its_thaw(tn_heap *heap, tn_type *node,
                                                    collector *collect)
{
    for (int round = 0; round < 2; round++) {
        tn_object *pair = make_pair(heap, node), *map = tn_weakmap_new(heap);
        assert_int_equal(tn_weakmap_set(map, tn_int(1), pair), TN_OK);
        assert_int_equal(tn_gc_freeze(heap, false), TN_OK);
        tn_gc_thaw(tn_as_object(tn_slot_borrow(pair, NEXT)));
        tn_decref(pair);
        assert_int_equal(collected(collect, heap, 2), 0);
        if (round == 0)
            tn_gc_unfreeze(heap);
        else
            tn_gc_thaw(tn_weakmap_borrow(map, tn_int(1)));
        assert_int_equal(collected(collect, heap, 2), 2);
        tn_decref(map);
    }
}

// Each ring alone captures only a part of what it reaches.
static void
what_two_dead_rings_hold_together_dies_with_the_second(tn_heap *heap, tn_type *node,
                                                       collector *collect)
{
    for (int both = 0; both < 2; both++) {
        tn_object *left = make_pair(heap, node), *right = make_pair(heap, node);
        tn_object *shared = make_pair(heap, node);
        refer(left, OTHER, shared);
        refer(right, OTHER, shared);
        tn_decref(shared);
        assert_int_equal(collected(collect, heap, 2), 0);
        tn_decref(left);
        if (both == 0)
            assert_int_equal(collected(collect, heap, 2), 2);
        tn_decref(right);
        assert_int_equal(collected(collect, heap, 2), both == 0 ? 4 : 6);
    }
}

// --- More references than a mark can count -------------------------------------------------------

enum { MANY = TNI_MARK_FULL + 10 };

// Holds [child] MANY times.
typedef struct crowd {
    tn_object *child;
} crowd;

static void
crowd_traverse(tn_object *o, tn_visit *visit, void *arg)
{
    const crowd *c = tn_payload(o);
    for (int i = 0; c->child != NULL && i < MANY; i++)
        visit(c->child, arg);
}

static void
crowd_clear(tn_object *o)
{
    crowd *c = tn_payload(o);
    if (c->child != NULL)
        c->child->refs -= MANY - 1;
    TN_CLEAR(c->child);
}

static tn_object *
make_crowd(tn_heap *heap, tn_object *child)
{
    tn_type_spec spec = {.name = "Crowd", .native = sizeof(crowd)};
    spec.traverse = crowd_traverse;
    spec.clear = crowd_clear;
    tn_type *type = NULL;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    tn_object *o = tn_new(heap, type);
    ((crowd *)tn_payload(o))->child = child;
    child->refs += MANY;
    return o;
}

// Nobody knows any more whether somebody else holds it, so it counts as held, with what it reaches;
// as garbage it stays until its count shows it.
static void
what_too_many_hold_to_be_counted_stays_with_all_it_reaches(tn_heap *heap, tn_type *node,
                                                           collector *collect)
{
    tn_object *pair = make_pair(heap, node), *many = make_crowd(heap, pair);
    tn_slot_set(tn_as_object(tn_slot_borrow(pair, NEXT)), MORE, tn_int(7));
    tn_gc_touch(pair);
    for (int held = 1; held >= 0; held--) {
        assert_int_equal(collected(collect, heap, 2), 0);
        tn_object *second = tn_as_object(tn_slot_borrow(pair, NEXT));
        assert_int_equal(tn_as_int(tn_slot_borrow(second, MORE)), 7);
        if (held == 1)
            tn_decref(pair);
    }
    tn_decref(many);
    assert_int_equal(collected(collect, heap, 2), 2);
}

// --- The tests -----------------------------------------------------------------------------------

typedef void scene(tn_heap *heap, tn_type *node, collector *collect);

#define SCENE(name)                                                                                \
    {                                                                                              \
#name, play, NULL, NULL, &(scene *)                                                        \
        {                                                                                          \
            name                                                                                   \
        }                                                                                          \
    }

static void
play(void **state)
{
    scene *const *act = *state;
    for (int c = 0; c < COLLECTORS; c++) {
        void *fixture;
        assert_int_equal(heap_fixture_setup(&fixture), 0);
        tn_heap *heap = heap_fixture_heap(&fixture);
        (*act)(heap, node_type(heap), collectors[c]);
        assert_int_equal(heap_fixture_teardown(&fixture), 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shape_that_one_handle_keeps_dies_as_a_whole_without_it),
        SCENE(a_dead_circle_that_refers_to_a_live_hub_dies_alone),
        SCENE(a_circle_that_a_live_hub_refers_to_stays_until_that_lets_go),
        SCENE(a_circle_across_generations_waits_for_the_oldest),
        SCENE(a_leaf_between_two_dead_circles_dies_with_the_second),
        SCENE(a_circle_through_a_weak_reference_is_none),
        SCENE(a_circle_through_a_frozen_object_waits_for_its_thaw),
        SCENE(what_two_dead_rings_hold_together_dies_with_the_second),
        SCENE(what_too_many_hold_to_be_counted_stays_with_all_it_reaches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
