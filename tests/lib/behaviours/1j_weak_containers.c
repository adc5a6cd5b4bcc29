// SPDX-License-Identifier: MIT
//
// 1J: weak containers; for the finalizers see 1j_finalizers.c.
#include "recorder.h"

#include <tenure/containers.h>

enum { MANY = 100 };

static tn_type *
weak_type(tn_heap *heap)
{
    static const char *const slots[] = {"other", NULL};
    return heap_type(heap, "Weak", slots, TN_WEAK);
}

static void
set(tn_object *map, int64_t key, tn_object *o)
{
    assert_int_equal(tn_weakmap_set(map, tn_int(key), o), TN_OK);
}

// Objects in a list, which alone keeps them, and in a map under their numbers.
typedef struct world {
    tn_heap *heap;
    tn_object *map, *list;
    size_t seen;
} world;

static world
make_world(void **state, size_t count)
{
    tn_heap *heap = heap_fixture_heap(state);
    world w = {heap, tn_weakmap_new(heap), tn_list_new(heap), 0};
    tn_type *type = weak_type(heap);
    for (size_t i = 0; i < count; i++) {
        tn_object *o = tn_new(heap, type);
        set(w.map, (int64_t)i, o);
        assert_int_equal(tn_list_append_steal(w.list, tn_ref(o)), TN_OK);
    }
    return w;
}

static void
end_world(world *w)
{
    tn_decref(w->list);
    heap_work_off(w->heap);
    assert_int_equal(tn_weakmap_len(w->map), 0);
    tn_decref(w->map);
}

// The list's last one dies.
static void
let_one_die(world *w)
{
    assert_int_equal(tn_list_delete(w->list, tn_list_len(w->list) - 1), TN_OK);
}

// --- The map of weak values ----------------------------------------------------------------------

static void
the_death_of_a_value_removes_its_entry_at_once_116(void **state)
{
    world w = make_world(state, 2);
    let_one_die(&w);
    assert_int_equal(tn_weakmap_len(w.map), 1);
    assert_null(tn_weakmap_borrow(w.map, tn_int(1)));
    end_world(&w);
}

static bool
fail_at_an_entry(tn_value key, tn_object *o, void *arg)
{
    fail_msg("the map has an entry");
    return false;
}

static void
expect_empty(tn_object *weak, void *map)
{
    assert_int_equal(tn_weakmap_len(map), 0);
    assert_null(tn_weakmap_get(map, tn_int(1)));
    assert_int_equal(tn_weakmap_each(map, fail_at_an_entry, NULL), TN_OK);
}

static void
callbacks_find_no_entry_of_what_died_117(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *map = tn_weakmap_new(log.heap), *o = recorder_new(&log, 1);
    tn_object *watch = recorder_watch_with(&log, o, 1, expect_empty, map);
    set(map, 1, o);
    tn_decref(o);
    recorder_expect(&log, "F1 D1 W1");
    tn_decref(watch);
    tn_decref(map);
}

static void
what_waits_to_be_destroyed_is_never_given_117(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = weak_type(heap);
    tn_object *map = tn_weakmap_new(heap), *first = tn_new(heap, type), *second;
    second = tn_new(heap, type);
    set(map, 1, second);
    tn_slot_set_steal(first, 0, tn_ref(second));
    tn_set_drop_budget(heap, 1);
    tn_decref(first);
    assert_int_equal(heap_instances(heap, "Weak"), 1);
    expect_empty(NULL, map);
    tn_decref(map);
}

static void
a_death_removes_only_what_still_holds_the_dead_118(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = weak_type(heap);
    tn_object *map = tn_weakmap_new(heap), *former = tn_new(heap, type), *now = tn_new(heap, type);
    set(map, 1, former);
    set(map, 1, now);
    assert_false(tn_weakmap_remove(map, tn_int(1), former));
    tn_decref(former);
    assert_ptr_equal(tn_weakmap_borrow(map, tn_int(1)), now);
    assert_true(tn_weakmap_remove(map, tn_int(1), now));
    assert_int_equal(tn_weakmap_len(map), 0);
    tn_decref(now);
    tn_decref(map);
}

static bool
let_one_more_die(tn_value key, tn_object *o, void *arg)
{
    world *w = arg;
    w->seen++;
    if (tn_list_len(w->list) > 0)
        let_one_die(w);
    assert_int_equal(tn_weakmap_len(w->map), tn_list_len(w->list) + (tn_refcount(o) == 1));
    return true;
}

// Each visit lets the last one die, so the second half is dead when its turn comes.
static void
a_walk_leaves_out_what_dies_meanwhile_119(void **state)
{
    world w = make_world(state, MANY);
    assert_int_equal(tn_weakmap_each(w.map, let_one_more_die, &w), TN_OK);
    assert_int_equal(w.seen, MANY / 2);
    assert_int_equal(tn_weakmap_len(w.map), MANY / 2);
    end_world(&w);
}

static bool
add_another(tn_value key, tn_object *o, void *arg)
{
    world *w = arg;
    w->seen++;
    set(w->map, MANY + (int64_t)w->seen, o);
    return true;
}

// As CPython since 3.14, for the price of a copy.
static void
a_walk_shows_the_entries_as_they_were_at_its_start_120(void **state)
{
    world w = make_world(state, MANY);
    assert_int_equal(tn_weakmap_each(w.map, add_another, &w), TN_OK);
    assert_int_equal(w.seen, MANY);
    assert_int_equal(tn_weakmap_len(w.map), 2 * MANY);
    end_world(&w);
}

static bool
clear_and_set_again(tn_value key, tn_object *o, void *arg)
{
    world *w = arg;
    w->seen++;
    tn_weakmap_clear(w->map);
    assert_int_equal(tn_weakmap_set(w->map, key, o), TN_OK);
    return true;
}

// CPython raised an error here up to 3.13: "changed size".
static void
a_walk_minds_no_change_of_the_map_121(void **state)
{
    world w = make_world(state, MANY);
    assert_int_equal(tn_weakmap_each(w.map, clear_and_set_again, &w), TN_OK);
    assert_int_equal(w.seen, MANY);
    assert_int_equal(tn_weakmap_len(w.map), 1);
    end_world(&w);
}

static bool
delete_one_and_let_one_die(tn_value key, tn_object *o, void *arg)
{
    world *w = arg;
    size_t before = tn_weakmap_len(w->map);
    w->seen++;
    assert_int_equal(tn_weakmap_delete(w->map, key), TN_OK);
    assert_int_equal(tn_weakmap_len(w->map), before - 1);
    let_one_die(w);
    assert_int_equal(tn_weakmap_len(w->map), before - 2);
    return true;
}

static void
the_length_is_exact_while_entries_die_and_are_deleted_in_a_walk_122(void **state)
{
    world w = make_world(state, MANY);
    assert_int_equal(tn_weakmap_each(w.map, delete_one_and_let_one_die, &w), TN_OK);
    assert_int_equal(w.seen, MANY / 2);
    assert_int_equal(tn_weakmap_len(w.map), 0);
    end_world(&w);
}

static void
the_length_is_exact_when_rings_die_122(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *map = tn_weakmap_new(log.heap), *live = recorder_new(&log, 9);
    for (int i = 0; i < 10; i++)
        set(map, i, recorder_ring(&log, 1, 1));
    set(map, 10, live);
    assert_int_equal(tn_weakmap_len(map), 11);
    assert_int_equal(heap_collect(log.heap, 2), 10);
    assert_int_equal(tn_weakmap_len(map), 1);
    tn_decref(live);
    assert_int_equal(tn_weakmap_len(map), 0);
    tn_decref(map);
}

static void
set_default_gives_who_lives_or_sets_another_123(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = weak_type(heap);
    tn_object *map = tn_weakmap_new(heap), *a = tn_new(heap, type), *b = tn_new(heap, type), *got;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(tn_weakmap_set_default(map, tn_int(1), i == 0 ? a : b, &got), TN_OK);
        assert_ptr_equal(got, a);
        tn_decref(got);
    }
    tn_decref(a);
    assert_int_equal(tn_weakmap_set_default(map, tn_int(1), b, &got), TN_OK);
    assert_ptr_equal(got, b);
    tn_decref(got);
    tn_decref(b);
    tn_decref(map);
}

static void
pop_takes_out_who_lives_and_update_sets_all_123(void **state)
{
    world w = make_world(state, 3);
    tn_object *other = tn_weakmap_new(w.heap), *got;
    let_one_die(&w);
    assert_null(tn_weakmap_pop(w.map, tn_int(2)));
    assert_int_equal(tn_weakmap_update(other, w.map), TN_OK);
    assert_int_equal(tn_weakmap_len(other), 2);
    got = tn_weakmap_pop(w.map, tn_int(0));
    assert_true(tn_is(tn_list_borrow(w.list, 0), tn_ref(got)));
    tn_decref(got);
    tn_value key;
    got = tn_weakmap_pop_any(w.map, &key);
    assert_true(tn_is(key, tn_int(1)));
    tn_decref(got);
    assert_null(tn_weakmap_pop_any(w.map, &key));
    assert_int_equal(tn_weakmap_len(other), 2);
    tn_decref(other);
    end_world(&w);
}

static void
a_copy_keeps_nothing_alive_124(void **state)
{
    world w = make_world(state, MANY);
    tn_object *copy = tn_weakmap_copy(w.map);
    assert_int_equal(tn_weakmap_len(copy), MANY);
    for (int64_t i = 0; i < MANY; i++)
        assert_int_equal(tn_refcount(tn_weakmap_borrow(copy, tn_int(i))), 1);
    let_one_die(&w);
    assert_int_equal(tn_weakmap_len(copy), MANY - 1);
    assert_int_equal(tn_weakmap_len(w.map), MANY - 1);
    end_world(&w);
    assert_int_equal(tn_weakmap_len(copy), 0);
    tn_decref(copy);
}

static void
a_map_may_die_before_what_is_in_it_125(void **state)
{
    world w = make_world(state, MANY);
    tn_decref(w.map);
    for (int i = 0; i < MANY; i++)
        let_one_die(&w);
    tn_decref(w.list);
}

static void
a_value_without_weak_references_is_refused_126(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *map = tn_weakmap_new(heap), *list = tn_list_new(heap);
    assert_int_equal(tn_weakmap_set(map, tn_int(1), list), TN_ETYPE);
    assert_int_equal(tn_weakmap_len(map), 0);
    tn_decref(list);
    tn_decref(map);
}

static void
expect_entry(tn_object *o, void *map)
{
    assert_ptr_equal(tn_weakmap_borrow(map, tn_int(1)), o);
}

// An entry is like a plain weak reference, in a ring as by count: it gives its object inside of a
// finalizer, and goes if that really dies. In CPython it has a callback, so that it is gone inside
// of the finalizer, and missing where the object comes back.
static void
an_entry_stays_until_the_finalizer_has_decided_127(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *map = tn_weakmap_new(log.heap), *list = tn_list_new(log.heap);
    tn_object *dies = recorder_ring(&log, 1, 2);
    set(map, 1, dies);
    recorder_at_end(dies, expect_entry, map);
    assert_int_equal(heap_collect(log.heap, 2), 2);
    assert_int_equal(tn_weakmap_len(map), 0);
    tn_object *stays = recorder_ring(&log, 3, 2);
    set(map, 3, stays);
    recorder_at_end(stays, recorder_keep, list);
    assert_int_equal(heap_collect(log.heap, 2), 0);
    assert_ptr_equal(tn_weakmap_borrow(map, tn_int(3)), stays);
    tn_decref(list);
    assert_int_equal(heap_collect(log.heap, 2), 2);
    tn_decref(map);
}

// --- The map of weak keys ------------------------------------------------------------------------

// By identity, which is the hash and the equality of all that a weak reference can be made to.
static void
a_key_that_is_not_there_cannot_be_deleted_128(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = weak_type(heap);
    tn_object *map = tn_weakkeymap_new(heap), *key = tn_new(heap, type),
              *other = tn_new(heap, type);
    tn_object *list = tn_list_new(heap);
    assert_int_equal(tn_weakkeymap_set(map, key, tn_int(7)), TN_OK);
    assert_int_equal(tn_weakkeymap_set(map, list, tn_int(7)), TN_ETYPE);
    assert_int_equal(tn_weakkeymap_delete(map, other), TN_EKEY);
    assert_int_equal(tn_weakkeymap_delete(map, list), TN_EKEY);
    assert_int_equal(tn_weakkeymap_delete(map, key), TN_OK);
    assert_int_equal(tn_weakkeymap_delete(map, key), TN_EKEY);
    assert_true(tn_is_absent(tn_weakkeymap_borrow(map, key)));
    tn_object *all[] = {map, key, other, list};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        tn_decref(all[i]);
}

static void
the_death_of_a_key_drops_its_value_128(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *map = tn_weakkeymap_new(heap), *key = tn_new(heap, weak_type(heap));
    tn_object *value = tn_list_new(heap);
    assert_int_equal(tn_weakkeymap_set(map, key, tn_ref(value)), TN_OK);
    assert_int_equal(tn_refcount(key), 1);
    assert_int_equal(tn_refcount(value), 2);
    tn_decref(key);
    assert_int_equal(tn_refcount(value), 1);
    assert_int_equal(tn_weakkeymap_len(map), 0);
    tn_decref(value);
    tn_decref(map);
}

static void
keys_that_keep_one_another_by_their_values_go_in_one_sweep_128(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = weak_type(heap);
    size_t count = support_scaled(10000);
    tn_object *map = tn_weakkeymap_new(heap), *key = tn_new(heap, type);
    for (size_t i = 1; i < count; i++) { // the value of a new key is the former one
        tn_object *next = tn_new(heap, type);
        assert_int_equal(tn_weakkeymap_set(map, next, tn_ref(key)), TN_OK);
        tn_decref(key);
        key = next;
    }
    assert_int_equal(tn_weakkeymap_len(map), count - 1);
    tn_decref(key);
    heap_work_off(heap);
    assert_int_equal(tn_weakkeymap_len(map), 0);
    assert_int_equal(heap_instances(heap, "Weak"), 0);
    tn_decref(map);
}

static bool
drop_all_keys(tn_object *key, tn_value v, void *arg)
{
    world *w = arg;
    w->seen++;
    tn_list_clear(w->list);
    return true;
}

static void
a_walk_over_weak_keys_leaves_out_what_dies_meanwhile_128(void **state)
{
    world w = make_world(state, MANY);
    tn_object *map = tn_weakkeymap_new(w.heap), *copy;
    for (size_t i = 0; i < MANY; i++) {
        tn_object *key = tn_as_object(tn_list_borrow(w.list, i));
        assert_int_equal(tn_weakkeymap_set(map, key, tn_int((int64_t)i)), TN_OK);
    }
    copy = tn_weakkeymap_copy(map);
    assert_int_equal(tn_weakkeymap_len(copy), MANY);
    assert_int_equal(tn_weakkeymap_each(map, drop_all_keys, &w), TN_OK);
    assert_int_equal(w.seen, 1);
    assert_int_equal(tn_weakkeymap_len(map) + tn_weakkeymap_len(copy), 0);
    tn_decref(copy);
    tn_decref(map);
    end_world(&w);
}

static void
a_ring_through_a_value_is_found_unless_it_is_the_keys_own_128(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *map = tn_weakkeymap_new(log.heap), *key = recorder_new(&log, 1);
    tn_object *value = recorder_new(&log, 2);
    assert_int_equal(tn_weakkeymap_set(map, key, tn_ref(value)), TN_OK);
    tn_slot_set_steal(value, 0, tn_ref(map)); // the map keeps the value, and the value the map
    assert_int_equal(heap_collect(log.heap, 2), 0);
    tn_decref(value);
    assert_int_equal(heap_collect(log.heap, 2), 2);
    recorder_expect(&log, "F2 D2");
    tn_object *outer = tn_weakkeymap_new(log.heap); // a value that keeps its own key stays
    assert_int_equal(tn_weakkeymap_set(outer, key, tn_ref(key)), TN_OK);
    tn_decref(key);
    assert_int_equal(heap_collect(log.heap, 2), 0);
    tn_decref(outer);
    recorder_expect(&log, "F1 D1");
}

// --- The weak set --------------------------------------------------------------------------------

static tn_object *
set_of(const world *w, size_t from, size_t to)
{
    tn_object *s = tn_weakset_new(w->heap);
    for (size_t i = from; i < to; i++) {
        tn_object *o = tn_as_object(tn_list_borrow(w->list, i));
        assert_int_equal(tn_weakset_add(s, o), TN_OK);
        assert_int_equal(tn_weakset_add(s, o), TN_OK); // once is enough
    }
    assert_int_equal(tn_weakset_len(s), to - from);
    return s;
}

// Asserts that the set has these members of the list and gives it back.
static void
expect_members(const world *w, tn_object *s /* stolen */, const char *members)
{
    size_t len = 0;
    for (size_t i = 0; i < tn_list_len(w->list); i++) {
        bool expected = strchr(members, (int)('0' + i)) != NULL;
        assert_int_equal(tn_weakset_has(s, tn_as_object(tn_list_borrow(w->list, i))), expected);
        len += expected;
    }
    assert_int_equal(tn_weakset_len(s), len);
    tn_decref(s);
}

static void
weak_sets_have_the_algebra_of_sets_129(void **state)
{
    world w = make_world(state, 6);
    tn_object *a = set_of(&w, 0, 4), *b = set_of(&w, 2, 6), *s;
    assert_int_equal(tn_weakset_add_all(s = tn_weakset_copy(a), b), TN_OK);
    expect_members(&w, s, "012345");
    tn_weakset_keep_all(s = tn_weakset_copy(a), b);
    assert_true(tn_weakset_is_subset(s, a) && tn_weakset_is_subset(s, b));
    assert_false(tn_weakset_is_subset(a, s));
    expect_members(&w, s, "23");
    tn_weakset_remove_all(s = tn_weakset_copy(a), b);
    assert_true(tn_weakset_is_disjoint(s, b));
    assert_false(tn_weakset_is_disjoint(s, a));
    expect_members(&w, s, "01");
    assert_int_equal(tn_weakset_flip_all(s = tn_weakset_copy(a), b), TN_OK);
    expect_members(&w, s, "0145");
    expect_members(&w, a, "0123");
    expect_members(&w, b, "2345");
    end_world(&w);
}

static void
a_set_with_itself_has_the_algebra_too_129(void **state)
{
    world w = make_world(state, 3);
    tn_object *s = set_of(&w, 0, 3);
    assert_int_equal(tn_weakset_add_all(s, s), TN_OK);
    tn_weakset_keep_all(s, s);
    assert_int_equal(tn_weakset_len(s), 3);
    assert_true(tn_weakset_is_subset(s, s));
    assert_int_equal(tn_weakset_flip_all(s, s), TN_OK);
    assert_int_equal(tn_weakset_len(s), 0);
    assert_true(tn_weakset_is_disjoint(s, s));
    tn_decref(s);
    s = set_of(&w, 0, 3);
    tn_weakset_remove_all(s, s);
    expect_members(&w, s, "");
    end_world(&w);
}

static bool
drop_all_members(tn_object *o, void *arg)
{
    world *w = arg;
    w->seen++;
    tn_list_clear(w->list);
    assert_int_equal(tn_refcount(o), 1); // the walk's
    return true;
}

static void
members_leave_a_weak_set_when_they_die_129(void **state)
{
    world w = make_world(state, MANY);
    tn_object *s = set_of(&w, 0, MANY);
    assert_int_equal(tn_refcount(tn_as_object(tn_list_borrow(w.list, 0))), 1);
    let_one_die(&w);
    assert_int_equal(tn_weakset_len(s), MANY - 1);
    assert_int_equal(tn_weakset_each(s, drop_all_members, &w), TN_OK);
    assert_int_equal(w.seen, 1);
    assert_int_equal(tn_weakset_len(s), 0);
    tn_decref(s);
    end_world(&w);
}

static void
members_are_added_removed_and_popped_129(void **state)
{
    world w = make_world(state, 2);
    tn_object *s = set_of(&w, 0, 2), *first = tn_as_object(tn_list_borrow(w.list, 0));
    assert_int_equal(tn_weakset_add(s, w.list), TN_ETYPE);
    assert_false(tn_weakset_has(s, w.list));
    assert_int_equal(tn_weakset_remove(s, first), TN_OK);
    assert_int_equal(tn_weakset_remove(s, first), TN_EKEY);
    tn_object *got = tn_weakset_pop_any(s);
    assert_true(tn_is(tn_list_borrow(w.list, 1), tn_ref(got)));
    tn_decref(got);
    assert_null(tn_weakset_pop_any(s));
    assert_int_equal(tn_weakset_add(s, first), TN_OK);
    tn_weakset_clear(s);
    expect_members(&w, s, "");
    end_world(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(the_death_of_a_value_removes_its_entry_at_once_116),
        HEAP_TEST(callbacks_find_no_entry_of_what_died_117),
        HEAP_TEST(what_waits_to_be_destroyed_is_never_given_117),
        HEAP_TEST(a_death_removes_only_what_still_holds_the_dead_118),
        HEAP_TEST(a_walk_leaves_out_what_dies_meanwhile_119),
        HEAP_TEST(a_walk_shows_the_entries_as_they_were_at_its_start_120),
        HEAP_TEST(a_walk_minds_no_change_of_the_map_121),
        HEAP_TEST(the_length_is_exact_while_entries_die_and_are_deleted_in_a_walk_122),
        HEAP_TEST(the_length_is_exact_when_rings_die_122),
        HEAP_TEST(set_default_gives_who_lives_or_sets_another_123),
        HEAP_TEST(pop_takes_out_who_lives_and_update_sets_all_123),
        HEAP_TEST(a_copy_keeps_nothing_alive_124),
        HEAP_TEST(a_map_may_die_before_what_is_in_it_125),
        HEAP_TEST(a_value_without_weak_references_is_refused_126),
        HEAP_TEST(an_entry_stays_until_the_finalizer_has_decided_127),
        HEAP_TEST(a_key_that_is_not_there_cannot_be_deleted_128),
        HEAP_TEST(the_death_of_a_key_drops_its_value_128),
        HEAP_TEST(keys_that_keep_one_another_by_their_values_go_in_one_sweep_128),
        HEAP_TEST(a_walk_over_weak_keys_leaves_out_what_dies_meanwhile_128),
        HEAP_TEST(a_ring_through_a_value_is_found_unless_it_is_the_keys_own_128),
        HEAP_TEST(weak_sets_have_the_algebra_of_sets_129),
        HEAP_TEST(a_set_with_itself_has_the_algebra_too_129),
        HEAP_TEST(members_leave_a_weak_set_when_they_die_129),
        HEAP_TEST(members_are_added_removed_and_popped_129),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
