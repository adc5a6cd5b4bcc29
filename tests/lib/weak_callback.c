// SPDX-License-Identifier: MIT
//
// Weak references with callbacks: lib/src/object/weak.c, run_callbacks in reap.c.
#include "recorder.h"

#include <tenure/containers.h>

// --- When it is called ---------------------------------------------------------------------------

static void
it_is_called_once_when_the_target_died_98(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (int way = 0; way < WAYS; way++) {
        tn_object *o = recorder_dying_new(&log, 1, way), *watch = recorder_watch_new(&log, o, 1);
        tn_object *got = tn_weak_get(watch);
        assert_ptr_equal(got, o);
        tn_decref(got);
        recorder_let_die(&log, o, way);
        recorder_expect(&log, "F1 D1 W1");
        assert_null(tn_weak_get(watch));
        tn_decref(watch);
        recorder_expect(&log, "");
    }
}

static void
the_newest_is_called_first_99(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (int way = 0; way < WAYS; way++) {
        tn_object *o = recorder_dying_new(&log, 1, way), *watches[4];
        for (int i = 0; i < 4; i++)
            watches[i] = recorder_watch_new(&log, o, i);
        recorder_let_die(&log, o, way);
        recorder_expect(&log, "F1 D1 W3 W2 W1 W0");
        for (int i = 0; i < 4; i++)
            tn_decref(watches[i]);
    }
}

static void
a_weak_reference_that_died_first_is_not_called_100(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (int way = 0; way < WAYS; way++) {
        tn_object *o = recorder_dying_new(&log, 1, way), *watch = recorder_watch_new(&log, o, 1);
        tn_decref(recorder_watch_new(&log, o, 2));
        recorder_let_die(&log, o, way);
        recorder_expect(&log, "F1 D1 W1");
        tn_decref(watch);
    }
}

// The holder has target and watch in the slots [target_slot] and 1 - [target_slot].
static tn_object *
holder_of_both(recorder_log *log, size_t target_slot)
{
    tn_object *holder = recorder_new(log, 1), *target = recorder_new(log, 2);
    tn_object *watch = recorder_watch_new(log, target, 2);
    tn_slot_set_steal(holder, target_slot, tn_ref(target));
    tn_slot_set_steal(holder, 1 - target_slot, tn_ref(watch));
    return holder;
}

static void
one_that_dies_with_its_target_by_count_is_not_called(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (size_t slot = 0; slot < 2; slot++) {
        tn_decref(holder_of_both(&log, slot));
        recorder_expect(&log, "F1 D1 F2 D2");
    }
}

// The target's callback is queued before the watch's holder drops it.
static void
one_whose_holder_dies_later_in_the_same_destruction_is_not_called(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *root = recorder_new(&log, 1), *target = recorder_new(&log, 2);
    tn_object *holder = recorder_new(&log, 3);
    tn_slot_set_steal(holder, 0, tn_ref(recorder_watch_new(&log, target, 2)));
    tn_slot_set_steal(root, 0, tn_ref(target));
    tn_slot_set_steal(root, 1, tn_ref(holder));
    tn_decref(root);
    recorder_expect(&log, "F1 D1 F2 D2 F3 D3");
}

static void
one_that_is_part_of_the_same_garbage_is_not_called_107(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *first = recorder_ring(&log, 1, 2);
    tn_slot_set_steal(first, 1, tn_ref(recorder_watch_new(&log, first, 1)));
    assert_int_equal(heap_collect(log.heap, 2), 2);
    recorder_expect(&log, "F1 F2 D1 D2");
}

static void
one_that_a_live_object_holds_as_well_is_called_107(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *first = recorder_ring(&log, 1, 2), *watch = recorder_watch_new(&log, first, 1);
    tn_slot_set(first, 1, tn_ref(watch));
    assert_int_equal(heap_collect(log.heap, 2), 2);
    recorder_expect(&log, "F1 F2 D1 D2 W1");
    tn_decref(watch);
}

// --- Last of all ---------------------------------------------------------------------------------

static void
expect_none_left(tn_object *weak, void *log)
{
    assert_int_equal(recorder_alive(log), 0);
    assert_true(tn_heap_check(tn_heap_of(weak)));
}

static void
everything_is_freed_when_it_is_called(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (int way = 0; way < WAYS; way++) {
        tn_object *o = recorder_dying_new(&log, 1, way), *child = recorder_new(&log, 2);
        tn_object *watch = recorder_watch_with(&log, o, 1, expect_none_left, &log);
        tn_object *other = recorder_watch_with(&log, child, 2, expect_none_left, &log);
        tn_slot_set_steal(o, 1, tn_ref(child));
        recorder_let_die(&log, o, way);
        recorder_expect(&log, way == BY_COUNT ? "F1 D1 F2 D2 W1 W2" : "F1 F2 D1 D2 W1 W2");
        tn_decref(watch);
        tn_decref(other);
    }
}

static void
expect_dead(tn_object *weak, void *other)
{
    assert_null(tn_weak_get(other));
}

static void
no_other_weak_reference_gives_a_member_inside_108(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *first = recorder_ring(&log, 1, 2);
    tn_object *second = heap_weak_to(tn_as_object(tn_slot_borrow(first, 0)));
    tn_object *watch = recorder_watch_with(&log, first, 1, expect_dead, second);
    assert_int_equal(heap_collect(log.heap, 2), 2);
    recorder_expect(&log, "F1 F2 D1 D2 W1");
    tn_decref(second);
    tn_decref(watch);
}

static void
many_targets_of_one_set_are_called_after_all_of_it(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    enum { MANY = RECORDER_WATCHES };
    tn_object *o = recorder_ring(&log, 0, MANY), *watches[MANY];
    for (int i = 0; i < MANY; i++, o = tn_as_object(tn_slot_borrow(o, 0)))
        watches[i] = recorder_watch_with(&log, o, i, expect_none_left, &log);
    assert_int_equal(heap_collect(log.heap, 2), MANY);
    for (int i = 0; i < MANY; i++) {
        char word[16];
        snprintf(word, sizeof word, " W%d", i);
        assert_non_null(strstr(log.text, word));
        tn_decref(watches[i]);
    }
    assert_null(strstr(strchr(log.text, 'W'), "D"));
}

// --- Resurrection --------------------------------------------------------------------------------

static void
it_is_called_although_the_target_was_resurrected_110(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (int way = 0; way < WAYS; way++) {
        tn_object *list = tn_list_new(log.heap), *o = recorder_dying_new(&log, 1, way);
        tn_object *watch = recorder_watch_new(&log, o, 1), *plain = heap_weak_to(o);
        recorder_at_end(o, recorder_keep, list);
        recorder_let_die(&log, o, way);
        recorder_expect(&log, "F1 W1");
        tn_object *got = tn_weak_get(plain);
        assert_ptr_equal(got, o);
        tn_decref(got);
        assert_null(tn_weak_get(watch));
        tn_decref(list);
        assert_int_equal(heap_collect(log.heap, 2), way == BY_COUNT ? 0 : 1);
        recorder_expect(&log, "D1");
        tn_decref(watch);
        tn_decref(plain);
    }
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

static void
what_a_finalizer_makes_is_dead_afterwards_and_not_called_106_111(void **state)
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

// --- What callbacks do ---------------------------------------------------------------------------

static void
allocate_and_drop(tn_object *weak, void *arg)
{
    recorder_log *log = arg;
    tn_object *o = recorder_new(log, 8), *watch = recorder_watch_new(log, o, 8);
    tn_decref(o);
    tn_decref(watch);
    recorder_ring(log, 20, 2);
}

static void
callbacks_may_allocate_and_drop_and_make_weak_references(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (int way = 0; way < WAYS; way++) {
        tn_object *o = recorder_dying_new(&log, 1, way);
        tn_object *older = recorder_watch_new(&log, o, 1);
        tn_object *newer = recorder_watch_with(&log, o, 2, allocate_and_drop, &log);
        recorder_let_die(&log, o, way);
        recorder_expect(&log, "F1 D1 W2 F8 D8 W8 W1");
        tn_decref(older);
        tn_decref(newer);
        assert_int_equal(heap_collect(log.heap, 0), 2);
        recorder_expect(&log, "F20 F21 D20 D21");
    }
}

static void
collect_inside(tn_object *weak, void *expected)
{
    assert_int_equal(tn_gc_collect(tn_heap_of(weak), 2, NULL), *(tn_err *)expected);
}

static void
callbacks_may_collect_unless_a_collection_called_them(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_err expected[WAYS] = {TN_OK, TN_EBUSY};
    for (int way = 0; way < WAYS; way++) {
        tn_object *o = recorder_dying_new(&log, 1, way);
        tn_object *watch = recorder_watch_with(&log, o, 1, collect_inside, &expected[way]);
        recorder_let_die(&log, o, way);
        recorder_expect(&log, "F1 D1 W1");
        tn_decref(watch);
    }
}

static void
drop_weak(tn_object *weak, void *variable)
{
    TN_CLEAR(*(tn_object **)variable);
    assert_null(tn_weak_get(weak)); // the call itself keeps it
}

static void
a_callback_may_drop_its_own_weak_reference_and_others(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (int way = 0; way < WAYS; way++) {
        tn_object *o = recorder_dying_new(&log, 1, way), *own = NULL, *older = NULL;
        older = recorder_watch_new(&log, o, 1);
        tn_object *newer = recorder_watch_with(&log, o, 2, drop_weak, &older);
        own = recorder_watch_with(&log, o, 3, drop_weak, &own);
        recorder_let_die(&log, o, way);
        recorder_expect(&log, "F1 D1 W3 W2"); // 1 was dropped before its turn
        assert_null(own);
        tn_decref(newer);
    }
}

// --- Depth ---------------------------------------------------------------------------------------

static tn_type *
node_type(tn_heap *heap)
{
    static const char *const slots[] = {"next", "watch", NULL};
    return heap_type(heap, "Node", slots, TN_WEAK);
}

static void
count_call(tn_object *weak, void *calls)
{
    ++*(size_t *)calls;
}

// Each holds the watch of the one before it, so each is queued and then not called.
static void
many_that_die_with_their_targets_are_skipped_without_recursion(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = node_type(heap);
    tn_object *first = NULL, *last = NULL;
    size_t calls = 0;
    for (size_t i = support_scaled(300000); i > 0; i--) {
        tn_object *o = tn_new(heap, type), *watch = NULL;
        if (last != NULL) {
            assert_int_equal(tn_weak_new_with(last, count_call, &calls, &watch), TN_OK);
            tn_slot_set_steal(o, 1, tn_ref(watch));
            tn_slot_set_steal(last, 0, tn_ref(o));
        }
        first = first != NULL ? first : o;
        last = o;
    }
    tn_decref(first);
    assert_int_equal(calls, 0);
    assert_int_equal(heap_current(heap), 0);
}

typedef struct cascade {
    tn_object **objects; // the next one to drop
    size_t left;
} cascade;

static void
drop_next(tn_object *weak, void *arg)
{
    cascade *c = arg;
    if (c->left > 0) {
        c->left--;
        tn_decref(*c->objects++);
    }
}

static void
callbacks_that_drop_the_next_target_do_not_recurse_deeply(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = node_type(heap);
    size_t count = support_scaled(300000);
    tn_object **objects = calloc(count, sizeof *objects),
              **watches = calloc(count, sizeof *watches);
    cascade c = {objects, count};
    for (size_t i = 0; i < count; i++) {
        objects[i] = tn_new(heap, type);
        assert_int_equal(tn_weak_new_with(objects[i], drop_next, &c, &watches[i]), TN_OK);
    }
    drop_next(NULL, &c);
    assert_int_equal(c.left, 0);
    assert_int_equal(heap_instances(heap, "Node"), 0);
    for (size_t i = 0; i < count; i++)
        tn_decref(watches[i]);
    free(watches);
    free(objects);
}

// --- Beside plain ones ---------------------------------------------------------------------------

static void
the_shared_plain_one_is_never_one_with_a_callback_96(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 1);
    tn_object *before = recorder_watch_new(&log, o, 1), *plain = heap_weak_to(o);
    tn_object *after = recorder_watch_new(&log, o, 2), *again = heap_weak_to(o);
    assert_ptr_equal(again, plain);
    assert_ptr_not_equal(plain, before);
    assert_ptr_not_equal(plain, after);
    assert_ptr_not_equal(before, after);
    tn_decref(plain);
    tn_decref(again);
    plain = heap_weak_to(o); // a new one: the shared one died
    assert_ptr_not_equal(plain, before);
    tn_decref(o);
    recorder_expect(&log, "F1 D1 W2 W1");
    tn_decref(plain);
    tn_decref(before);
    tn_decref(after);
}

static void
expect_absent(tn_object *weak, void *map)
{
    assert_int_equal(tn_weakmap_len(map), 0);
    assert_null(tn_weakmap_borrow(map, tn_int(5)));
}

static void
the_entry_of_a_weak_map_is_gone_inside(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *map = tn_weakmap_new(log.heap);
    for (int way = 0; way < WAYS; way++) {
        tn_object *o = recorder_dying_new(&log, 1, way);
        tn_object *watch = recorder_watch_with(&log, o, 1, expect_absent, map);
        assert_int_equal(tn_weakmap_set(map, tn_int(5), o), TN_OK);
        recorder_let_die(&log, o, way);
        recorder_expect(&log, "F1 D1 W1");
        tn_decref(watch);
    }
    tn_decref(map);
}

static void
a_target_of_an_acyclic_type_has_callbacks_as_well(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *leaf = tn_new(heap, heap_type(heap, "Leaf", NULL, TN_WEAK | TN_ACYCLIC));
    size_t calls = 0;
    tn_object *watch = NULL;
    assert_int_equal(tn_weak_new_with(leaf, count_call, &calls, &watch), TN_OK);
    assert_false(tn_gc_is_tracked(watch));
    tn_decref(leaf);
    assert_int_equal(calls, 1);
    tn_decref(watch);
}

static void
no_callback_and_a_type_without_weakness_are_refused_103(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *node = tn_new(heap, node_type(heap)), *list = tn_list_new(heap), *weak = NULL;
    assert_int_equal(tn_weak_new_with(node, NULL, NULL, &weak), TN_EINVAL);
    assert_int_equal(tn_weak_new_with(list, count_call, NULL, &weak), TN_ETYPE);
    assert_null(weak);
    tn_decref(node);
    tn_decref(list);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(it_is_called_once_when_the_target_died_98),
        HEAP_TEST(the_newest_is_called_first_99),
        HEAP_TEST(a_weak_reference_that_died_first_is_not_called_100),
        HEAP_TEST(one_that_dies_with_its_target_by_count_is_not_called),
        HEAP_TEST(one_whose_holder_dies_later_in_the_same_destruction_is_not_called),
        HEAP_TEST(one_that_is_part_of_the_same_garbage_is_not_called_107),
        HEAP_TEST(one_that_a_live_object_holds_as_well_is_called_107),
        HEAP_TEST(everything_is_freed_when_it_is_called),
        HEAP_TEST(no_other_weak_reference_gives_a_member_inside_108),
        HEAP_TEST(many_targets_of_one_set_are_called_after_all_of_it),
        HEAP_TEST(it_is_called_although_the_target_was_resurrected_110),
        HEAP_TEST(what_a_finalizer_makes_is_dead_afterwards_and_not_called_106_111),
        HEAP_TEST(callbacks_may_allocate_and_drop_and_make_weak_references),
        HEAP_TEST(callbacks_may_collect_unless_a_collection_called_them),
        HEAP_TEST(a_callback_may_drop_its_own_weak_reference_and_others),
        HEAP_TEST(many_that_die_with_their_targets_are_skipped_without_recursion),
        HEAP_TEST(callbacks_that_drop_the_next_target_do_not_recurse_deeply),
        HEAP_TEST(the_shared_plain_one_is_never_one_with_a_callback_96),
        HEAP_TEST(the_entry_of_a_weak_map_is_gone_inside),
        HEAP_TEST(a_target_of_an_acyclic_type_has_callbacks_as_well),
        HEAP_TEST(no_callback_and_a_type_without_weakness_are_refused_103),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
