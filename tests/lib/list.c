// SPDX-License-Identifier: MIT
//
// list: lib/src/containers/list.c.
#include "witness.h"

#include <tenure/containers.h>

static tn_object *
list_of(tn_heap *heap, int count)
{
    tn_object *list = tn_list_new(heap);
    for (int i = 0; i < count; i++)
        assert_int_equal(tn_list_append(list, tn_int(i)), TN_OK);
    return list;
}

static void
expect_items(const tn_object *list, const int *items, size_t count)
{
    assert_int_equal(tn_list_len(list), count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(tn_as_int(tn_list_borrow(list, i)), items[i]);
}

#define EXPECT_ITEMS(list, ...)                                                                    \
    expect_items(list, (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

static void
a_new_list_is_empty_and_tracked(void **state)
{
    tn_object *list = tn_list_new(heap_fixture_heap(state));
    assert_int_equal(tn_list_len(list), 0);
    assert_true(tn_is_list(tn_ref(list)));
    assert_false(tn_is_list(tn_int(0)));
    assert_true(tn_gc_is_tracked(list));
    assert_true(tn_is_absent(tn_list_borrow(list, 0)));
    tn_decref(list);
}

static void
appended_items_keep_their_order(void **state)
{
    tn_object *list = list_of(heap_fixture_heap(state), 10000);
    assert_int_equal(tn_list_len(list), 10000);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(tn_as_int(tn_list_borrow(list, (size_t)i)), i);
    assert_true(tn_is_absent(tn_list_borrow(list, 10000)));
    assert_true(tn_is_absent(tn_list_get(list, SIZE_MAX)));
    tn_decref(list);
}

static void
every_kind_of_value_but_absent_may_be_an_item(void **state)
{
    tn_object *list = tn_list_new(heap_fixture_heap(state));
    assert_int_equal(tn_list_append(list, TN_NONE), TN_OK);
    assert_int_equal(tn_list_append(list, TN_TRUE), TN_OK);
    assert_int_equal(tn_list_append(list, TN_ABSENT), TN_EINVAL);
    assert_int_equal(tn_list_append_steal(list, TN_ABSENT), TN_EINVAL);
    assert_int_equal(tn_list_set(list, 0, TN_ABSENT), TN_EINVAL);
    assert_int_equal(tn_list_len(list), 2);
    assert_true(tn_is(tn_list_borrow(list, 0), TN_NONE));
    tn_decref(list);
}

static void
appending_takes_a_reference_and_stealing_does_not(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap), *str = heap_str(heap, "x");
    assert_int_equal(tn_list_append(list, tn_ref(str)), TN_OK);
    assert_int_equal(tn_refcount(str), 2);
    assert_int_equal(tn_list_append_steal(list, tn_ref(str)), TN_OK);
    assert_int_equal(tn_refcount(str), 2);
    tn_decref(list);
}

static void
get_gives_a_reference_and_borrow_does_not(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap), *str = heap_str(heap, "x");
    assert_int_equal(tn_list_append_steal(list, tn_ref(str)), TN_OK);
    assert_true(tn_is(tn_list_borrow(list, 0), tn_ref(str)));
    assert_int_equal(tn_refcount(str), 1);
    tn_value got = tn_list_get(list, 0);
    assert_int_equal(tn_refcount(str), 2);
    tn_decref(list);
    assert_int_equal(tn_refcount(str), 1);
    tn_decref_value(got);
}

static void
set_replaces_one_item_and_drops_the_former(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = list_of(heap, 3), *str = heap_str(heap, "x");
    assert_int_equal(tn_list_set(list, 1, tn_ref(str)), TN_OK);
    assert_int_equal(tn_refcount(str), 2);
    assert_int_equal(tn_list_set(list, 1, tn_int(7)), TN_OK);
    assert_int_equal(tn_refcount(str), 1);
    assert_int_equal(tn_list_set(list, 3, tn_int(7)), TN_EINDEX);
    EXPECT_ITEMS(list, 0, 7, 2);
    tn_decref(str);
    tn_decref(list);
}

static void
delete_closes_the_gap(void **state)
{
    tn_object *list = list_of(heap_fixture_heap(state), 5);
    assert_int_equal(tn_list_delete(list, 4), TN_OK);
    assert_int_equal(tn_list_delete(list, 1), TN_OK);
    assert_int_equal(tn_list_delete(list, 0), TN_OK);
    EXPECT_ITEMS(list, 2, 3);
    assert_int_equal(tn_list_delete(list, 2), TN_EINDEX);
    tn_decref(list);
}

static void
remove_takes_the_first_identical_item(void **state)
{
    tn_object *list = list_of(heap_fixture_heap(state), 3);
    assert_int_equal(tn_list_append(list, tn_int(1)), TN_OK);
    assert_int_equal(tn_list_remove(list, tn_int(1)), TN_OK);
    EXPECT_ITEMS(list, 0, 2, 1);
    assert_int_equal(tn_list_remove(list, tn_int(9)), TN_EKEY);
    tn_decref(list);
}

static void
a_cleared_list_is_empty_and_usable(void **state)
{
    tn_object *list = list_of(heap_fixture_heap(state), 100);
    tn_list_clear(list);
    assert_int_equal(tn_list_len(list), 0);
    tn_list_clear(list);
    assert_int_equal(tn_list_append(list, tn_int(5)), TN_OK);
    EXPECT_ITEMS(list, 5);
    tn_decref(list);
}

static tn_object *
list_of_witnesses(tn_heap *heap, witness_log *log)
{
    tn_type *type = witness_type(heap);
    tn_object *list = tn_list_new(heap);
    for (int number = 0; number < 4; number++) {
        tn_value v = tn_ref(witness_new(heap, type, log, number));
        assert_int_equal(tn_list_append_steal(list, v), TN_OK);
    }
    return list;
}

static void
items_die_from_the_end_when_the_list_dies(void **state)
{
    witness_log log = {.count = 0};
    tn_object *list = list_of_witnesses(heap_fixture_heap(state), &log);
    tn_decref(list);
    WITNESS_EXPECT(&log, 3, 2, 1, 0);
}

static void
items_die_from_the_end_when_the_list_is_cleared(void **state)
{
    witness_log log = {.count = 0};
    tn_object *list = list_of_witnesses(heap_fixture_heap(state), &log);
    tn_list_clear(list);
    WITNESS_EXPECT(&log, 3, 2, 1, 0);
    tn_decref(list);
}

static void
bytes_follow_the_length_up_and_down(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = list_of(heap, 10000);
    assert_true(tn_sizeof(list) >= 10000 * sizeof(tn_value));
    assert_int_equal(tn_sizeof(list), heap_current(heap));
    tn_list_clear(list);
    assert_true(tn_sizeof(list) < 200);
    assert_int_equal(tn_sizeof(list), heap_current(heap));
    tn_decref(list);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_new_list_is_empty_and_tracked),
        HEAP_TEST(appended_items_keep_their_order),
        HEAP_TEST(every_kind_of_value_but_absent_may_be_an_item),
        HEAP_TEST(appending_takes_a_reference_and_stealing_does_not),
        HEAP_TEST(get_gives_a_reference_and_borrow_does_not),
        HEAP_TEST(set_replaces_one_item_and_drops_the_former),
        HEAP_TEST(delete_closes_the_gap),
        HEAP_TEST(remove_takes_the_first_identical_item),
        HEAP_TEST(a_cleared_list_is_empty_and_usable),
        HEAP_TEST(items_die_from_the_end_when_the_list_dies),
        HEAP_TEST(items_die_from_the_end_when_the_list_is_cleared),
        HEAP_TEST(bytes_follow_the_length_up_and_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
