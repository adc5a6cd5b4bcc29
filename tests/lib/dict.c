// SPDX-License-Identifier: MIT
//
// dict: lib/src/containers/dict.c, alone and beside a plain array as its model.
#include "witness.h"

#include <tenure/containers.h>

static void
a_new_dict_is_empty_and_tracked(void **state)
{
    tn_object *dict = tn_dict_new(heap_fixture_heap(state));
    size_t cursor = 0;
    tn_value key, value;
    assert_int_equal(tn_dict_len(dict), 0);
    assert_true(tn_is_dict(tn_ref(dict)));
    assert_false(tn_is_dict(TN_NONE));
    assert_true(tn_gc_is_tracked(dict));
    assert_false(tn_dict_next(dict, &cursor, &key, &value));
    tn_decref(dict);
}

static void
strings_are_compared_by_content(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *dict = tn_dict_new(heap);
    tn_object *a = heap_str(heap, "name"), *b = heap_str(heap, "name");
    assert_int_equal(tn_dict_set(dict, tn_ref(a), tn_int(1)), TN_OK);
    assert_int_equal(tn_as_int(tn_dict_borrow(dict, tn_ref(b))), 1);
    assert_int_equal(tn_as_int(tn_dict_borrow_str(dict, "name", 4)), 1);
    assert_true(tn_is_absent(tn_dict_borrow_str(dict, "nam", 3)));
    assert_int_equal(tn_dict_set(dict, tn_ref(b), tn_int(2)), TN_OK);
    assert_int_equal(tn_dict_len(dict), 1);
    tn_decref(a);
    tn_decref(b);
    tn_decref(dict);
}

static void
other_objects_are_compared_by_identity(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *dict = tn_dict_new(heap), *a = tn_list_new(heap), *b = tn_list_new(heap);
    assert_int_equal(tn_dict_set(dict, tn_ref(a), tn_int(1)), TN_OK);
    assert_true(tn_is_absent(tn_dict_borrow(dict, tn_ref(b))));
    assert_int_equal(tn_as_int(tn_dict_borrow(dict, tn_ref(a))), 1);
    tn_decref(a);
    tn_decref(b);
    tn_decref(dict);
}

static void
integers_booleans_and_none_are_keys_of_their_own(void **state)
{
    const tn_value keys[] = {tn_int(0), tn_int(1), tn_int(-1), TN_TRUE, TN_FALSE, TN_NONE};
    tn_object *dict = tn_dict_new(heap_fixture_heap(state));
    for (int i = 0; i < 6; i++)
        assert_int_equal(tn_dict_set(dict, keys[i], tn_int(i)), TN_OK);
    for (int i = 0; i < 6; i++)
        assert_int_equal(tn_as_int(tn_dict_borrow(dict, keys[i])), i);
    tn_decref(dict);
}

static void
absent_is_neither_a_key_nor_a_value(void **state)
{
    tn_object *dict = tn_dict_new(heap_fixture_heap(state));
    assert_int_equal(tn_dict_set(dict, TN_ABSENT, tn_int(1)), TN_EINVAL);
    assert_int_equal(tn_dict_set(dict, tn_int(1), TN_ABSENT), TN_EINVAL);
    assert_int_equal(tn_dict_len(dict), 0);
    assert_int_equal(tn_dict_delete(dict, tn_int(1)), TN_EKEY);
    tn_decref(dict);
}

static void
a_dict_holds_its_keys_and_its_values(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *dict = tn_dict_new(heap), *key = heap_str(heap, "k"), *value = heap_str(heap, "v");
    assert_int_equal(tn_dict_set(dict, tn_ref(key), tn_ref(value)), TN_OK);
    assert_int_equal(tn_refcount(key), 2);
    assert_int_equal(tn_refcount(value), 2);
    tn_decref_value(tn_dict_get(dict, tn_ref(key)));
    assert_int_equal(tn_refcount(value), 2);
    assert_int_equal(tn_dict_delete(dict, tn_ref(key)), TN_OK);
    assert_int_equal(tn_refcount(key), 1);
    assert_int_equal(tn_refcount(value), 1);
    tn_decref(key);
    tn_decref(value);
    tn_decref(dict);
}

static tn_object *
dict_of_witnesses(tn_heap *heap, witness_log *log)
{
    tn_type *type = witness_type(heap);
    tn_object *dict = tn_dict_new(heap);
    for (int number = 0; number < 5; number++) {
        tn_object *o = witness_new(heap, type, log, number);
        assert_int_equal(tn_dict_set(dict, tn_int(100 - number), tn_ref(o)), TN_OK);
        tn_decref(o);
    }
    return dict;
}

static void
values_die_in_the_order_of_insertion(void **state)
{
    witness_log log = {.count = 0};
    tn_object *dict = dict_of_witnesses(heap_fixture_heap(state), &log);
    assert_int_equal(tn_dict_delete(dict, tn_int(98)), TN_OK);
    WITNESS_EXPECT(&log, 2);
    tn_decref(dict);
    WITNESS_EXPECT(&log, 0, 1, 3, 4);
}

static void
a_cleared_dict_is_empty_and_usable(void **state)
{
    witness_log log = {.count = 0};
    tn_object *dict = dict_of_witnesses(heap_fixture_heap(state), &log);
    tn_dict_clear(dict);
    WITNESS_EXPECT(&log, 0, 1, 2, 3, 4);
    assert_int_equal(tn_dict_len(dict), 0);
    assert_int_equal(tn_dict_set(dict, tn_int(1), tn_int(2)), TN_OK);
    assert_int_equal(tn_as_int(tn_dict_borrow(dict, tn_int(1))), 2);
    tn_decref(dict);
}

static void
a_value_may_be_replaced_during_a_walk(void **state)
{
    tn_object *dict = tn_dict_new(heap_fixture_heap(state));
    size_t cursor = 0;
    tn_value key, value;
    for (int i = 0; i < 10; i++)
        assert_int_equal(tn_dict_set(dict, tn_int(i), tn_int(0)), TN_OK);
    int steps = 0;
    while (tn_dict_next(dict, &cursor, &key, &value)) {
        assert_int_equal(tn_as_int(key), steps++);
        assert_int_equal(tn_dict_set(dict, key, tn_int(steps)), TN_OK);
    }
    assert_int_equal(steps, 10);
    assert_int_equal(tn_as_int(tn_dict_borrow(dict, tn_int(9))), 10);
    tn_decref(dict);
}

static void
a_dict_may_hold_itself(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *dict = tn_dict_new(heap);
    assert_int_equal(tn_dict_set(dict, tn_ref(dict), tn_ref(dict)), TN_OK);
    assert_int_equal(tn_refcount(dict), 3);
    tn_decref(dict);
    assert_int_equal(heap_collect(heap, 2), 1);
}

static void
churn_under_new_keys_does_not_grow_the_dict(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *dict = tn_dict_new(heap);
    for (int i = 0; i < 20000; i++) {
        assert_int_equal(tn_dict_set(dict, tn_int(i), tn_int(i)), TN_OK);
        if (i >= 10)
            assert_int_equal(tn_dict_delete(dict, tn_int(i - 10)), TN_OK);
    }
    assert_int_equal(tn_dict_len(dict), 10);
    assert_true(tn_sizeof(dict) < 4096);
    tn_decref(dict);
}

// --- Beside a model ------------------------------------------------------------------------------

enum { UNIVERSE = 120 };

// Keys in the order of insertion; keys and values are their numbers.
typedef struct model {
    int keys[UNIVERSE], values[UNIVERSE];
    int used;
    tn_object *objects[UNIVERSE]; // the keys that are objects
} model;

static int
model_find(const model *m, int key)
{
    for (int i = 0; i < m->used; i++) {
        if (m->keys[i] == key)
            return i;
    }
    return -1;
}

static void
model_set(model *m, int key, int value)
{
    int at = model_find(m, key);
    if (at < 0)
        m->keys[at = m->used++] = key;
    m->values[at] = value;
}

static bool
model_delete(model *m, int key)
{
    int at = model_find(m, key);
    if (at < 0)
        return false;
    m->used--;
    for (int i = at; i < m->used; i++) {
        m->keys[i] = m->keys[i + 1];
        m->values[i] = m->values[i + 1];
    }
    return true;
}

// A third integers, a third strings made anew each time, a third objects. The caller drops it.
static tn_value
key_new(tn_heap *heap, const model *m, int key)
{
    char text[16];
    if (key % 3 == 0)
        return tn_int(key * INT64_C(4294967296));
    if (key % 3 == 1)
        return tn_incref_value(tn_ref(m->objects[key]));
    snprintf(text, sizeof text, "key %d", key);
    return tn_ref(heap_str(heap, text));
}

static void
compare(dice *d, const tn_object *dict, tn_heap *heap, const model *m)
{
    size_t cursor = 0;
    tn_value key, value;
    DICE_ASSERT(d, tn_dict_len(dict) == (size_t)m->used);
    for (int i = 0; i < m->used; i++) {
        DICE_ASSERT(d, tn_dict_next(dict, &cursor, &key, &value));
        DICE_ASSERT(d, tn_as_int(value) == m->values[i]);
        tn_value expected = key_new(heap, m, m->keys[i]);
        DICE_ASSERT(d, tn_is_str(key) ? tn_str_equal(tn_as_object(key), tn_as_object(expected))
                                      : tn_is(key, expected));
        tn_decref_value(expected);
    }
    DICE_ASSERT(d, !tn_dict_next(dict, &cursor, &key, &value));
}

static void
change_one(dice *d, tn_object *dict, tn_heap *heap, model *m, unsigned deletions)
{
    int number = (int)dice_below(d, UNIVERSE), value = (int)dice_below(d, 1000);
    tn_value key = key_new(heap, m, number);
    if (dice_chance(d, deletions)) {
        tn_err expected = model_delete(m, number) ? TN_OK : TN_EKEY;
        DICE_ASSERT(d, tn_dict_delete(dict, key) == expected);
    } else {
        DICE_ASSERT(d, tn_dict_set(dict, key, tn_int(value)) == TN_OK);
        model_set(m, number, value);
    }
    int at = model_find(m, number);
    tn_value found = tn_dict_borrow(dict, key);
    DICE_ASSERT(d, at < 0 ? tn_is_absent(found) : tn_as_int(found) == m->values[at]);
    tn_decref_value(key);
}

static void
any_sequence_of_changes_leaves_what_the_model_holds(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *dict = tn_dict_new(heap);
    model m = {.used = 0};
    dice d;
    unsigned deletions = 20;
    dice_init(&d, "dict");
    for (int i = 1; i < UNIVERSE; i += 3)
        m.objects[i] = tn_list_new(heap);
    for (size_t i = support_scaled(200000); i > 0; i--) {
        if (i % 1000 == 0)
            deletions = 10 + (unsigned)dice_below(&d, 80);
        change_one(&d, dict, heap, &m, deletions);
        if (i % 100 == 0)
            compare(&d, dict, heap, &m);
    }
    tn_decref(dict);
    for (int i = 0; i < UNIVERSE; i++)
        tn_decref(m.objects[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_new_dict_is_empty_and_tracked),
        HEAP_TEST(strings_are_compared_by_content),
        HEAP_TEST(other_objects_are_compared_by_identity),
        HEAP_TEST(integers_booleans_and_none_are_keys_of_their_own),
        HEAP_TEST(absent_is_neither_a_key_nor_a_value),
        HEAP_TEST(a_dict_holds_its_keys_and_its_values),
        HEAP_TEST(values_die_in_the_order_of_insertion),
        HEAP_TEST(a_cleared_dict_is_empty_and_usable),
        HEAP_TEST(a_value_may_be_replaced_during_a_walk),
        HEAP_TEST(a_dict_may_hold_itself),
        HEAP_TEST(churn_under_new_keys_does_not_grow_the_dict),
        HEAP_TEST(any_sequence_of_changes_leaves_what_the_model_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
