// SPDX-License-Identifier: MIT
//
// The drop budget: what one drop destroys, what it puts off, and when that is worked off. The
// section "The drop budget" in lib/docs/objects.md.
#include "heap_fixture.h"

#include <tenure/containers.h>

enum { BUDGET = 256, SLOTS = 50, FEW = 8 };

static const size_t million = 1000000;

static tn_type *
node_type(tn_heap *heap)
{
    static const char *const slots[] = {"left", "right", NULL};
    return heap_type(heap, "Node", slots, 0);
}

// SLOTS slots, named s0, s1 and so on.
static tn_type *
wide_type(tn_heap *heap)
{
    static char names[SLOTS][16];
    static const char *slots[SLOTS + 1];
    for (int i = 0; i < SLOTS; i++) {
        snprintf(names[i], sizeof names[i], "s%d", i);
        slots[i] = names[i];
    }
    return heap_type(heap, "Wide", slots, 0);
}

static size_t
count_objects(const tn_heap *heap)
{
    tn_usage rows[16];
    size_t count = tn_usage_get(heap, rows, 16), objects = 0;
    for (size_t i = 0; i < count; i++)
        objects += rows[i].objects;
    return objects;
}

// --- Shapes of a million ---------------------------------------------------------------------

static tn_object *
make_chain(tn_heap *heap, size_t count)
{
    tn_type *node = node_type(heap);
    tn_object *first = NULL;
    for (size_t i = 0; i < count; i++) {
        tn_object *o = tn_new(heap, node);
        tn_slot_set_steal(o, 0, tn_ref(first));
        first = o;
    }
    return first;
}

// Nodes are numbered from 1; the children of i are 2i and 2i + 1.
static tn_object *
make_tree(tn_heap *heap, size_t count)
{
    tn_type *node = node_type(heap);
    tn_object **nodes = calloc(2 * count + 2, sizeof *nodes);
    assert_non_null(nodes);
    for (size_t i = count; i > 0; i--) {
        nodes[i] = tn_new(heap, node);
        tn_slot_set_steal(nodes[i], 0, tn_ref(nodes[2 * i]));
        tn_slot_set_steal(nodes[i], 1, tn_ref(nodes[2 * i + 1]));
    }
    tn_object *root = nodes[1];
    free(nodes);
    return root;
}

static tn_object *
make_list(tn_heap *heap, size_t count)
{
    tn_object *list = tn_list_new(heap);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(tn_list_append_steal(list, tn_ref(tn_float_new(heap, 0.5))), TN_OK);
    return list;
}

static tn_object *
make_tuple(tn_heap *heap, size_t count)
{
    tn_value *items = calloc(count, sizeof *items);
    assert_non_null(items);
    for (size_t i = 0; i < count; i++)
        items[i] = tn_ref(tn_float_new(heap, 0.5));
    tn_object *tuple = tn_tuple_new(heap, items, count);
    for (size_t i = 0; i < count; i++)
        tn_decref_value(items[i]);
    free(items);
    return tuple;
}

static tn_object *
make_dict(tn_heap *heap, size_t count)
{
    tn_object *dict = tn_dict_new(heap);
    for (size_t i = 0; i < count; i++) {
        tn_value v = tn_ref(tn_float_new(heap, 0.5));
        assert_int_equal(tn_dict_set(dict, tn_int((int64_t)i), v), TN_OK);
        tn_decref_value(v);
    }
    return dict;
}

typedef tn_object *make_shape(tn_heap *heap, size_t count);

static make_shape *const shapes[] = {make_chain, make_tree, make_list, make_tuple, make_dict};

enum { SHAPES = sizeof shapes / sizeof *shapes };

// --- Not more than the budget ----------------------------------------------------------------

// Makes and drops one float of 24 bytes; returns how many other objects that destroyed.
static size_t
make_one(tn_heap *heap)
{
    size_t before = count_objects(heap);
    tn_value v = tn_ref(tn_float_new(heap, 1.5));
    tn_decref_value(v);
    return before - count_objects(heap);
}

static void
drop_and_work_off(tn_heap *heap, make_shape *shape)
{
    size_t count = support_scaled(million), calls = 0;
    tn_object *o = shape(heap, count);
    size_t before = count_objects(heap);
    tn_set_drop_budget(heap, BUDGET);
    tn_decref(o);
    assert_in_range(before - count_objects(heap), 1, BUDGET);
    while (count_objects(heap) > 0) {
        assert_in_range(make_one(heap), 0, 2);
        assert_in_range(++calls, 1, count);
    }
    assert_int_equal(heap_current(heap), 0);
    assert_true(tn_heap_check(heap));
}

static void
no_call_destroys_more_of_a_million_than_the_budget(void **state)
{
    for (int i = 0; i < SHAPES; i++) {
        tn_heap *heap = tn_heap_new(NULL);
        drop_and_work_off(heap, shapes[i]);
        assert_int_equal(tn_heap_free(heap), 0);
    }
}

static void
an_object_of_n_bytes_pays_for_two_and_one_more_for_each_64(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *wide = wide_type(heap);
    tn_object *chain = make_chain(heap, 10 * BUDGET);
    tn_set_drop_budget(heap, 1);
    tn_decref(chain);
    size_t before = heap_instances(heap, "Node");
    assert_int_equal(before, 10 * BUDGET - 1);
    tn_object *o = tn_new(heap, wide);
    size_t expected = 2 + tn_sizeof(o) / 64;
    assert_int_equal(before - heap_instances(heap, "Node"), expected);
    tn_decref(o);
}

// Dropping what others hold too is work although nothing dies.
static void
a_list_whose_items_live_on_is_dropped_in_parts(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap), *item = tn_list_new(heap);
    for (int i = 0; i < 10 * BUDGET; i++)
        assert_int_equal(tn_list_append(list, tn_ref(item)), TN_OK);
    tn_set_drop_budget(heap, BUDGET);
    tn_decref(list);
    assert_int_equal(tn_refcount(item), 1 + 9 * BUDGET);
    assert_true(tn_heap_check(heap));
    tn_set_drop_budget(heap, 0);
    assert_int_equal(tn_refcount(item), 1);
    tn_decref(item);
}

static void
a_budget_of_one_makes_headway(void **state)
{
    for (int i = 0; i < SHAPES; i++) {
        tn_heap *heap = tn_heap_new(NULL);
        tn_object *o = shapes[i](heap, 10 * BUDGET);
        tn_set_drop_budget(heap, 1);
        tn_decref(o);
        for (size_t calls = 0; count_objects(heap) > 0; calls++) {
            assert_in_range(calls, 0, 10 * BUDGET);
            make_one(heap);
        }
        assert_int_equal(tn_heap_free(heap), 0);
    }
}

// --- A wide object, and who looks at its children --------------------------------------------

// A wide object that holds the only references to SLOTS new objects of [type].
static tn_object *
make_wide(tn_heap *heap, tn_type *type)
{
    tn_object *wide = tn_new(heap, wide_type(heap));
    for (size_t i = 0; i < SLOTS; i++)
        tn_slot_set_steal(wide, i, tn_ref(tn_new(heap, type)));
    return wide;
}

static tn_object *
child_of(const tn_object *wide, size_t i)
{
    return tn_as_object(tn_slot_borrow(wide, i));
}

static void
weak_references_and_maps_forget_at_once_what_waits(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *wide = make_wide(heap, heap_type(heap, "Seen", NULL, TN_WEAK));
    tn_object *map = tn_weakmap_new(heap), *weak[SLOTS];
    for (size_t i = 0; i < SLOTS; i++) {
        assert_int_equal(tn_weak_new(child_of(wide, i), &weak[i]), TN_OK);
        assert_int_equal(tn_weakmap_set(map, tn_int((int64_t)i), child_of(wide, i)), TN_OK);
    }
    tn_set_drop_budget(heap, FEW);
    tn_decref(wide);
    assert_int_equal(heap_instances(heap, "Seen"), SLOTS - FEW + 1);
    assert_int_equal(tn_weakmap_len(map), 0);
    for (size_t i = 0; i < SLOTS; i++) {
        assert_null(tn_weak_get(weak[i]));
        assert_null(tn_weakmap_borrow(map, tn_int((int64_t)i)));
        tn_decref(weak[i]);
    }
    assert_true(tn_heap_check(heap));
    tn_decref(map);
}

static int finalized, called;

static void
count_finalized(tn_object *o)
{
    finalized++;
}

static void
count_called(tn_object *weak, void *arg)
{
    called++;
}

static void
finalizers_do_not_wait(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type_spec spec = {.name = "Finalized", .finalize = count_finalized};
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    tn_object *wide = make_wide(heap, type);
    tn_set_drop_budget(heap, FEW);
    finalized = 0;
    tn_decref(wide);
    assert_int_equal(finalized, SLOTS);
    assert_int_equal(count_objects(heap), 0);
}

static void
callbacks_do_not_wait(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *wide = make_wide(heap, heap_type(heap, "Seen", NULL, TN_WEAK)), *weak[SLOTS];
    for (size_t i = 0; i < SLOTS; i++)
        assert_int_equal(tn_weak_new_with(child_of(wide, i), count_called, NULL, &weak[i]), TN_OK);
    tn_set_drop_budget(heap, FEW);
    called = 0;
    tn_decref(wide);
    assert_int_equal(called, SLOTS);
    assert_int_equal(heap_instances(heap, "Seen"), 0);
    for (size_t i = 0; i < SLOTS; i++)
        tn_decref(weak[i]);
}

static tn_object *held_by_finalizer;

static void
drop_held(tn_object *o)
{
    TN_CLEAR(held_by_finalizer);
}

static void
what_a_finalizer_drops_is_of_the_same_budget(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type_spec spec = {.name = "Dropper", .finalize = drop_held};
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    tn_object *o = tn_new(heap, type);
    held_by_finalizer = make_chain(heap, 10 * BUDGET);
    tn_set_drop_budget(heap, BUDGET);
    tn_decref(o);
    assert_int_equal(heap_instances(heap, "Node"), 9 * BUDGET + 1);
    assert_true(tn_heap_check(heap));
}

// --- When everything that waits is destroyed -------------------------------------------------

// Drops a chain, of which most waits, and counts it as in use.
static void
put_off_a_chain(tn_heap *heap)
{
    tn_set_drop_budget(heap, 0);
    tn_object *chain = make_chain(heap, 10 * BUDGET);
    size_t before = heap_current(heap);
    size_t size = tn_sizeof(chain);
    tn_set_drop_budget(heap, BUDGET);
    tn_decref(chain);
    assert_int_equal(heap_current(heap), before - BUDGET * size);
    assert_true(tn_heap_check(heap));
}

static void
a_collection_destroys_first_what_waits(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    put_off_a_chain(heap);
    assert_int_equal(heap_collect(heap, 2), 0); // none of it is garbage that has to be found
    assert_int_equal(heap_current(heap), 0);
}

static tn_object *
make_circle_behind(tn_heap *heap, tn_object *chain)
{
    tn_object *last = chain;
    while (!tn_is_absent(tn_slot_borrow(last, 0)))
        last = tn_as_object(tn_slot_borrow(last, 0));
    tn_object *circle = tn_list_new(heap);
    assert_int_equal(tn_list_append(circle, tn_ref(circle)), TN_OK);
    tn_slot_set_steal(last, 0, tn_ref(circle));
    return circle;
}

static void
a_collection_finds_the_garbage_that_only_the_waiting_held(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *chain = make_chain(heap, 10 * BUDGET);
    make_circle_behind(heap, chain);
    tn_set_drop_budget(heap, BUDGET);
    tn_decref(chain);
    assert_int_equal(heap_collect(heap, 2), 1);
    assert_int_equal(count_objects(heap), 0);
}

static tn_type *trigger_type;

static void
make_and_drop(tn_object *o)
{
    tn_decref(tn_new(tn_heap_of(o), trigger_type)); // pays for what waits, and for no more
}

// Each of the nodes that wait holds an object whose finalizer makes another one.
static void
finalizers_that_make_objects_do_not_cut_that_short(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type_spec spec = {.name = "Maker", .finalize = make_and_drop};
    tn_type *maker;
    assert_int_equal(tn_type_register(heap, &spec, &maker), TN_OK);
    trigger_type = node_type(heap);
    tn_object *wide = make_wide(heap, trigger_type);
    for (size_t i = 0; i < SLOTS; i++)
        tn_slot_set_steal(child_of(wide, i), 0, tn_ref(tn_new(heap, maker)));
    tn_set_drop_budget(heap, 1);
    tn_decref(wide);
    assert_int_equal(heap_instances(heap, "Node"), SLOTS);
    assert_int_equal(heap_collect(heap, 0), 0);
    assert_int_equal(count_objects(heap), 0);
}

static void
freezing_destroys_first_what_waits(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    put_off_a_chain(heap);
    assert_int_equal(tn_gc_freeze(heap, false), TN_OK);
    assert_int_equal(heap_current(heap), 0);
}

static void
what_waits_when_the_heap_is_freed_is_no_leak(void **state)
{
    tn_heap *heap = tn_heap_new(NULL);
    put_off_a_chain(heap);
    assert_int_equal(tn_heap_free(heap), 0);
}

static void
without_a_budget_nothing_waits(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    put_off_a_chain(heap);
    tn_set_drop_budget(heap, 0);
    assert_int_equal(heap_current(heap), 0);
    tn_decref(make_chain(heap, 10 * BUDGET));
    assert_int_equal(heap_current(heap), 0);
}

// Each tree drops 255 wide objects, whose 12 750 leaves of 512 bytes wait.
static void
at_most_8_mib_wait(void **state)
{
    enum { TREES = 4, HIGHEST = 8 << 20, LEAF = 512 };
    tn_heap *heap = heap_fixture_heap(state);
    tn_type_spec spec = {.name = "Leaf", .native = LEAF - 16, .flags = TN_ACYCLIC};
    tn_type *leaf, *wide = wide_type(heap);
    assert_int_equal(tn_type_register(heap, &spec, &leaf), TN_OK);
    tn_object *lists[TREES];
    for (int t = 0; t < TREES; t++) {
        lists[t] = tn_list_new(heap);
        for (int i = 0; i < BUDGET - 1; i++) {
            tn_object *o = tn_new(heap, wide);
            for (size_t k = 0; k < SLOTS; k++)
                tn_slot_set_steal(o, k, tn_ref(tn_new(heap, leaf)));
            assert_int_equal(tn_list_append_steal(lists[t], tn_ref(o)), TN_OK);
        }
    }
    tn_set_drop_budget(heap, BUDGET);
    for (int t = 0; t < TREES; t++) {
        tn_decref(lists[t]);
        size_t left = (size_t)(TREES - 1 - t) * (BUDGET - 1) * SLOTS;
        size_t waiting = heap_instances(heap, "Leaf") - left;
        assert_in_range(waiting * LEAF, t > 0 ? HIGHEST - LEAF : 1, HIGHEST);
    }
    assert_true(tn_heap_check(heap));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(no_call_destroys_more_of_a_million_than_the_budget),
        HEAP_TEST(an_object_of_n_bytes_pays_for_two_and_one_more_for_each_64),
        HEAP_TEST(a_list_whose_items_live_on_is_dropped_in_parts),
        HEAP_TEST(a_budget_of_one_makes_headway),
        HEAP_TEST(weak_references_and_maps_forget_at_once_what_waits),
        HEAP_TEST(finalizers_do_not_wait),
        HEAP_TEST(callbacks_do_not_wait),
        HEAP_TEST(what_a_finalizer_drops_is_of_the_same_budget),
        HEAP_TEST(a_collection_destroys_first_what_waits),
        HEAP_TEST(a_collection_finds_the_garbage_that_only_the_waiting_held),
        HEAP_TEST(finalizers_that_make_objects_do_not_cut_that_short),
        HEAP_TEST(freezing_destroys_first_what_waits),
        HEAP_TEST(what_waits_when_the_heap_is_freed_is_no_leak),
        HEAP_TEST(without_a_budget_nothing_waits),
        HEAP_TEST(at_most_8_mib_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
