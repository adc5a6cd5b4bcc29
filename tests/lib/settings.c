// SPDX-License-Identifier: MIT
//
// The collector's settings and the lock on them: lib/src/gc/settings.c. What they bring about:
// automatic.c.
#include "heap_fixture.h"

static void
expect_settings(tn_heap *heap, tn_gc_settings expected)
{
    tn_gc_settings got;
    tn_gc_get_settings(heap, &got);
    assert_int_equal(got.enabled, expected.enabled);
    for (int g = 0; g < TN_GENERATIONS; g++)
        assert_int_equal(got.thresholds[g], expected.thresholds[g]);
    assert_int_equal(got.byte_threshold, expected.byte_threshold);
}

static const tn_gc_settings fresh = {.thresholds = {700, 10, 10}};
static const tn_gc_settings other = {true, {0, SIZE_MAX, 3}, 1 << 20};

static void
a_fresh_heap_is_disabled_with_pythons_thresholds(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    expect_settings(heap, fresh);
    assert_null(tn_gc_settings_holder(heap));
}

static void
what_is_set_is_what_is_read(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    assert_int_equal(tn_gc_set_settings(heap, &other, 0), TN_OK);
    expect_settings(heap, other);
}

static void
enabling_and_disabling_change_nothing_else(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_gc_settings expected = fresh;
    expected.enabled = true;
    assert_int_equal(tn_gc_enable(heap, 0), TN_OK);
    assert_int_equal(tn_gc_enable(heap, 0), TN_OK);
    expect_settings(heap, expected);
    assert_int_equal(tn_gc_disable(heap, 0), TN_OK);
    expect_settings(heap, fresh);
}

// --- The lock ------------------------------------------------------------------------------------

static void
nobody_without_the_key_changes_locked_settings(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_gc_key key;
    assert_int_equal(tn_gc_lock_settings(heap, "the host", &key), TN_OK);
    assert_int_not_equal(key, 0);
    assert_string_equal(tn_gc_settings_holder(heap), "the host");
    const tn_gc_key wrong[] = {0, key + 1, key ^ 1, ~key};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(tn_gc_enable(heap, wrong[i]), TN_ELOCKED);
        assert_int_equal(tn_gc_disable(heap, wrong[i]), TN_ELOCKED);
        assert_int_equal(tn_gc_set_settings(heap, &other, wrong[i]), TN_ELOCKED);
        assert_int_equal(tn_gc_unlock_settings(heap, wrong[i]), TN_ELOCKED);
        expect_settings(heap, fresh);
    }
    assert_int_equal(tn_gc_unlock_settings(heap, key), TN_OK);
}

static void
who_has_the_key_changes_them(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_gc_key key;
    assert_int_equal(tn_gc_lock_settings(heap, "the host", &key), TN_OK);
    assert_int_equal(tn_gc_set_settings(heap, &other, key), TN_OK);
    expect_settings(heap, other);
    assert_int_equal(tn_gc_disable(heap, key), TN_OK);
    assert_int_equal(tn_gc_enable(heap, key), TN_OK);
    expect_settings(heap, other);
    assert_int_equal(tn_gc_unlock_settings(heap, key), TN_OK);
}

static void
a_second_lock_is_refused_and_the_holder_stays(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_gc_key key, second = 77;
    assert_int_equal(tn_gc_lock_settings(heap, "first", &key), TN_OK);
    assert_int_equal(tn_gc_lock_settings(heap, "second", &second), TN_ELOCKED);
    assert_int_equal(second, 77);
    assert_string_equal(tn_gc_settings_holder(heap), "first");
    assert_int_equal(tn_gc_unlock_settings(heap, key), TN_OK);
}

static void
unlocking_lets_everybody_in_again(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_gc_key key;
    assert_int_equal(tn_gc_lock_settings(heap, "first", &key), TN_OK);
    assert_int_equal(tn_gc_unlock_settings(heap, key), TN_OK);
    assert_null(tn_gc_settings_holder(heap));
    assert_int_equal(tn_gc_unlock_settings(heap, key), TN_ELOCKED);
    assert_int_equal(tn_gc_unlock_settings(heap, 0), TN_ELOCKED);
    assert_int_equal(tn_gc_enable(heap, 0), TN_OK);
    assert_int_equal(tn_gc_disable(heap, key), TN_OK); // who still carries a key is everybody too
}

static void
the_key_of_an_earlier_lock_does_not_fit_the_next(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_gc_key first, second;
    assert_int_equal(tn_gc_lock_settings(heap, "a longer name", &first), TN_OK);
    assert_int_equal(tn_gc_unlock_settings(heap, first), TN_OK);
    assert_int_equal(tn_gc_lock_settings(heap, "short", &second), TN_OK);
    assert_string_equal(tn_gc_settings_holder(heap), "short");
    assert_int_equal(tn_gc_enable(heap, first), TN_ELOCKED);
    assert_int_equal(tn_gc_unlock_settings(heap, first), TN_ELOCKED);
    assert_int_equal(tn_gc_unlock_settings(heap, second), TN_OK);
}

static void
the_holders_name_is_copied_up_to_63_bytes(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    for (size_t len = 63; len <= 64; len++) {
        char name[80] = "";
        tn_gc_key key;
        memset(name, 'n', len);
        assert_int_equal(tn_gc_lock_settings(heap, name, &key), TN_OK);
        memset(name, 'x', len);
        const char *holder = tn_gc_settings_holder(heap);
        assert_int_equal(strlen(holder), 63);
        assert_int_equal(strspn(holder, "n"), 63);
        assert_int_equal(tn_gc_unlock_settings(heap, key), TN_OK);
    }
}

static void
two_heaps_are_locked_one_by_one(void **state)
{
    tn_heap *heap = heap_fixture_heap(state), *second = tn_heap_new(NULL);
    tn_gc_key key;
    assert_int_equal(tn_gc_lock_settings(heap, "the host", &key), TN_OK);
    assert_int_equal(tn_gc_enable(second, 0), TN_OK);
    assert_null(tn_gc_settings_holder(second));
    expect_settings(heap, fresh);
    assert_int_equal(tn_gc_unlock_settings(heap, key), TN_OK);
    assert_int_equal(tn_heap_free(second), 0);
}

static void
the_lock_does_not_stop_collections_that_are_asked_for_46(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    static const char *const slots[] = {"self", NULL};
    tn_gc_key key;
    assert_int_equal(tn_gc_lock_settings(heap, "the host", &key), TN_OK);
    tn_object *o = tn_new(heap, heap_type(heap, "Node", slots, 0));
    tn_slot_set_steal(o, 0, tn_ref(o));
    assert_int_equal(heap_collect(heap, 2), 1);
    assert_int_equal(tn_gc_freeze(heap, true), TN_OK);
    tn_gc_unfreeze(heap);
    assert_int_equal(tn_gc_unlock_settings(heap, key), TN_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_fresh_heap_is_disabled_with_pythons_thresholds),
        HEAP_TEST(what_is_set_is_what_is_read),
        HEAP_TEST(enabling_and_disabling_change_nothing_else),
        HEAP_TEST(nobody_without_the_key_changes_locked_settings),
        HEAP_TEST(who_has_the_key_changes_them),
        HEAP_TEST(a_second_lock_is_refused_and_the_holder_stays),
        HEAP_TEST(unlocking_lets_everybody_in_again),
        HEAP_TEST(the_key_of_an_earlier_lock_does_not_fit_the_next),
        HEAP_TEST(the_holders_name_is_copied_up_to_63_bytes),
        HEAP_TEST(two_heaps_are_locked_one_by_one),
        HEAP_TEST(the_lock_does_not_stop_collections_that_are_asked_for_46),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
