// SPDX-License-Identifier: MIT
//
// Walks in slices, and who keeps an object, level by level: lib/src/inspect/walk.c, holders.c;
// what an object holds: fields.c.
#include "heap_fixture.h"

#include <tenure/containers.h>

enum { LEFT, RIGHT, ROWS = 16 };

static tn_type *
node_type(tn_heap *heap)
{
    static const char *const slots[] = {"left", "right", NULL};
    return heap_type(heap, "Node", slots, 0);
}

static tn_object *
node_new(tn_heap *heap, tn_type *type, size_t slot, tn_object *child /* stolen */)
{
    tn_object *o = tn_new(heap, type);
    tn_slot_set_steal(o, slot, tn_ref(child));
    return o;
}

// [budget_ns] 0: as small pieces as there are. Returns how many it took.
static size_t
search(const tn_object *o, size_t levels, size_t max, uint64_t budget_ns, tn_holders **holders)
{
    size_t steps = 1;
    assert_int_equal(tn_holders_new(o, levels, max, holders), TN_OK);
    while (tn_holders_step(*holders, budget_ns))
        steps++;
    return steps;
}

// --- Walks ---------------------------------------------------------------------------------------

static bool
count_object(tn_object *o, void *arg)
{
    ++*(size_t *)arg;
    return true;
}

enum { MANY = 5000 };

static void
a_walk_in_pieces_passes_every_object_once(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    for (int i = 0; i < MANY; i++) // neither tracked nor collected
        assert_int_equal(tn_list_append_steal(list, tn_ref(heap_str(heap, "text"))), TN_OK);
    tn_walk *walk, *second;
    size_t count = 0, steps = 0;
    assert_int_equal(tn_walk_new(heap, &walk), TN_OK);
    assert_int_equal(tn_walk_new(heap, &second), TN_EBUSY);
    while (tn_walk_step(walk, 0, count_object, &count))
        steps++;
    assert_int_equal(count, MANY + 1);
    assert_true(steps >= MANY / 64);
    assert_false(tn_walk_step(walk, 0, count_object, &count));
    assert_int_equal(tn_walk_new(heap, &second), TN_OK);
    tn_walk_free(second);
    tn_walk_free(walk);
    tn_decref(list);
}

static bool
count_to_ten(tn_object *o, void *arg)
{
    return ++*(size_t *)arg < 10;
}

static void
a_walk_ends_where_nobody_wants_more(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *lists = heap_live_lists(heap, tn_list_new(heap), 50);
    tn_walk *walk;
    size_t count = 0;
    assert_int_equal(tn_walk_new(heap, &walk), TN_OK);
    assert_false(tn_walk_step(walk, UINT64_MAX / 2, count_to_ten, &count));
    assert_int_equal(count, 10);
    tn_walk_free(walk);
    tn_decref(lists);
}

static void
a_heap_that_shrinks_and_grows_between_two_steps_is_walked_all_the_same(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *stays = tn_list_new(heap);
    size_t count = 0;
    for (int round = 0; round < 20; round++) {
        tn_object *list = tn_list_new(heap);
        for (int i = 0; i < MANY; i++)
            assert_int_equal(tn_list_append_steal(list, tn_ref(tn_list_new(heap))), TN_OK);
        tn_walk *walk;
        assert_int_equal(tn_walk_new(heap, &walk), TN_OK);
        for (int i = 0; i < round; i++)
            tn_walk_step(walk, 0, count_object, &count);
        tn_decref(list); // whole pages go
        heap_work_off(heap);
        tn_gc_collect(heap, 2, NULL);
        tn_object *more = heap_live_lists(heap, tn_list_new(heap), (size_t)round * 100);
        while (tn_walk_step(walk, 0, count_object, &count))
            continue;
        tn_walk_free(walk);
        tn_decref(more);
        assert_true(tn_heap_check(heap));
    }
    tn_decref(stays);
}

// --- Holders -------------------------------------------------------------------------------------

static void
referrers_are_found_with_their_places(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = node_type(heap);
    tn_object *target = heap_str(heap, "target"), *list = tn_list_new(heap);
    tn_object *node = node_new(heap, type, RIGHT, tn_incref(target));
    assert_int_equal(tn_list_append(list, tn_int(1)), TN_OK);
    assert_int_equal(tn_list_append_steal(list, tn_ref(target)), TN_OK);
    tn_holders *holders;
    tn_holder rows[ROWS];
    search(target, 1, ROWS, 0, &holders);
    assert_int_equal(tn_holders_get(holders, rows, ROWS), 3);
    assert_true(tn_holders_are_all(holders));
    assert_int_equal(rows[0].serial, tn_serial(target));
    assert_string_equal(rows[0].type, "str");
    assert_int_equal(rows[0].references, 2);
    assert_int_equal(rows[0].inside, 2);
    for (int i = 1; i < 3; i++) {
        bool is_list = rows[i].serial == tn_serial(list);
        assert_true(is_list || rows[i].serial == tn_serial(node));
        assert_string_equal(rows[i].place, is_list ? "[1]" : ".right");
        assert_string_equal(rows[i].type, is_list ? "list" : "Node");
        assert_int_equal(rows[i].next, 0);
    }
    tn_holders_free(holders);
    tn_decref(list);
    tn_decref(node);
}

static void
the_way_from_a_root_is_the_shortest(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = node_type(heap);
    tn_object *target = heap_str(heap, "target");
    tn_object *inner = node_new(heap, type, LEFT, target);
    tn_object *near = node_new(heap, type, RIGHT, tn_incref(inner));
    tn_object *far = heap_live_lists(heap, node_new(heap, type, LEFT, inner), 5);
    tn_holders *holders;
    tn_holder rows[ROWS];
    search(target, 100, ROWS, 0, &holders);
    assert_int_equal(tn_holders_path(holders, rows, ROWS), 3);
    assert_int_equal(rows[0].serial, tn_serial(near));
    assert_string_equal(rows[0].place, ".right");
    assert_int_equal(rows[0].references, 1);
    assert_int_equal(rows[0].inside, 0);
    assert_int_equal(rows[1].serial, tn_serial(inner));
    assert_string_equal(rows[1].place, ".left");
    assert_int_equal(rows[2].serial, tn_serial(target));
    assert_string_equal(rows[2].place, "");
    tn_holders_free(holders);
    tn_decref(near);
    search(target, 100, ROWS, 0, &holders); // only the long way is left
    assert_int_equal(tn_holders_path(holders, rows, ROWS), 8);
    assert_int_equal(rows[0].serial, tn_serial(far));
    tn_holders_free(holders);
    search(target, 4, ROWS, 0, &holders); // which is not looked at so far
    assert_int_equal(tn_holders_path(holders, rows, ROWS), 0);
    tn_holders_free(holders);
    tn_decref(far);
}

static void
what_is_held_from_outside_is_its_own_root(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *o = tn_list_new(heap);
    tn_holders *holders;
    tn_holder rows[ROWS];
    search(o, 9, ROWS, 0, &holders);
    assert_int_equal(tn_holders_path(holders, rows, ROWS), 1);
    assert_int_equal(rows[0].serial, tn_serial(o));
    tn_holders_free(holders);
    tn_decref(o);
}

static void
nothing_keeps_garbage(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = node_type(heap);
    tn_object *a = tn_new(heap, type), *b = node_new(heap, type, LEFT, tn_incref(a));
    tn_slot_set(a, RIGHT, tn_ref(b));
    tn_decref(b);
    tn_holders *holders;
    tn_holder rows[ROWS];
    uint64_t serial = tn_serial(a);
    tn_decref(a); // each is held by the other
    a = tn_serial_find(heap, serial);
    assert_int_equal(tn_holders_new(a, 100, ROWS, &holders), TN_OK);
    tn_decref_unchanged(a);
    while (tn_holders_step(holders, 0))
        continue;
    assert_int_equal(tn_holders_path(holders, rows, ROWS), 0);
    assert_int_equal(tn_holders_get(holders, rows, ROWS), 2);
    tn_holders_free(holders);
    assert_int_equal(heap_collect(heap, 2), 2);
    assert_null(tn_serial_find(heap, serial));
}

static void
more_holders_than_asked_for_are_left_out(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *target = heap_str(heap, "target"), *list = tn_list_new(heap);
    for (int i = 0; i < 100; i++) {
        tn_object *inner = tn_list_new(heap);
        assert_int_equal(tn_list_append(inner, tn_ref(target)), TN_OK);
        assert_int_equal(tn_list_append_steal(list, tn_ref(inner)), TN_OK);
    }
    tn_holders *holders;
    tn_holder rows[ROWS];
    search(target, 1, 10, 0, &holders);
    assert_int_equal(tn_holders_get(holders, rows, ROWS), 10);
    assert_int_equal(rows[0].inside, 100); // all of them are counted
    assert_false(tn_holders_are_all(holders));
    tn_holders_free(holders);
    assert_int_equal(tn_holders_new(target, 0, 10, &holders), TN_EINVAL);
    assert_int_equal(tn_holders_new(target, 1, TN_HOLDERS_MOST + 1, &holders), TN_EINVAL);
    assert_null(holders);
    tn_decref(target);
    tn_decref(list);
}

static void
a_holder_that_dies_between_two_steps_is_not_on_the_way(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = node_type(heap);
    tn_object *target = heap_str(heap, "target");
    tn_object *dies = node_new(heap, type, LEFT, target), *stays = NULL;
    tn_holders *holders;
    tn_holder rows[ROWS];
    assert_int_equal(tn_holders_new(target, 100, ROWS, &holders), TN_OK);
    while (tn_holders_step(holders, 0) && tn_holders_get(holders, rows, ROWS) < 2)
        continue;
    stays = node_new(heap, type, LEFT, tn_incref(target));
    tn_decref(dies); // another object may take its place
    tn_object *other = tn_new(heap, type);
    while (tn_holders_step(holders, 0))
        continue;
    size_t length = tn_holders_path(holders, rows, ROWS);
    assert_true(length == 0 || rows[0].serial != tn_serial(other));
    tn_holders_free(holders);
    search(target, 100, ROWS, 0, &holders);
    assert_int_equal(tn_holders_path(holders, rows, ROWS), 2);
    assert_int_equal(rows[0].serial, tn_serial(stays));
    tn_holders_free(holders);
    tn_decref(other);
    tn_decref(stays);
}

// --- Fields --------------------------------------------------------------------------------------

static void
fields_are_told_with_their_places_part_by_part(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *str = heap_str(heap, "text"), *list = tn_list_new(heap);
    tn_object *node = node_new(heap, node_type(heap), RIGHT, str);
    tn_field rows[4];
    assert_int_equal(tn_fields_get(node, 0, rows, 4), 1); // the other is not set
    assert_string_equal(rows[0].place, ".right");
    assert_ptr_equal(tn_as_object(rows[0].value), str);
    for (int i = 0; i < 10; i++)
        assert_int_equal(tn_list_append(list, tn_int(i)), TN_OK);
    assert_int_equal(tn_fields_get(list, 8, rows, 4), 10);
    assert_string_equal(rows[1].place, "[9]");
    assert_int_equal(tn_as_int(rows[1].value), 9);
    assert_int_equal(tn_fields_get(list, 11, rows, 4), 10);
    tn_decref(list);
    tn_decref(node);
}

// Whatever they are, in the order in which they were set.
static void
fields_of_an_open_instance_are_its_attributes(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type;
    tn_type_spec spec = {.name = "Open", .layout = TN_LAYOUT_DICT};
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    tn_object *first = tn_new(heap, type), *open = tn_new(heap, type);
    tn_field rows[4];
    assert_int_equal(tn_set(first, "name", TN_NONE), TN_OK); // so that the type has it first
    assert_int_equal(tn_set(open, "age", tn_int(36)), TN_OK);
    assert_int_equal(tn_set(open, "name", tn_ref(first)), TN_OK);
    assert_int_equal(tn_fields_get(open, 0, rows, 4), 2);
    assert_string_equal(rows[0].place, ".age");
    assert_int_equal(tn_as_int(rows[0].value), 36);
    assert_string_equal(rows[1].place, ".name");
    assert_ptr_equal(tn_as_object(rows[1].value), first);
    assert_int_equal(tn_delete(open, "age"), TN_OK);
    assert_int_equal(tn_fields_get(open, 0, rows, 4), 1);
    tn_decref(first);
    tn_decref(open);
}

static void
a_serial_was_given_or_never(void **state)
{
    tn_object *list = tn_list_new(heap_fixture_heap(state));
    uint64_t serial = tn_serial(list);
    assert_true(tn_serial_was_given(serial));
    tn_decref(list);
    assert_true(tn_serial_was_given(serial)); // once
    assert_false(tn_serial_was_given(serial + 1));
    assert_false(tn_serial_was_given(serial + 2));
    assert_false(tn_serial_was_given(0));
    assert_false(tn_serial_was_given(1));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_walk_in_pieces_passes_every_object_once),
        HEAP_TEST(a_walk_ends_where_nobody_wants_more),
        HEAP_TEST(a_heap_that_shrinks_and_grows_between_two_steps_is_walked_all_the_same),
        HEAP_TEST(referrers_are_found_with_their_places),
        HEAP_TEST(the_way_from_a_root_is_the_shortest),
        HEAP_TEST(what_is_held_from_outside_is_its_own_root),
        HEAP_TEST(nothing_keeps_garbage),
        HEAP_TEST(more_holders_than_asked_for_are_left_out),
        HEAP_TEST(a_holder_that_dies_between_two_steps_is_not_on_the_way),
        HEAP_TEST(fields_are_told_with_their_places_part_by_part),
        HEAP_TEST(fields_of_an_open_instance_are_its_attributes),
        HEAP_TEST(a_serial_was_given_or_never),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
