// SPDX-License-Identifier: MIT
//
// The shortest way on which an object is kept alive: lib/src/inspect/paths.c; and the places that
// walk.c describes.
#include "heap_fixture.h"

#include <tenure/containers.h>

enum { LEFT, RIGHT, ROWS = 8 };

typedef struct world {
    tn_heap *heap;
    tn_type *node;
    tn_reference rows[ROWS];
} world;

static world
make_world(void **state)
{
    static const char *const slots[] = {"left", "right", NULL};
    tn_heap *heap = heap_fixture_heap(state);
    return (world){.heap = heap, .node = heap_type(heap, "Node", slots, 0)};
}

static tn_object *
node_new(const world *w, size_t slot, tn_object *child /* stolen */)
{
    tn_object *o = tn_new(w->heap, w->node);
    tn_slot_set_steal(o, slot, tn_ref(child));
    return o;
}

static size_t
path_to(world *w, const tn_object *o, uint32_t own)
{
    size_t length;
    memset(w->rows, 0, sizeof w->rows);
    assert_int_equal(tn_path_get(o, own, w->rows, ROWS, &length), TN_OK);
    return length;
}

static void
expect_row(const world *w, size_t i, const tn_object *holder, const char *place)
{
    assert_ptr_equal(w->rows[i].holder, holder);
    assert_string_equal(w->rows[i].place, place);
    assert_false(w->rows[i].frozen);
}

static void
what_is_held_from_outside_is_its_own_root(void **state)
{
    world w = make_world(state);
    tn_object *o = tn_list_new(w.heap);
    assert_int_equal(path_to(&w, o, 0), 1);
    expect_row(&w, 0, o, "");
    tn_decref(o);
}

static void
the_callers_own_references_do_not_count(void **state)
{
    world w = make_world(state);
    tn_object *o = tn_list_new(w.heap);
    assert_int_equal(path_to(&w, o, 1), 0);
    tn_incref(o);
    assert_int_equal(path_to(&w, o, 1), 1);
    assert_int_equal(path_to(&w, o, 2), 0);
    tn_decref(o);
    tn_decref(o);
}

static void
each_step_says_where_the_next_object_stands(void **state)
{
    world w = make_world(state);
    tn_object *target = tn_list_new(w.heap), *dict = tn_dict_new(w.heap), *list;
    tn_object *key = heap_str(w.heap, "key"), *node = node_new(&w, RIGHT, target);
    tn_value item = tn_ref(node);
    tn_object *tuple = tn_tuple_new(w.heap, &item, 1);
    assert_int_equal(tn_dict_set(dict, tn_ref(key), tn_ref(tuple)), TN_OK);
    list = tn_list_new(w.heap);
    assert_int_equal(tn_list_append(list, TN_NONE), TN_OK);
    assert_int_equal(tn_list_append_steal(list, tn_ref(dict)), TN_OK);
    tn_decref(key);
    tn_decref(node);
    tn_decref(tuple);
    assert_int_equal(path_to(&w, target, 0), 5);
    expect_row(&w, 0, list, "[1]");
    expect_row(&w, 1, dict, "[\"key\"]");
    expect_row(&w, 2, tuple, "[0]");
    expect_row(&w, 3, node, ".right");
    expect_row(&w, 4, target, "");
    tn_decref(list);
}

static void
of_several_ways_the_shortest_is_given(void **state)
{
    world w = make_world(state);
    tn_object *target = tn_list_new(w.heap);
    tn_object *far = node_new(&w, LEFT, node_new(&w, LEFT, tn_incref(target)));
    tn_object *near = node_new(&w, RIGHT, target);
    assert_int_equal(path_to(&w, target, 0), 2);
    expect_row(&w, 0, near, ".right");
    TN_CLEAR(near);
    assert_int_equal(path_to(&w, target, 0), 3);
    expect_row(&w, 0, far, ".left");
    tn_decref(far);
}

static void
nothing_keeps_garbage(void **state)
{
    world w = make_world(state);
    tn_object *target = tn_list_new(w.heap), *ring = node_new(&w, LEFT, target);
    tn_slot_set_steal(ring, RIGHT, tn_ref(ring));
    assert_int_equal(path_to(&w, target, 0), 0);
    assert_int_equal(heap_collect(w.heap, 2), 2);
}

static void
a_pin_is_a_root(void **state)
{
    world w = make_world(state);
    tn_object *target = tn_list_new(w.heap), *ring = node_new(&w, LEFT, target);
    assert_int_equal(tn_pin(ring), TN_OK);
    tn_slot_set_steal(ring, RIGHT, tn_ref(ring));
    assert_int_equal(path_to(&w, target, 0), 2);
    expect_row(&w, 0, ring, ".left");
    tn_unpin(ring);
    assert_int_equal(heap_collect(w.heap, 2), 2);
}

static void
frozen_holders_are_found_and_marked(void **state)
{
    world w = make_world(state);
    tn_object *target = tn_list_new(w.heap), *holder = tn_new(w.heap, w.node);
    assert_int_equal(tn_gc_freeze(w.heap, false), TN_OK);
    tn_gc_thaw(target);
    tn_slot_set_steal(holder, LEFT, tn_ref(target));
    assert_int_equal(path_to(&w, target, 0), 2);
    assert_ptr_equal(w.rows[0].holder, holder);
    assert_true(w.rows[0].frozen);
    assert_false(w.rows[1].frozen);
    tn_decref(holder);
}

static void
a_weak_map_keeps_its_keys_and_not_its_values(void **state)
{
    world w = make_world(state);
    tn_object *value = tn_new(w.heap, heap_type(w.heap, "Value", NULL, TN_WEAK));
    tn_object *map = tn_weakmap_new(w.heap);
    assert_int_equal(tn_weakmap_set(map, tn_int(1), value), TN_OK);
    assert_int_equal(path_to(&w, value, 1), 0);
    tn_decref(value);
    tn_decref(map);
}

static void
a_weak_key_map_keeps_its_values(void **state)
{
    world w = make_world(state);
    tn_object *key = tn_new(w.heap, heap_type(w.heap, "Key", NULL, TN_WEAK));
    tn_object *map = tn_weakkeymap_new(w.heap), *value = tn_list_new(w.heap);
    assert_int_equal(tn_weakkeymap_set(map, key, tn_ref(value)), TN_OK);
    tn_decref(value);
    assert_int_equal(path_to(&w, value, 0), 2);
    assert_ptr_equal(w.rows[0].holder, map);
    assert_int_equal(path_to(&w, key, 1), 0);
    tn_decref(key);
    tn_decref(map);
}

static void
a_long_way_is_measured_and_its_beginning_given(void **state)
{
    world w = make_world(state);
    size_t length = support_scaled(100000);
    tn_object *target = tn_list_new(w.heap), *first = target;
    for (size_t i = 1; i < length; i++)
        first = node_new(&w, LEFT, first);
    assert_int_equal(path_to(&w, target, 0), length);
    expect_row(&w, 0, first, ".left");
    for (size_t i = 1; i < ROWS; i++)
        expect_row(&w, i, tn_as_object(tn_slot_borrow(w.rows[i - 1].holder, LEFT)), ".left");
    tn_decref(first);
}

static void
a_long_name_is_cut_off(void **state)
{
    world w = make_world(state);
    tn_object *dict = tn_dict_new(w.heap), *target = tn_list_new(w.heap);
    tn_object *key =
        heap_str(w.heap, "a key that is longer than what a place has room for, by far");
    assert_int_equal(tn_dict_set(dict, tn_ref(key), tn_ref(target)), TN_OK);
    tn_decref(key);
    tn_decref(target);
    assert_int_equal(path_to(&w, target, 0), 2);
    assert_memory_equal(w.rows[0].place, "[\"a key that is longer", 22);
    assert_true(strlen(w.rows[0].place) < sizeof w.rows[0].place);
    tn_decref(dict);
}

static tn_object *
open_new(const world *w)
{
    tn_type *type;
    tn_type_spec spec = {.name = "Open", .layout = TN_LAYOUT_DICT};
    assert_int_equal(tn_type_register(w->heap, &spec, &type), TN_OK);
    return tn_new(w->heap, type);
}

// In a dictionary as in a slot.
static void
an_attribute_is_a_place_by_its_name(void **state)
{
    world w = make_world(state);
    tn_object *open = open_new(&w), *target = tn_list_new(w.heap);
    assert_int_equal(tn_set(open, "size", tn_int(3)), TN_OK);
    assert_int_equal(tn_set(open, "inner", tn_ref(target)), TN_OK);
    assert_int_equal(tn_set(open, "other", tn_ref(target)), TN_OK);
    tn_decref(target);
    assert_int_equal(path_to(&w, target, 0), 2);
    expect_row(&w, 0, open, ".inner");
    assert_int_equal(tn_referrers_get(&target, 1, w.rows, ROWS), 2);
    expect_row(&w, 0, open, ".inner");
    expect_row(&w, 1, open, ".other");
    assert_int_equal(tn_delete(open, "inner"), TN_OK);
    assert_int_equal(path_to(&w, target, 0), 2);
    expect_row(&w, 0, open, ".other");
    tn_decref(open);
}

// Beyond the names that a type keeps there is a dict.
static void
of_many_attributes_the_dict_has_the_names(void **state)
{
    enum { MANY = 40 };
    world w = make_world(state);
    tn_object *open = open_new(&w), *target = tn_list_new(w.heap);
    for (int i = 0; i < MANY; i++) {
        char name[16];
        snprintf(name, sizeof name, "a%d", i);
        assert_int_equal(tn_set(open, name, i == 7 ? tn_ref(target) : tn_int(i)), TN_OK);
    }
    tn_decref(target);
    assert_int_equal(path_to(&w, target, 0), 3);
    expect_row(&w, 0, open, "(native)");
    assert_string_equal(w.rows[1].place, "[\"a7\"]");
    tn_decref(open);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(what_is_held_from_outside_is_its_own_root),
        HEAP_TEST(the_callers_own_references_do_not_count),
        HEAP_TEST(each_step_says_where_the_next_object_stands),
        HEAP_TEST(of_several_ways_the_shortest_is_given),
        HEAP_TEST(nothing_keeps_garbage),
        HEAP_TEST(a_pin_is_a_root),
        HEAP_TEST(frozen_holders_are_found_and_marked),
        HEAP_TEST(a_weak_map_keeps_its_keys_and_not_its_values),
        HEAP_TEST(a_weak_key_map_keeps_its_values),
        HEAP_TEST(a_long_way_is_measured_and_its_beginning_given),
        HEAP_TEST(a_long_name_is_cut_off),
        HEAP_TEST(an_attribute_is_a_place_by_its_name),
        HEAP_TEST(of_many_attributes_the_dict_has_the_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
