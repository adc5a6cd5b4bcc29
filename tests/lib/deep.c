// SPDX-License-Identifier: MIT
//
// Sizes of one object and of all that it reaches: lib/src/inspect/deep.c, tn_sizeof in usage.c.
#include "heap_fixture.h"

#include <tenure/containers.h>

enum { LONG = 1000000 };

static tn_deep_size
deep(const tn_object *o)
{
    tn_deep_size size;
    assert_int_equal(tn_sizeof_deep(o, &size), TN_OK);
    assert_int_equal(size.bytes, size.exclusive_bytes + size.shared_bytes);
    assert_int_equal(size.objects, size.exclusive_objects + size.shared_objects);
    return size;
}

// A list of three lists of three integers.
static tn_object *
nested_new(tn_heap *heap)
{
    tn_object *outer = tn_list_new(heap);
    for (int i = 0; i < 3; i++) {
        tn_object *inner = tn_list_new(heap);
        for (int k = 1; k <= 3; k++)
            assert_int_equal(tn_list_append(inner, tn_int(3 * i + k)), TN_OK);
        assert_int_equal(tn_list_append_steal(outer, tn_ref(inner)), TN_OK);
    }
    return outer;
}

static void
a_deep_size_is_the_sum_of_what_is_reached(void **state)
{
    tn_object *outer = nested_new(heap_fixture_heap(state));
    tn_deep_size size = deep(outer);
    assert_int_equal(size.objects, 4);
    assert_int_equal(size.bytes, 4 * tn_sizeof(outer));
    assert_int_equal(size.bytes, heap_current(heap_fixture_heap(state)));
    assert_int_equal(size.shared_objects, 0);
    tn_decref(outer);
}

static void
what_is_reached_twice_counts_once(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap), *str = heap_str(heap, "Sid");
    for (int i = 0; i < 3; i++)
        assert_int_equal(tn_list_append(list, tn_ref(str)), TN_OK);
    tn_decref(str);
    tn_deep_size size = deep(list);
    assert_int_equal(size.objects, 2);
    assert_int_equal(size.exclusive_bytes, tn_sizeof(list) + tn_sizeof(str));
    tn_decref(list);
}

static void
a_circle_ends(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *a = tn_list_new(heap), *b = tn_list_new(heap);
    assert_int_equal(tn_list_append(a, tn_ref(b)), TN_OK);
    assert_int_equal(tn_list_append(b, tn_ref(a)), TN_OK);
    assert_int_equal(tn_list_append(b, tn_ref(b)), TN_OK);
    assert_int_equal(deep(a).objects, 2);
    assert_int_equal(deep(a).shared_objects, 1); // this test holds b
    tn_decref(b);
    assert_int_equal(deep(a).shared_objects, 0);
    tn_decref(a);
    assert_int_equal(heap_collect(heap, 2), 2);
}

static void
what_somebody_else_holds_is_shared_with_all_that_it_reaches(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *outer = nested_new(heap), *inner = tn_as_object(tn_list_get(outer, 1));
    tn_object *leaf = heap_str(heap, "leaf");
    assert_int_equal(tn_list_append_steal(inner, tn_ref(leaf)), TN_OK);
    tn_deep_size size = deep(outer);
    assert_int_equal(size.objects, 5);
    assert_int_equal(size.shared_objects, 2);
    assert_int_equal(size.shared_bytes, tn_sizeof(inner) + tn_sizeof(leaf));
    size_t before = heap_current(heap);
    tn_decref(outer); // what is exclusive dies with it, to the byte
    assert_int_equal(before - heap_current(heap), size.exclusive_bytes);
    tn_decref(inner);
}

static void
the_object_itself_is_never_shared(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *a = tn_list_new(heap), *b = tn_list_new(heap), *c = heap_str(heap, "c");
    assert_int_equal(tn_list_append(a, tn_ref(b)), TN_OK);
    assert_int_equal(tn_list_append(b, tn_ref(a)), TN_OK);
    assert_int_equal(tn_list_append_steal(a, tn_ref(c)), TN_OK);
    tn_deep_size size = deep(a); // b is held, and refers to a; c would die with a
    assert_int_equal(size.exclusive_bytes, tn_sizeof(a) + tn_sizeof(c));
    tn_decref(b);
    tn_decref(a);
    assert_int_equal(heap_collect(heap, 2), 2);
}

static void
sizes_change_nothing(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *outer = nested_new(heap), *key = heap_str(heap, "key");
    uint64_t hash = tn_str_hash(key);
    assert_int_equal(tn_list_append_steal(outer, tn_ref(key)), TN_OK);
    tn_memory before, after;
    tn_memory_get(heap, &before);
    for (int i = 0; i < 3; i++)
        assert_int_equal(deep(outer).objects, 5);
    tn_memory_get(heap, &after);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(tn_str_hash(key), hash);
    assert_int_equal(tn_refcount(outer), 1);
    assert_true(tn_heap_check(heap));
    tn_decref(outer);
}

static void
a_long_chain_needs_no_recursion(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    static const char *const slots[] = {"next", NULL};
    tn_type *type = heap_type(heap, "Node", slots, 0);
    tn_object *first = tn_new(heap, type);
    size_t length = support_scaled(LONG);
    for (size_t i = 1; i < length; i++) {
        tn_object *node = tn_new(heap, type);
        tn_slot_set_steal(node, 0, tn_ref(first));
        first = node;
    }
    assert_int_equal(deep(first).objects, length);
    assert_int_equal(deep(first).exclusive_bytes, heap_current(heap));
    tn_decref(first);
}

static void
a_dictionarys_attributes_are_reached(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type_spec spec = {.name = "Open", .layout = TN_LAYOUT_DICT};
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    tn_object *o = tn_new(heap, type), *name = heap_str(heap, "Sid");
    assert_int_equal(tn_set(o, "name", tn_ref(name)), TN_OK);
    tn_decref(name);
    assert_int_equal(deep(o).exclusive_bytes, heap_current(heap));
    tn_decref(o);
}

static void
a_weak_reference_leads_nowhere(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = heap_type(heap, "Node", NULL, TN_WEAK);
    tn_object *target = tn_new(heap, type), *weak;
    assert_int_equal(tn_weak_new(target, &weak), TN_OK);
    assert_int_equal(deep(weak).objects, 1);
    tn_decref(weak);
    tn_decref(target);
}

static void
types_are_told_apart(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *outer = nested_new(heap), *str = heap_str(heap, "Sid");
    assert_int_equal(tn_list_append_steal(outer, tn_ref(str)), TN_OK);
    tn_usage rows[2];
    size_t count;
    assert_int_equal(tn_sizeof_deep_by_type(outer, rows, 2, &count), TN_OK);
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].name, "str");
    assert_int_equal(rows[0].objects, 1);
    assert_string_equal(rows[1].name, "list");
    assert_int_equal(rows[1].objects, 4);
    assert_int_equal(rows[0].bytes + rows[1].bytes, deep(outer).bytes);
    assert_int_equal(tn_sizeof_deep_by_type(outer, rows, 1, &count), TN_OK);
    assert_int_equal(count, 2);
    tn_decref(outer);
}

// The outer list has the inner ones, each of which a str keeps company that all of them share.
static void
a_limit_leaves_out_what_is_farthest(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *outer = nested_new(heap), *str = heap_str(heap, "Sid");
    tn_deep_size size;
    bool all = true;
    for (size_t i = 0; i < 3; i++)
        tn_list_append(tn_as_object(tn_list_borrow(outer, i)), tn_ref(str));
    tn_decref(str);
    assert_int_equal(tn_sizeof_deep_most(outer, 4, &size, &all), TN_OK);
    assert_false(all);
    assert_int_equal(size.objects, 4);
    assert_int_equal(size.exclusive_objects, 4);
    assert_int_equal(tn_sizeof_deep_most(outer, 2, &size, &all), TN_OK);
    assert_int_equal(size.objects, 2);
    assert_int_equal(tn_sizeof_deep_most(outer, 5, &size, &all), TN_OK);
    assert_true(all);
    assert_int_equal(size.exclusive_bytes, heap_current(heap));
    tn_object *inner = tn_as_object(tn_list_borrow(outer, 0));
    assert_int_equal(tn_sizeof_deep_most(inner, 2, &size, &all), TN_OK);
    assert_true(all);
    assert_int_equal(size.shared_objects, 1); // the others have the str too
    tn_decref(outer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_deep_size_is_the_sum_of_what_is_reached),
        HEAP_TEST(what_is_reached_twice_counts_once),
        HEAP_TEST(a_circle_ends),
        HEAP_TEST(what_somebody_else_holds_is_shared_with_all_that_it_reaches),
        HEAP_TEST(the_object_itself_is_never_shared),
        HEAP_TEST(sizes_change_nothing),
        HEAP_TEST(a_long_chain_needs_no_recursion),
        HEAP_TEST(a_dictionarys_attributes_are_reached),
        HEAP_TEST(a_weak_reference_leads_nowhere),
        HEAP_TEST(types_are_told_apart),
        HEAP_TEST(a_limit_leaves_out_what_is_farthest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
