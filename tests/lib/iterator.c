// SPDX-License-Identifier: MIT
//
// Walks that notice changes: lib/src/containers/iterator.c; and what was added for them to notice:
// tn_list_insert, tn_dict_pop, tn_dict_set_default.
#include "heap_fixture.h"

#include <tenure/containers.h>

static tn_iterator
iterate(const tn_object *container)
{
    tn_iterator it;
    assert_int_equal(tn_iterate(container, &it), TN_OK);
    return it;
}

static void
expect_next(tn_iterator *it, tn_value expected)
{
    tn_value item;
    assert_int_equal(tn_iterator_next(it, &item, NULL), TN_OK);
    assert_true(tn_is(item, expected));
}

static void
expect_changed(tn_iterator *it)
{
    tn_value item = TN_NONE;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(tn_iterator_next(it, &item, NULL), TN_ECHANGED);
        assert_true(tn_is_absent(item));
    }
}

// A container of 1 and 2.
static tn_object *
pair_new(tn_heap *heap, int which)
{
    const tn_value values[] = {tn_int(1), tn_int(2)};
    tn_object *o = which == 0   ? tn_list_new(heap)
                   : which == 1 ? tn_dict_new(heap)
                   : which == 2 ? tn_set_new(heap)
                   : which == 3 ? tn_tuple_new(heap, values, 2)
                                : tn_frozenset_new(heap, values, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(which == 0   ? tn_list_append(o, values[i])
                         : which == 1 ? tn_dict_set(o, values[i], TN_NONE)
                         : which == 2 ? tn_set_add(o, values[i])
                                      : TN_OK,
                         TN_OK);
    return o;
}

static void
each_container_is_walked_in_order(void **state)
{
    for (int which = 0; which < 5; which++) {
        tn_object *o = pair_new(heap_fixture_heap(state), which);
        tn_iterator it = iterate(o);
        expect_next(&it, tn_int(1));
        expect_next(&it, tn_int(2));
        expect_next(&it, TN_ABSENT);
        expect_next(&it, TN_ABSENT);
        tn_decref(o);
    }
}

static void
a_dict_gives_its_values_too(void **state)
{
    tn_object *dict = pair_new(heap_fixture_heap(state), 1);
    tn_iterator it = iterate(dict);
    tn_value key, value;
    assert_int_equal(tn_iterator_next(&it, &key, &value), TN_OK);
    assert_true(tn_is(key, tn_int(1)) && tn_is(value, TN_NONE));
    tn_decref(dict);
}

static void
what_holds_nothing_is_not_iterated(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *str = heap_str(heap, "abc");
    tn_iterator it;
    assert_int_equal(tn_iterate(str, &it), TN_ETYPE);
    tn_decref(str);
}

static void
a_list_that_grew_or_shrank_is_noticed(void **state)
{
    tn_object *list = pair_new(heap_fixture_heap(state), 0);
    tn_iterator it = iterate(list), other = iterate(list);
    expect_next(&it, tn_int(1));
    assert_int_equal(tn_list_set(list, 1, tn_int(9)), TN_OK); // no change
    expect_next(&it, tn_int(9));
    assert_int_equal(tn_list_append(list, tn_int(3)), TN_OK);
    expect_changed(&it);
    expect_changed(&other);
    it = iterate(list);
    assert_int_equal(tn_list_delete(list, 0), TN_OK);
    expect_changed(&it);
    tn_decref(list);
}

static void
a_dict_notices_even_an_exchange(void **state)
{
    tn_object *dict = pair_new(heap_fixture_heap(state), 1);
    tn_iterator it = iterate(dict);
    assert_int_equal(tn_dict_set(dict, tn_int(1), TN_TRUE), TN_OK); // no change
    expect_next(&it, tn_int(1));
    assert_int_equal(tn_dict_delete(dict, tn_int(1)), TN_OK);
    assert_int_equal(tn_dict_set(dict, tn_int(1), TN_TRUE), TN_OK);
    expect_changed(&it);
    it = iterate(dict);
    tn_dict_clear(dict);
    expect_changed(&it);
    it = iterate(dict);
    expect_next(&it, TN_ABSENT);
    assert_int_equal(tn_dict_set(dict, tn_int(5), TN_TRUE), TN_OK);
    expect_changed(&it);
    tn_decref(dict);
}

// Cleared and filled again, it has the same length, room and order.
static void
a_dict_that_was_made_anew_is_another(void **state)
{
    tn_object *dict = pair_new(heap_fixture_heap(state), 1);
    tn_iterator it = iterate(dict);
    tn_dict_clear(dict);
    for (int i = 1; i <= 2; i++)
        assert_int_equal(tn_dict_set(dict, tn_int(i), TN_NONE), TN_OK);
    expect_changed(&it);
    tn_decref(dict);
}

static void
a_set_notices_even_an_exchange(void **state)
{
    tn_object *set = pair_new(heap_fixture_heap(state), 2);
    tn_iterator it = iterate(set);
    assert_int_equal(tn_set_add(set, tn_int(1)), TN_OK); // was there
    expect_next(&it, tn_int(1));
    assert_int_equal(tn_set_remove(set, tn_int(2)), TN_OK);
    assert_int_equal(tn_set_add(set, tn_int(2)), TN_OK);
    expect_changed(&it);
    tn_decref(set);
}

// --- Inserting and deleting ----------------------------------------------------------------------

static void
a_list_takes_items_anywhere(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap), *str = heap_str(heap, "x");
    assert_int_equal(tn_list_insert(list, 1, tn_int(1)), TN_EINDEX);
    assert_int_equal(tn_list_insert(list, 0, tn_int(2)), TN_OK);
    assert_int_equal(tn_list_insert(list, 0, tn_int(0)), TN_OK);
    assert_int_equal(tn_list_insert(list, 1, tn_ref(str)), TN_OK);
    assert_int_equal(tn_list_insert(list, 3, tn_int(3)), TN_OK);
    assert_int_equal(tn_list_insert(list, 0, TN_ABSENT), TN_EINVAL);
    const tn_value expected[] = {tn_int(0), tn_ref(str), tn_int(2), tn_int(3)};
    assert_int_equal(tn_list_len(list), 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(tn_is(tn_list_borrow(list, i), expected[i]));
    assert_int_equal(tn_refcount(str), 2);
    assert_int_equal(tn_list_delete(list, 1), TN_OK);
    assert_int_equal(tn_list_delete(list, 3), TN_EINDEX);
    assert_int_equal(tn_refcount(str), 1);
    tn_decref(str);
    tn_decref(list);
}

static void
a_dict_gives_what_it_loses(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *dict = tn_dict_new(heap), *str = heap_str(heap, "x");
    assert_int_equal(tn_dict_set(dict, tn_int(1), tn_ref(str)), TN_OK);
    assert_true(tn_is_absent(tn_dict_pop(dict, tn_int(2))));
    tn_value popped = tn_dict_pop(dict, tn_int(1));
    assert_true(tn_is(popped, tn_ref(str)));
    assert_int_equal(tn_dict_len(dict), 0);
    tn_decref_value(popped);
    assert_int_equal(tn_refcount(str), 1);
    tn_decref(str);
    tn_decref(dict);
}

static void
a_default_is_set_where_nothing_is(void **state)
{
    tn_object *dict = tn_dict_new(heap_fixture_heap(state));
    tn_value v;
    assert_int_equal(tn_dict_set_default(dict, tn_int(1), tn_int(10), &v), TN_OK);
    assert_true(tn_is(v, tn_int(10)));
    assert_int_equal(tn_dict_set_default(dict, tn_int(1), tn_int(20), &v), TN_OK);
    assert_true(tn_is(v, tn_int(10)));
    assert_int_equal(tn_dict_set_default(dict, tn_int(2), TN_ABSENT, &v), TN_EINVAL);
    assert_true(tn_is_absent(v));
    tn_decref(dict);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(each_container_is_walked_in_order),
        HEAP_TEST(a_dict_gives_its_values_too),
        HEAP_TEST(what_holds_nothing_is_not_iterated),
        HEAP_TEST(a_list_that_grew_or_shrank_is_noticed),
        HEAP_TEST(a_dict_notices_even_an_exchange),
        HEAP_TEST(a_dict_that_was_made_anew_is_another),
        HEAP_TEST(a_set_notices_even_an_exchange),
        HEAP_TEST(a_list_takes_items_anywhere),
        HEAP_TEST(a_dict_gives_what_it_loses),
        HEAP_TEST(a_default_is_set_where_nothing_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
