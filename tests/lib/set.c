// SPDX-License-Identifier: MIT
//
// Sets and frozen sets: lib/src/containers/set.c.
#include "witness.h"

#include <tenure/containers.h>

enum { FEW = 8, MANY = 1000 };

static void
a_new_set_is_empty_and_tracked(void **state)
{
    tn_object *set = tn_set_new(heap_fixture_heap(state));
    assert_int_equal(tn_set_len(set), 0);
    assert_true(tn_is_set(tn_ref(set)) && !tn_is_frozenset(tn_ref(set)));
    assert_true(tn_gc_is_tracked(set));
    assert_false(tn_set_has(set, tn_int(1)));
    assert_int_equal(tn_sizeof(set), 32);
    tn_decref(set);
}

static void
a_member_is_there_once(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *set = tn_set_new(heap), *a = heap_str(heap, "a"), *other = heap_str(heap, "a");
    assert_int_equal(tn_set_add(set, tn_ref(a)), TN_OK);
    assert_int_equal(tn_set_add(set, tn_ref(other)), TN_OK);
    assert_int_equal(tn_set_len(set), 1);
    assert_int_equal(tn_refcount(a), 2);
    assert_int_equal(tn_refcount(other), 1);
    assert_true(tn_set_has(set, tn_ref(other)));
    assert_true(tn_set_has_str(set, "a", 1));
    assert_false(tn_set_has_str(set, "b", 1));
    tn_decref(a);
    tn_decref(other);
    tn_decref(set);
}

static void
members_are_compared_as_keys_are(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *set = tn_set_new(heap), *one = tn_float_new(heap, 1.0), *list = tn_list_new(heap);
    assert_int_equal(tn_set_add(set, tn_int(1)), TN_OK);
    assert_true(tn_set_has(set, tn_ref(one)));
    assert_false(tn_set_has(set, TN_TRUE));
    assert_int_equal(tn_set_add(set, tn_ref(list)), TN_OK);
    tn_object *equal = tn_list_new(heap);
    assert_false(tn_set_has(set, tn_ref(equal)));
    tn_decref(equal);
    tn_decref(list);
    tn_decref(one);
    tn_decref(set);
}

static void
absent_is_no_member(void **state)
{
    tn_object *set = tn_set_new(heap_fixture_heap(state));
    assert_int_equal(tn_set_add(set, TN_ABSENT), TN_EINVAL);
    assert_int_equal(tn_set_remove(set, TN_ABSENT), TN_EKEY);
    assert_false(tn_set_has(set, TN_ABSENT));
    tn_decref(set);
}

static void
who_is_removed_may_come_again(void **state)
{
    tn_object *set = tn_set_new(heap_fixture_heap(state));
    for (int i = 0; i < MANY; i++)
        assert_int_equal(tn_set_add(set, tn_int(i)), TN_OK);
    for (int i = 0; i < MANY; i += 2)
        assert_int_equal(tn_set_remove(set, tn_int(i)), TN_OK);
    assert_int_equal(tn_set_remove(set, tn_int(0)), TN_EKEY);
    assert_int_equal(tn_set_len(set), MANY / 2);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(tn_set_has(set, tn_int(i)), i % 2 == 1);
    assert_int_equal(tn_set_add(set, tn_int(0)), TN_OK);
    assert_true(tn_heap_check(heap_fixture_heap(state)));
    tn_set_clear(set);
    assert_int_equal(tn_set_len(set), 0);
    assert_int_equal(tn_sizeof(set), 32);
    tn_decref(set);
}

static void
a_set_behaves_alike_with_and_without_an_index(void **state)
{
    for (int n = FEW - 1; n <= FEW + 1; n++) {
        tn_object *set = tn_set_new(heap_fixture_heap(state));
        for (int i = 0; i < n; i++)
            assert_int_equal(tn_set_add(set, tn_int(i)), TN_OK);
        for (int i = 0; i <= n; i++)
            assert_int_equal(tn_set_has(set, tn_int(i)), i < n);
        assert_int_equal(tn_set_len(set), n);
        tn_decref(set);
    }
}

static void
churn_does_not_grow_a_set(void **state)
{
    tn_object *set = tn_set_new(heap_fixture_heap(state));
    for (int i = 0; i < 100 * MANY; i++) {
        assert_int_equal(tn_set_add(set, tn_int(i)), TN_OK);
        assert_int_equal(tn_set_remove(set, tn_int(i)), TN_OK);
    }
    assert_true(tn_sizeof(set) <= 256);
    tn_decref(set);
}

static void
a_circle_through_a_set_is_collected(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *set = tn_set_new(heap);
    assert_int_equal(tn_set_add(set, tn_ref(set)), TN_OK);
    tn_decref(set);
    assert_int_equal(heap_collect(heap, 2), 1);
}

static void
a_frozen_set_has_each_value_once(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    const tn_value values[] = {tn_int(1), tn_int(2), tn_int(1)};
    tn_object *frozen = tn_frozenset_new(heap, values, 3);
    assert_int_equal(tn_set_len(frozen), 2);
    assert_true(tn_is_frozenset(tn_ref(frozen)) && !tn_is_set(tn_ref(frozen)));
    assert_true(tn_set_has(frozen, tn_int(2)) && !tn_set_has(frozen, tn_int(3)));
    assert_false(tn_gc_is_tracked(frozen));
    tn_object *empty = tn_frozenset_new(heap, NULL, 0);
    assert_int_equal(tn_set_len(empty), 0);
    tn_decref(empty);
    tn_decref(frozen);
}

static void
a_frozen_set_is_tracked_if_a_member_is(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    const tn_value values[] = {tn_ref(list)};
    tn_object *frozen = tn_frozenset_new(heap, values, 1);
    assert_true(tn_gc_is_tracked(frozen));
    assert_int_equal(tn_list_append_steal(list, tn_ref(frozen)), TN_OK);
    tn_decref(list);
    assert_int_equal(heap_collect(heap, 2), 2);
}

// Nothing is read of so many.
static void
a_count_beyond_all_room_gives_null(void **state)
{
    const tn_value value = tn_int(1);
    size_t beyond = ((size_t)1 << 30) + 1;
    assert_null(tn_frozenset_new(heap_fixture_heap(state), &value, beyond));
}

static void
sets_are_compared_by_their_members(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    const tn_value values[] = {tn_int(1), tn_int(2)};
    tn_object *frozen = tn_frozenset_new(heap, values, 2), *set = tn_set_new(heap);
    assert_int_equal(tn_set_add(set, tn_int(2)), TN_OK);
    assert_true(tn_set_is_subset(set, frozen));
    assert_false(tn_set_is_subset(frozen, set) || tn_set_equal(set, frozen));
    assert_int_equal(tn_set_add(set, tn_int(1)), TN_OK);
    assert_true(tn_set_equal(set, frozen) && tn_set_equal(frozen, set));
    tn_decref(set);
    tn_decref(frozen);
}

static void
any_sequence_of_changes_leaves_what_the_model_holds(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    dice d;
    dice_init(&d, __func__);
    tn_object *set = tn_set_new(heap);
    bool model[64] = {false};
    for (int i = 0; i < 20000; i++) {
        size_t n = dice_below(&d, 64);
        if (dice_chance(&d, 50)) {
            DICE_ASSERT(&d, tn_set_add(set, tn_int((int64_t)n)) == TN_OK);
            model[n] = true;
        } else {
            DICE_ASSERT(&d, (tn_set_remove(set, tn_int((int64_t)n)) == TN_OK) == model[n]);
            model[n] = false;
        }
    }
    size_t len = 0;
    for (int n = 0; n < 64; n++) {
        DICE_ASSERT(&d, tn_set_has(set, tn_int(n)) == model[n]);
        len += model[n];
    }
    DICE_ASSERT(&d, tn_set_len(set) == len);
    DICE_ASSERT(&d, tn_heap_check(heap));
    tn_decref(set);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_new_set_is_empty_and_tracked),
        HEAP_TEST(a_member_is_there_once),
        HEAP_TEST(members_are_compared_as_keys_are),
        HEAP_TEST(absent_is_no_member),
        HEAP_TEST(who_is_removed_may_come_again),
        HEAP_TEST(a_set_behaves_alike_with_and_without_an_index),
        HEAP_TEST(churn_does_not_grow_a_set),
        HEAP_TEST(a_circle_through_a_set_is_collected),
        HEAP_TEST(a_frozen_set_has_each_value_once),
        HEAP_TEST(a_frozen_set_is_tracked_if_a_member_is),
        HEAP_TEST(a_count_beyond_all_room_gives_null),
        HEAP_TEST(sets_are_compared_by_their_members),
        HEAP_TEST(any_sequence_of_changes_leaves_what_the_model_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
