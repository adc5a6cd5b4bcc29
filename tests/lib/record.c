// SPDX-License-Identifier: MIT
//
// Where instances of types with a dictionary keep their attributes: lib/src/object/record.c; what
// happens beyond 30 names: move_apart in lib/src/containers/attributes.c.
#include "witness.h"

#include <tenure/containers.h>

enum { SHARED = 30 }; // names that the instances of a type share

static tn_type *
open_type(void **state)
{
    tn_type_spec spec = {.name = "Open", .layout = TN_LAYOUT_DICT};
    tn_type *type = NULL;
    assert_int_equal(tn_type_register(heap_fixture_heap(state), &spec, &type), TN_OK);
    return type;
}

static const char *
nth_name(int n)
{
    static char name[16];
    snprintf(name, sizeof name, "n%d", n);
    return name;
}

static void
set_nth(tn_object *o, int n)
{
    assert_int_equal(tn_set(o, nth_name(n), tn_int(n)), TN_OK);
}

static void
expect_nth(tn_object *o, int n, bool there)
{
    tn_value v;
    assert_int_equal(tn_get(o, nth_name(n), &v), there ? TN_OK : TN_EATTRIBUTE);
    assert_true(!there || tn_is(v, tn_int(n)));
}

// The attributes in their order, as digits.
static void
expect_order(tn_object *o, const char *digits)
{
    tn_object *vars = tn_vars(o);
    tn_value key, value;
    size_t cursor = 0;
    assert_int_equal(tn_dict_len(vars), strlen(digits));
    for (; *digits != '\0'; digits++) {
        assert_true(tn_dict_next(vars, &cursor, &key, &value));
        assert_string_equal(tn_str_data(tn_as_object(key)), nth_name(*digits - '0'));
        assert_true(tn_is(value, tn_int(*digits - '0')));
    }
    tn_decref(vars);
}

static tn_object *
with_three(tn_heap *heap, tn_type *type)
{
    tn_object *o = tn_new(heap, type);
    for (int i = 0; i < 3; i++)
        set_nth(o, i);
    return o;
}

static void
three_attributes_take_64_bytes_and_no_object(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = open_type(state);
    tn_object *first = with_three(heap, type), *second = with_three(heap, type);
    assert_int_equal(tn_sizeof(first), 64);
    assert_int_equal(tn_sizeof(second), 64);
    assert_int_equal(heap_current(heap), 128);
    tn_decref(first);
    tn_decref(second);
}

static void
an_instance_without_attributes_takes_32_bytes(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *o = tn_new(heap, open_type(state));
    assert_int_equal(tn_sizeof(o), 32);
    tn_decref(o);
}

static void
attributes_stand_in_the_order_in_which_they_were_set(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = open_type(state);
    tn_object *first = with_three(heap, type), *o = tn_new(heap, type);
    set_nth(o, 2);
    set_nth(o, 0);
    set_nth(o, 1);
    expect_order(o, "201");
    expect_order(first, "012");
    set_nth(o, 2); // again: it stays where it is
    expect_order(o, "201");
    assert_int_equal(tn_delete(o, "n2"), TN_OK);
    set_nth(o, 2);
    expect_order(o, "012");
    tn_decref(o);
    tn_decref(first);
}

static void
attributes_die_in_the_order_in_which_they_were_set(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = open_type(state), *witness = witness_type(heap);
    witness_log log = {{0}, 0};
    tn_object *first = with_three(heap, type), *o = tn_new(heap, type);
    static const int order[] = {1, 2, 0};
    for (int i = 0; i < 3; i++) {
        tn_object *child = witness_new(heap, witness, &log, order[i]);
        assert_int_equal(tn_set(o, nth_name(order[i]), tn_ref(child)), TN_OK);
        tn_decref(child);
    }
    tn_decref(o);
    heap_work_off(heap);
    witness_expect(&log, order, 3);
    tn_decref(first);
}

static void
a_value_that_is_replaced_dies(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *o = tn_new(heap, open_type(state)), *str = heap_str(heap, "former");
    assert_int_equal(tn_set(o, "n0", tn_ref(str)), TN_OK);
    tn_decref(str);
    assert_int_equal(heap_instances(heap, "str"), 1);
    set_nth(o, 0);
    assert_int_equal(heap_instances(heap, "str"), 0);
    tn_decref(o);
}

static void
names_are_shared_up_to_30_and_one_more_makes_a_dict(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *o = tn_new(heap, open_type(state));
    for (int i = 0; i < SHARED; i++)
        set_nth(o, i);
    assert_int_equal(heap_instances(heap, "dict"), 0);
    set_nth(o, SHARED);
    assert_int_equal(heap_instances(heap, "dict"), 1);
    for (int i = 0; i <= SHARED; i++)
        expect_nth(o, i, true);
    expect_nth(o, SHARED + 1, false);
    assert_true(tn_heap_check(heap));
    tn_decref(o);
}

static void
an_instance_whose_names_are_in_a_dict_behaves_as_the_others(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = open_type(state);
    tn_object *o = tn_new(heap, type), *other = tn_new(heap, type);
    for (int i = 0; i < 2 * SHARED; i++)
        set_nth(o, i);
    for (int i = 0; i < 2 * SHARED; i += 2)
        assert_int_equal(tn_delete(o, nth_name(i)), TN_OK);
    assert_int_equal(tn_delete(o, "n0"), TN_EATTRIBUTE);
    assert_string_equal(tn_last_message(heap), "'Open' object has no attribute 'n0'");
    for (int i = 0; i < 2 * SHARED; i++)
        expect_nth(o, i, i % 2 == 1);
    tn_object *vars = tn_vars(o);
    assert_int_equal(tn_dict_len(vars), SHARED);
    tn_decref(vars);
    set_nth(other, 3); // shares what the first one named
    assert_int_equal(heap_instances(heap, "dict"), 1);
    tn_decref(other);
    tn_decref(o);
}

static void
a_circle_through_attributes_is_collected(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = open_type(state);
    tn_object *a = tn_new(heap, type), *b = tn_new(heap, type);
    assert_int_equal(tn_set(a, "other", tn_ref(b)), TN_OK);
    assert_int_equal(tn_set(b, "other", tn_ref(a)), TN_OK);
    tn_decref(a);
    tn_decref(b);
    assert_int_equal(heap_collect(heap, 2), 2);
}

static void
a_circle_through_a_dict_of_attributes_is_collected(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *o = tn_new(heap, open_type(state));
    for (int i = 0; i < SHARED; i++)
        set_nth(o, i);
    assert_int_equal(tn_set(o, "self", tn_ref(o)), TN_OK);
    assert_int_equal(heap_collect(heap, 2), 0);
    assert_int_equal(tn_set(o, "self", tn_ref(o)), TN_OK);
    tn_decref(o);
    assert_int_equal(heap_collect(heap, 2), 2);
}

// Moving to a dict drops nothing that was held, and tells the collector what it has to know.
static void
a_move_to_a_dict_amid_a_collection_in_slices_loses_nothing(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = open_type(state);
    tn_object *o = tn_new(heap, type), *child = tn_new(heap, type);
    assert_int_equal(tn_set(o, "child", tn_ref(child)), TN_OK);
    tn_decref(child);
    tn_gc_result result = {0};
    for (int i = 0; !result.complete; i++) {
        assert_int_equal(tn_gc_step(heap, 0, &result), TN_OK);
        set_nth(o, i);
    }
    for (int i = 0; i <= SHARED; i++)
        set_nth(o, i);
    assert_int_equal(heap_instances(heap, "Open"), 2);
    assert_int_equal(heap_collect(heap, 2), 0);
    tn_value v;
    assert_int_equal(tn_get(o, "child", &v), TN_OK);
    tn_decref_value(v);
    tn_decref(o);
}

static void
many_random_attributes_are_what_a_dict_says(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    dice d;
    dice_init(&d, __func__);
    tn_type *type = open_type(state);
    for (int round = 0; round < 50; round++) {
        tn_object *o = tn_new(heap, type), *model = tn_dict_new(heap);
        int names = 1 + (int)dice_below(&d, 40);
        for (int i = 0; i < 200; i++) {
            const char *name = nth_name((int)dice_below(&d, (size_t)names));
            tn_object *key = heap_str(heap, name);
            if (dice_chance(&d, 33)) {
                tn_err err = tn_delete(o, name);
                assert_int_equal(err == TN_OK, tn_dict_delete(model, tn_ref(key)) == TN_OK);
            } else {
                assert_int_equal(tn_set(o, name, tn_int(i)), TN_OK);
                assert_int_equal(tn_dict_set(model, tn_ref(key), tn_int(i)), TN_OK);
            }
            tn_decref(key);
        }
        tn_object *vars = tn_vars(o);
        tn_value k, v, other_k, other_v;
        size_t cursor = 0, other = 0;
        while (tn_dict_next(model, &cursor, &k, &v)) {
            assert_true(tn_dict_next(vars, &other, &other_k, &other_v));
            assert_true(tn_str_equal(tn_as_object(k), tn_as_object(other_k)));
            assert_true(tn_is(v, other_v));
        }
        assert_int_equal(tn_dict_len(vars), tn_dict_len(model));
        tn_decref(vars);
        tn_decref(model);
        tn_decref(o);
    }
    assert_true(tn_heap_check(heap));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(three_attributes_take_64_bytes_and_no_object),
        HEAP_TEST(an_instance_without_attributes_takes_32_bytes),
        HEAP_TEST(attributes_stand_in_the_order_in_which_they_were_set),
        HEAP_TEST(attributes_die_in_the_order_in_which_they_were_set),
        HEAP_TEST(a_value_that_is_replaced_dies),
        HEAP_TEST(names_are_shared_up_to_30_and_one_more_makes_a_dict),
        HEAP_TEST(an_instance_whose_names_are_in_a_dict_behaves_as_the_others),
        HEAP_TEST(a_circle_through_attributes_is_collected),
        HEAP_TEST(a_circle_through_a_dict_of_attributes_is_collected),
        HEAP_TEST(a_move_to_a_dict_amid_a_collection_in_slices_loses_nothing),
        HEAP_TEST(many_random_attributes_are_what_a_dict_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
