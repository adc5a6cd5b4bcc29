// SPDX-License-Identifier: MIT
//
// Tuples: lib/src/containers/tuple.c.
#include "heap_fixture.h"

#include <tenure/containers.h>

enum { OWN = 60, OBJECT = 16, SPAN = 16 }; // bytes of the header, and of place and count

static tn_object *
tuple_of_ints(tn_heap *heap, size_t count)
{
    tn_value *values = calloc(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = tn_int((int64_t)i);
    tn_object *tuple = tn_tuple_new(heap, values, count);
    assert_non_null(tuple);
    free(values);
    return tuple;
}

static tn_object *
tuple_of(tn_heap *heap, tn_object *o /* stolen */)
{
    tn_value v = tn_ref(o);
    tn_object *tuple = tn_tuple_new(heap, &v, 1);
    assert_non_null(tuple);
    tn_decref(o);
    return tuple;
}

static void
it_gives_its_items_by_number(void **state)
{
    tn_object *tuple = tuple_of_ints(heap_fixture_heap(state), 3);
    assert_true(tn_is_tuple(tn_ref(tuple)));
    assert_false(tn_is_tuple(tn_int(1)) || tn_is_tuple(TN_ABSENT));
    assert_int_equal(tn_tuple_len(tuple), 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(tn_is(tn_tuple_borrow(tuple, i), tn_int((int64_t)i)));
    assert_true(tn_is_absent(tn_tuple_borrow(tuple, 3)));
    assert_true(tn_is_absent(tn_tuple_get(tuple, SIZE_MAX)));
    tn_decref(tuple);
}

static void
it_may_be_empty(void **state)
{
    tn_object *tuple = tn_tuple_new(heap_fixture_heap(state), NULL, 0);
    assert_int_equal(tn_tuple_len(tuple), 0);
    assert_int_equal(tn_sizeof(tuple), OBJECT + SPAN);
    assert_true(tn_is_absent(tn_tuple_borrow(tuple, 0)));
    tn_decref(tuple);
}

static void
it_has_a_reference_of_its_own_to_each_item(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *str = heap_str(heap, "x");
    tn_value values[] = {tn_ref(str), tn_ref(str)};
    tn_object *tuple = tn_tuple_new(heap, values, 2);
    assert_int_equal(tn_refcount(str), 3);
    tn_decref_value(tn_tuple_get(tuple, 0));
    assert_int_equal(tn_refcount(str), 3);
    tn_decref(tuple);
    assert_int_equal(tn_refcount(str), 1);
    tn_decref(str);
}

static void
sixty_items_stand_in_the_object_and_sixty_one_in_a_buffer(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *three = tuple_of_ints(heap, 3), *full = tuple_of_ints(heap, OWN);
    tn_object *over = tuple_of_ints(heap, OWN + 1);
    size_t buffer = tn_buffer_occupies((OWN + 1) * sizeof(tn_value));
    assert_int_equal(tn_sizeof(three), OBJECT + SPAN + 3 * sizeof(tn_value));
    assert_int_equal(tn_sizeof(full), 512);
    assert_int_equal(tn_sizeof(over), OBJECT + SPAN + buffer);
    assert_int_equal(heap_current(heap), tn_sizeof(three) + tn_sizeof(full) + tn_sizeof(over));
    assert_int_equal(tn_as_int(tn_tuple_borrow(full, OWN - 1)), OWN - 1);
    assert_int_equal(tn_as_int(tn_tuple_borrow(over, OWN)), OWN);
    tn_decref(three);
    tn_decref(full);
    tn_decref(over);
}

static void
a_count_beyond_all_memory_gives_null(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_value v = TN_NONE;
    assert_null(tn_tuple_new(heap, &v, SIZE_MAX / sizeof v));
    assert_null(tn_tuple_new(heap, &v, SIZE_MAX));
    assert_int_equal(heap_current(heap), 0);
}

// --- Tracking ------------------------------------------------------------------------------------

static void
it_is_tracked_only_if_an_item_may_be_24_25(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *empty = tn_tuple_new(heap, NULL, 0), *ints = tuple_of_ints(heap, 3);
    tn_object *large = tuple_of_ints(heap, 1000), *str = tuple_of(heap, heap_str(heap, "x"));
    tn_object *nested = tuple_of(heap, tn_incref(str)), *list = tuple_of(heap, tn_list_new(heap));
    tn_object *above = tuple_of(heap, tn_incref(list));
    assert_false(tn_gc_is_tracked(empty) || tn_gc_is_tracked(ints) || tn_gc_is_tracked(large));
    assert_false(tn_gc_is_tracked(str) || tn_gc_is_tracked(nested));
    assert_true(tn_gc_is_tracked(list) && tn_gc_is_tracked(above));
    tn_gc_result result;
    assert_int_equal(tn_gc_collect(heap, 2, &result), TN_OK);
    assert_int_equal(result.candidates, 3); // two tuples and a list
    assert_true(tn_gc_is_tracked(list));
    tn_object *all[] = {empty, ints, large, str, nested, list, above};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        tn_decref(all[i]);
}

static void
drop_cycle(tn_heap *heap, size_t count)
{
    tn_value *values = calloc(count, sizeof *values);
    tn_object *list = tn_list_new(heap);
    for (size_t i = 0; i < count; i++)
        values[i] = tn_ref(list);
    tn_object *tuple = tn_tuple_new(heap, values, count);
    assert_int_equal(tn_list_append_steal(list, tn_ref(tuple)), TN_OK);
    tn_decref(list);
    free(values);
}

static void
a_cycle_through_it_is_collected_50(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    drop_cycle(heap, 1);
    drop_cycle(heap, OWN);
    drop_cycle(heap, OWN + 1);
    assert_int_equal(heap_collect(heap, 0), 6);
    assert_int_equal(heap_current(heap), 0);
}

static void
what_it_holds_from_outside_of_a_collection_stays(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *tuple = tuple_of(heap, tn_list_new(heap));
    assert_int_equal(heap_collect(heap, 2), 0);
    assert_int_equal(tn_list_len(tn_as_object(tn_tuple_borrow(tuple, 0))), 0);
    tn_decref(tuple);
}

static void
one_nested_a_million_deep_dies_without_recursion(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *flat = tn_tuple_new(heap, NULL, 0), *tracked = tn_list_new(heap);
    for (size_t i = support_scaled(1000000); i > 0; i--) {
        flat = tuple_of(heap, flat);
        tracked = tuple_of(heap, tracked);
    }
    assert_false(tn_gc_is_tracked(flat));
    assert_int_equal(heap_collect(heap, 2), 0);
    tn_decref(flat);
    tn_decref(tracked);
    assert_int_equal(heap_current(heap), 0);
}

static void
as_a_key_it_counts_by_identity(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *dict = tn_dict_new(heap);
    tn_object *a = tuple_of_ints(heap, 2), *b = tuple_of_ints(heap, 2);
    assert_int_equal(tn_dict_set(dict, tn_ref(a), tn_int(1)), TN_OK);
    assert_true(tn_is_absent(tn_dict_borrow(dict, tn_ref(b))));
    assert_true(tn_is(tn_dict_borrow(dict, tn_ref(a)), tn_int(1)));
    tn_decref(a);
    tn_decref(b);
    tn_decref(dict);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(it_gives_its_items_by_number),
        HEAP_TEST(it_may_be_empty),
        HEAP_TEST(it_has_a_reference_of_its_own_to_each_item),
        HEAP_TEST(sixty_items_stand_in_the_object_and_sixty_one_in_a_buffer),
        HEAP_TEST(a_count_beyond_all_memory_gives_null),
        HEAP_TEST(it_is_tracked_only_if_an_item_may_be_24_25),
        HEAP_TEST(a_cycle_through_it_is_collected_50),
        HEAP_TEST(what_it_holds_from_outside_of_a_collection_stays),
        HEAP_TEST(one_nested_a_million_deep_dies_without_recursion),
        HEAP_TEST(as_a_key_it_counts_by_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
