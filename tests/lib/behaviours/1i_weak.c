// SPDX-License-Identifier: MIT
//
// 1I: weak references.
//
// 114, not in C: a proxy forwards whatever is done with it, because C looks no operation up in an
// object.
// 115, not in C: a weak method outlives neither object nor function, because a function in C is
// not made at run time and does not die.
#include "recorder.h"

#include "memory/alloc.h"

#include <tenure/containers.h>

static void
expect_target(const tn_object *weak, const tn_object *target)
{
    tn_object *got = tn_weak_get(weak);
    assert_ptr_equal(got, target);
    tn_decref(got);
}

// --- One weak reference --------------------------------------------------------------------------

static void
a_weak_reference_gives_its_target_until_that_dies_95(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 1), *weak = heap_weak_to(o);
    assert_int_equal(tn_refcount(o), 1);
    expect_target(weak, o);
    tn_decref(o);
    for (int i = 0; i < 2; i++)
        assert_null(tn_weak_get(weak));
    tn_decref(weak);
}

static void
plain_ones_are_shared_and_those_with_a_callback_are_not_96(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 1);
    tn_object *watch = recorder_watch_new(&log, o, 1), *other = recorder_watch_new(&log, o, 1);
    tn_object *plain = heap_weak_to(o), *again = heap_weak_to(o);
    assert_ptr_equal(plain, again);
    assert_ptr_not_equal(watch, other);
    assert_ptr_not_equal(plain, watch);
    tn_object *all[] = {o, watch, other, plain, again};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        tn_decref(all[i]);
}

// The entries of weak maps and the finalizers of weakref.finalize are not weak references here.
static void
the_weak_references_to_an_object_can_be_counted_and_listed_97(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 1), *rows[4];
    assert_int_equal(tn_weak_count(o), 0);
    tn_object *plain = heap_weak_to(o), *watch = recorder_watch_new(&log, o, 1);
    assert_int_equal(tn_weak_count(o), 2);
    assert_int_equal(tn_weak_list(o, rows, 4), 2);
    assert_ptr_equal(rows[0], watch);
    assert_ptr_equal(rows[1], plain);
    tn_decref(plain);
    assert_int_equal(tn_weak_list(o, rows, 0), 1);
    tn_object *list = tn_list_new(log.heap); // no weak references to it are possible
    assert_int_equal(tn_weak_count(list), 0);
    tn_decref(list);
    tn_decref(watch);
    tn_decref(o);
}

static void
the_callback_can_be_seen_until_it_was_called_101(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 1), *plain = heap_weak_to(o);
    tn_object *watch = recorder_watch_new(&log, o, 1);
    assert_null(tn_weak_callback_of(plain));
    assert_non_null(tn_weak_callback_of(watch));
    tn_decref(o);
    assert_null(tn_weak_callback_of(watch));
    tn_decref(plain);
    tn_decref(watch);
}

// Whatever a weak reference can be made to is compared by identity, so that two plain ones are
// equal exactly when they are the same one, dead or alive. One with a callback is equal to none
// other, unlike CPython's, and every one has a hash.
static void
as_keys_they_stand_for_their_target_alive_and_for_themselves_dead_102(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *a = recorder_new(&log, 1), *b = recorder_new(&log, 2);
    tn_object *to_a = heap_weak_to(a), *again = heap_weak_to(a), *to_b = heap_weak_to(b);
    tn_object *watch = recorder_watch_new(&log, a, 1), *dict = tn_dict_new(log.heap);
    assert_int_equal(tn_dict_set(dict, tn_ref(to_a), tn_int(7)), TN_OK);
    assert_true(tn_is(tn_dict_borrow(dict, tn_ref(again)), tn_int(7)));
    assert_true(tn_is_absent(tn_dict_borrow(dict, tn_ref(to_b))));
    assert_true(tn_is_absent(tn_dict_borrow(dict, tn_ref(watch))));
    tn_decref(a);
    tn_decref(b);
    assert_true(tn_is(tn_dict_borrow(dict, tn_ref(to_a)), tn_int(7)));
    assert_true(tn_is_absent(tn_dict_borrow(dict, tn_ref(to_b))));
    assert_int_equal(tn_dict_set(dict, tn_ref(to_b), tn_int(8)), TN_OK);
    tn_object *all[] = {to_a, again, to_b, watch, dict};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        tn_decref(all[i]);
}

static void
a_type_says_whether_there_may_be_weak_references_103(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap), *weak = NULL;
    assert_int_equal(tn_weak_new(list, &weak), TN_ETYPE);
    assert_null(weak);
    tn_decref(list);
}

// --- Callbacks -----------------------------------------------------------------------------------

// After the memory was freed, where CPython calls it before; see lib/docs/objects.md.
static void
a_callback_is_called_once_with_the_dead_weak_reference_98(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (int way = 0; way < WAYS; way++) {
        tn_object *o = recorder_dying_new(&log, 1, way), *watch = recorder_watch_new(&log, o, 1);
        recorder_let_die(&log, o, way);
        recorder_expect(&log, "F1 D1 W1"); // the recorder asserts that it gives NULL
        tn_decref(watch);
        recorder_expect(&log, "");
    }
}

static void
expect_dead(tn_object *weak, void *others)
{
    for (int i = 0; i < 3; i++)
        assert_null(tn_weak_get(((tn_object **)others)[i]));
}

static void
several_are_called_newest_first_when_all_are_dead_99(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (int way = 0; way < WAYS; way++) {
        tn_object *o = recorder_dying_new(&log, 1, way), *watches[3];
        for (int i = 0; i < 3; i++)
            watches[i] = recorder_watch_with(&log, o, i, expect_dead, (void *)watches);
        recorder_let_die(&log, o, way);
        recorder_expect(&log, "F1 D1 W2 W1 W0");
        for (int i = 0; i < 3; i++)
            tn_decref(watches[i]);
    }
}

static void
a_weak_reference_that_died_before_its_target_calls_nothing_100(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (int way = 0; way < WAYS; way++) {
        tn_object *o = recorder_dying_new(&log, 1, way);
        tn_decref(recorder_watch_new(&log, o, 1));
        recorder_let_die(&log, o, way);
        recorder_expect(&log, "F1 D1");
    }
}

// --- Rings ---------------------------------------------------------------------------------------

typedef struct sight {
    tn_object *plain, *watch;
    const tn_object *target;
} sight;

static void
expect_only_the_plain_one_to_see(tn_object *o, void *arg)
{
    const sight *s = arg;
    expect_target(s->plain, s->target);
    assert_null(tn_weak_get(s->watch));
}

// In both ways of dying, while CPython clears the one with a callback before the finalizers in a
// ring only. The callbacks themselves are called last of all.
static void
inside_a_finalizer_those_with_a_callback_are_dead_104(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (int way = 0; way < WAYS; way++) {
        tn_object *o = recorder_dying_new(&log, 1, way);
        sight s = {heap_weak_to(o), recorder_watch_new(&log, o, 1), o};
        recorder_at_end(o, expect_only_the_plain_one_to_see, &s);
        recorder_let_die(&log, o, way);
        recorder_expect(&log, "F1 D1 W1");
        tn_decref(s.plain);
        tn_decref(s.watch);
    }
}

// As CPython since 3.15.
static void
a_plain_one_sees_until_its_target_really_dies_105(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *list = tn_list_new(log.heap), *first = recorder_ring(&log, 1, 2);
    tn_object *plain = heap_weak_to(first);
    recorder_at_end(first, recorder_keep, list);
    assert_int_equal(heap_collect(log.heap, 2), 0);
    expect_target(plain, first);
    tn_decref(list);
    assert_int_equal(heap_collect(log.heap, 2), 2);
    assert_null(tn_weak_get(plain));
    recorder_expect(&log, "F1 F2 D1 D2");
    tn_decref(plain);
}

typedef struct made_weak {
    tn_object *plain, *watch;
} made_weak;

static void
make_weak(tn_object *o, void *arg)
{
    made_weak *made = arg;
    made->plain = heap_weak_to(o);
    made->watch = recorder_watch_new(recorder_log_of(o), o, 7);
}

static made_weak seen_by_leaf;

static void
expect_neither_to_see(tn_object *leaf)
{
    assert_null(tn_weak_get(seen_by_leaf.plain));
    assert_null(tn_weak_get(seen_by_leaf.watch));
    TN_CLEAR(seen_by_leaf.plain);
    TN_CLEAR(seen_by_leaf.watch);
}

// A leaf is no member of the garbage that is found, so it dies, with a finalizer, when the member
// that holds it is cleared.
static void
what_finalizers_made_is_dead_before_anything_is_cleared_106(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_type_spec spec = {"Leaf", .flags = TN_ACYCLIC, .finalize = expect_neither_to_see};
    tn_type *leaf;
    assert_int_equal(tn_type_register(log.heap, &spec, &leaf), TN_OK);
    tn_object *first = recorder_ring(&log, 1, 2);
    tn_object *second = tn_as_object(tn_slot_borrow(first, 0));
    recorder_at_end(second, make_weak, &seen_by_leaf);
    tn_slot_set_steal(first, 1, tn_ref(tn_new(log.heap, leaf)));
    assert_int_equal(heap_collect(log.heap, 2), 2);
    assert_null(seen_by_leaf.plain); // the leaf's finalizer ran
    recorder_expect(&log, "F1 F2 D1 D2");
}

static void
what_dies_with_its_target_is_not_called_and_what_is_held_elsewhere_is_107(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *first = recorder_ring(&log, 1, 2), *held = recorder_watch_new(&log, first, 1);
    tn_slot_set(first, 1, tn_ref(held));
    tn_slot_set_steal(first, 2, tn_ref(recorder_watch_new(&log, first, 2)));
    assert_int_equal(heap_collect(log.heap, 2), 2);
    recorder_expect(&log, "F1 F2 D1 D2 W1");
    tn_decref(held);
}

static void
no_callback_reaches_garbage_through_another_weak_reference_108(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_ring(&log, 0, 3), *weak[3], *watches[3];
    for (int i = 0; i < 3; i++, o = tn_as_object(tn_slot_borrow(o, 0))) {
        weak[i] = heap_weak_to(o);
        watches[i] = recorder_watch_with(&log, o, i, expect_dead, (void *)weak);
    }
    assert_int_equal(heap_collect(log.heap, 2), 3);
    recorder_expect(&log, "F0 F1 F2 D0 D1 D2 W0 W1 W2");
    for (int i = 0; i < 3; i++) {
        tn_decref(weak[i]);
        tn_decref(watches[i]);
    }
}

// The target is of an acyclic type: the collector does not know that it dies, and it dies before
// the weak reference in the next slot does, or after it.
static void
one_in_garbage_is_not_called_by_a_death_that_was_not_foreseen_109(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_type *leaf = heap_type(log.heap, "Leaf", NULL, TN_ACYCLIC | TN_WEAK);
    for (size_t slot = 1; slot <= 2; slot++) {
        tn_object *first = recorder_ring(&log, 1, 2), *target = tn_new(log.heap, leaf);
        tn_slot_set_steal(first, 3 - slot, tn_ref(recorder_watch_new(&log, target, 1)));
        tn_slot_set_steal(first, slot, tn_ref(target));
        assert_int_equal(heap_collect(log.heap, 2), 2);
        recorder_expect(&log, "F1 F2 D1 D2");
    }
}

static void
one_with_a_callback_stays_dead_when_the_target_comes_back_110(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (int way = 0; way < WAYS; way++) {
        tn_object *list = tn_list_new(log.heap), *o = recorder_dying_new(&log, 1, way);
        tn_object *watch = recorder_watch_new(&log, o, 1);
        recorder_at_end(o, recorder_keep, list);
        recorder_let_die(&log, o, way);
        recorder_expect(&log, "F1 W1");
        assert_int_equal(recorder_alive(&log), 1);
        assert_null(tn_weak_get(watch));
        tn_decref(watch);
        tn_decref(list);
        heap_collect(log.heap, 2);
        recorder_expect(&log, "D1");
    }
}

static void
a_finalizer_may_make_one_to_what_dies_111(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (int way = 0; way < WAYS; way++) {
        made_weak made;
        tn_object *o = recorder_dying_new(&log, 1, way);
        recorder_at_end(o, make_weak, &made);
        recorder_let_die(&log, o, way);
        recorder_expect(&log, "F1 D1");
        assert_null(tn_weak_get(made.plain));
        assert_null(tn_weak_get(made.watch));
        tn_decref(made.plain);
        tn_decref(made.watch);
    }
}

// --- Memory --------------------------------------------------------------------------------------

static void
nothing_is_allocated_to_clear_them_and_call_back_112(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 1), *plain = heap_weak_to(o), *map = tn_weakmap_new(log.heap);
    tn_object *watch = recorder_watch_new(&log, o, 1);
    assert_int_equal(tn_weakmap_set(map, tn_int(1), o), TN_OK);
    tni_fail_after((struct tni_memory *)log.heap, 0); // the heap begins with it
    tn_decref(o);
    tni_fail_after((struct tni_memory *)log.heap, -1);
    recorder_expect(&log, "F1 D1 W1");
    assert_null(tn_weak_get(plain));
    assert_int_equal(tn_weakmap_len(map), 0);
    tn_decref(map);
    tn_decref(plain);
    tn_decref(watch);
}

// A callback is a function and an address, which hold nothing; so weak references are no part of a
// ring, and those that have a callback are not tracked either.
static void
a_weak_reference_holds_nothing_and_goes_with_the_ring_that_holds_it_113(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 1), *watch = recorder_watch_with(&log, o, 1, recorder_cut, o);
    assert_int_equal(tn_refcount(o), 1);
    assert_false(tn_gc_is_tracked(watch));
    tn_slot_set_steal(o, 1, tn_ref(watch));
    tn_slot_set_steal(o, 0, tn_ref(o));
    assert_int_equal(heap_collect(log.heap, 2), 1);
    assert_int_equal(heap_instances(log.heap, "weakref"), 0);
    recorder_expect(&log, "F1 D1");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_weak_reference_gives_its_target_until_that_dies_95),
        HEAP_TEST(plain_ones_are_shared_and_those_with_a_callback_are_not_96),
        HEAP_TEST(the_weak_references_to_an_object_can_be_counted_and_listed_97),
        HEAP_TEST(a_callback_is_called_once_with_the_dead_weak_reference_98),
        HEAP_TEST(several_are_called_newest_first_when_all_are_dead_99),
        HEAP_TEST(a_weak_reference_that_died_before_its_target_calls_nothing_100),
        HEAP_TEST(the_callback_can_be_seen_until_it_was_called_101),
        HEAP_TEST(as_keys_they_stand_for_their_target_alive_and_for_themselves_dead_102),
        HEAP_TEST(a_type_says_whether_there_may_be_weak_references_103),
        HEAP_TEST(inside_a_finalizer_those_with_a_callback_are_dead_104),
        HEAP_TEST(a_plain_one_sees_until_its_target_really_dies_105),
        HEAP_TEST(what_finalizers_made_is_dead_before_anything_is_cleared_106),
        HEAP_TEST(what_dies_with_its_target_is_not_called_and_what_is_held_elsewhere_is_107),
        HEAP_TEST(no_callback_reaches_garbage_through_another_weak_reference_108),
        HEAP_TEST(one_in_garbage_is_not_called_by_a_death_that_was_not_foreseen_109),
        HEAP_TEST(one_with_a_callback_stays_dead_when_the_target_comes_back_110),
        HEAP_TEST(a_finalizer_may_make_one_to_what_dies_111),
        HEAP_TEST(nothing_is_allocated_to_clear_them_and_call_back_112),
        HEAP_TEST(a_weak_reference_holds_nothing_and_goes_with_the_ring_that_holds_it_113),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
