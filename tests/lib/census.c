// SPDX-License-Identifier: MIT
//
// What each type has, and how much more than before: lib/src/inspect/census.c.
#include "heap_fixture.h"

#include <tenure/containers.h>

enum { ROWS = 16 };

static tn_census *
census_new(tn_heap *heap)
{
    tn_census *census = tn_census_new(heap);
    assert_non_null(census);
    return census;
}

static void
expect_row(const tn_census_row *row, const char *name, size_t objects, int64_t more)
{
    assert_string_equal(row->name, name);
    assert_int_equal(row->objects, objects);
    assert_int_equal(row->more_objects, more);
}

static tn_object *
lists_new(tn_heap *heap, size_t count)
{
    tn_object *all = tn_list_new(heap);
    for (size_t i = 1; i < count; i++)
        assert_int_equal(tn_list_append_steal(all, tn_ref(tn_list_new(heap))), TN_OK);
    return all;
}

static void
compared_with_nothing_everything_is_more(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *lists = lists_new(heap, 10), *dict = tn_dict_new(heap);
    tn_census *census = census_new(heap);
    tn_census_row rows[ROWS];
    assert_int_equal(tn_census_get(census, NULL, rows, ROWS), 2);
    expect_row(&rows[0], "list", 10, 10);
    expect_row(&rows[1], "dict", 1, 1);
    assert_int_equal(rows[0].bytes + rows[1].bytes, heap_current(heap));
    assert_int_equal(rows[0].more_bytes, rows[0].bytes);
    tn_census_free(census);
    tn_decref(lists);
    tn_decref(dict);
}

static void
what_grew_most_comes_first_and_what_shrank_last(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *lists = lists_new(heap, 10), *dict = tn_dict_new(heap);
    tn_census *before = census_new(heap);
    tn_decref(lists);
    tn_object *str = heap_str(heap, "a text that is longer than the dict is"), *more[5];
    for (int i = 0; i < 5; i++)
        more[i] = tn_dict_new(heap);
    tn_census *after = census_new(heap);
    tn_census_row rows[ROWS];
    assert_int_equal(tn_census_get(after, before, rows, ROWS), 3);
    expect_row(&rows[0], "dict", 6, 5);
    expect_row(&rows[1], "str", 1, 1);
    expect_row(&rows[2], "list", 0, -10);
    assert_true(rows[2].more_bytes < 0);
    for (int i = 0; i < 5; i++)
        tn_decref(more[i]);
    tn_decref(str);
    tn_decref(dict);
    tn_census_free(before);
    tn_census_free(after);
}

static void
what_did_not_change_is_shown_with_no_growth(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    tn_census *before = census_new(heap), *after = census_new(heap);
    tn_census_row rows[ROWS];
    assert_int_equal(tn_census_get(after, before, rows, ROWS), 1);
    expect_row(&rows[0], "list", 1, 0);
    assert_int_equal(rows[0].more_bytes, 0);
    tn_census_free(before);
    tn_census_free(after);
    tn_decref(list);
}

static void
types_may_be_added_between_two(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_census *before = census_new(heap);
    tn_type *index = heap_type(heap, "index", NULL, TN_DOMAIN);
    tn_object *o = tn_new(heap, heap_type(heap, "Late", NULL, 0));
    void *buffer = tn_buffer_alloc(heap, index, 1000);
    tn_census *after = census_new(heap);
    tn_census_row rows[ROWS];
    assert_int_equal(tn_census_get(after, before, rows, ROWS), 2);
    expect_row(&rows[0], "index", 0, 0);
    assert_int_equal(rows[0].more_bytes, tn_buffer_occupies(1000));
    expect_row(&rows[1], "Late", 1, 1);
    assert_int_equal(tn_census_get(before, after, rows, ROWS), 0); // it knows neither of them
    tn_buffer_free(heap, index, buffer, 1000);
    tn_decref(o);
    tn_census_free(before);
    tn_census_free(after);
}

static void
with_few_rows_those_that_grew_most_are_given(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    static const size_t sizes[] = {300, 500, 100, 400, 200, 600};
    tn_type *domains[6];
    void *buffers[6];
    for (int i = 0; i < 6; i++) {
        domains[i] = heap_type(heap, names[i], NULL, TN_DOMAIN);
        buffers[i] = tn_buffer_alloc(heap, domains[i], sizes[i]);
    }
    tn_census *census = census_new(heap);
    tn_census_row rows[3];
    assert_int_equal(tn_census_get(census, NULL, rows, 3), 6);
    expect_row(&rows[0], "f", 0, 0);
    expect_row(&rows[1], "b", 0, 0);
    expect_row(&rows[2], "d", 0, 0);
    assert_int_equal(tn_census_get(census, NULL, NULL, 0), 6);
    tn_census_free(census);
    for (int i = 0; i < 6; i++)
        tn_buffer_free(heap, domains[i], buffers[i], sizes[i]);
}

static void
a_census_holds_nothing(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    tn_census *census = census_new(heap);
    assert_int_equal(tn_refcount(list), 1);
    tn_decref(list);
    assert_int_equal(heap_current(heap), 0);
    tn_census_free(census);
    tn_census_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(compared_with_nothing_everything_is_more),
        HEAP_TEST(what_grew_most_comes_first_and_what_shrank_last),
        HEAP_TEST(what_did_not_change_is_shown_with_no_growth),
        HEAP_TEST(types_may_be_added_between_two),
        HEAP_TEST(with_few_rows_those_that_grew_most_are_given),
        HEAP_TEST(a_census_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
