// SPDX-License-Identifier: MIT
//
// 1A: counts, death at once, the order of destruction.
//
// 10, not in C: a finalizer or callback cannot fail, and disturbs no error of the caller, because
// C has no exceptions: finalizers and callbacks return nothing, and an error is a result.
#include "mistake.h"
#include "recorder.h"

#include <tenure/containers.h>

static bool
gives(tn_object *weak, const tn_object *expected)
{
    tn_object *o = tn_weak_get(weak);
    tn_decref_unchanged(o);
    return o == expected;
}

static void
the_last_drop_destroys_before_it_returns_1(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 1), *other = tn_incref(o);
    tn_decref(o);
    recorder_expect(&log, "");
    tn_decref(other);
    recorder_expect(&log, "F1 D1");
}

// --- Counts --------------------------------------------------------------------------------------

// CPython's getrefcount says 2 of a fresh object, because its argument is a reference.
static void
the_count_is_the_true_one_2(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *o = tn_list_new(heap), *list = tn_list_new(heap);
    assert_int_equal(tn_refcount(o), 1);
    assert_int_equal(tn_list_append(list, tn_ref(o)), TN_OK);
    assert_int_equal(tn_refcount(o), 2);
    assert_true(tn_is(tn_list_borrow(list, 0), tn_ref(o)));
    assert_int_equal(tn_refcount(o), 2); // a borrowed reference is none
    tn_decref(list);
    assert_int_equal(tn_refcount(o), 1);
    tn_decref(o);
}

// Nobody can forget the argument: the compiler asks for it.
static void
a_reference_that_is_taken_and_given_back_leaves_the_count_3(void **state)
{
    tn_object *o = tn_list_new(heap_fixture_heap(state));
    for (int i = 0; i < 10; i++) {
        tn_decref(tn_incref(o));
        assert_int_equal(tn_refcount(o), 1);
    }
    tn_decref(o);
}

// --- The order -----------------------------------------------------------------------------------

static void
see_both_children(tn_object *o, void *arg)
{
    for (size_t slot = 0; slot < 2; slot++)
        assert_int_equal(tn_refcount(tn_as_object(tn_slot_borrow(o, slot))), 1);
}

static void
the_finalizer_of_the_parent_runs_before_any_child_is_released_4(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *parent = recorder_new(&log, 1);
    tn_slot_set_steal(parent, 0, tn_ref(recorder_new(&log, 2)));
    tn_slot_set_steal(parent, 1, tn_ref(recorder_new(&log, 3)));
    recorder_at_end(parent, see_both_children, NULL);
    tn_decref(parent);
    recorder_expect(&log, "F1 D1 F2 D2 F3 D3");
}

static void
a_list_and_a_tuple_drop_their_items_from_the_end_5(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *list = tn_list_new(log.heap);
    tn_value items[3];
    for (int i = 0; i < 3; i++) {
        assert_int_equal(tn_list_append_steal(list, tn_ref(recorder_new(&log, i))), TN_OK);
        items[i] = tn_ref(recorder_new(&log, i));
    }
    tn_object *tuple = tn_tuple_new(log.heap, items, 3);
    for (int i = 0; i < 3; i++)
        tn_decref_value(items[i]);
    tn_decref(list);
    recorder_expect(&log, "F2 D2 F1 D1 F0 D0");
    tn_decref(tuple);
    recorder_expect(&log, "F2 D2 F1 D1 F0 D0");
}

static void
a_dict_drops_its_entries_in_the_order_of_insertion_5(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *dict = tn_dict_new(log.heap);
    for (int i = 3; i > 0; i--) {
        tn_value v = tn_ref(recorder_new(&log, i));
        assert_int_equal(tn_dict_set(dict, tn_int(i), v), TN_OK);
        tn_decref_value(v);
    }
    tn_decref(dict);
    recorder_expect(&log, "F3 D3 F2 D2 F1 D1");
}

// CPython sorts the names, so that z, a, m die as a, m, z; here they stay as they were written.
static void
slots_are_dropped_in_their_order_and_a_derived_types_first_5(void **state)
{
    static const char *const base_slots[] = {"z", "a", "m", NULL}, *const own[] = {"d", "b", NULL};
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_type_spec spec = {.name = "Derived", .slots = own};
    spec.base = heap_type(log.heap, "Base", base_slots, 0);
    tn_type *derived;
    assert_int_equal(tn_type_register(log.heap, &spec, &derived), TN_OK);
    tn_object *o = tn_new(log.heap, derived);
    for (int i = 0; i < 5; i++)
        tn_slot_set_steal(o, (size_t)i, tn_ref(recorder_new(&log, i)));
    tn_decref(o);
    recorder_expect(&log, "F3 D3 F4 D4 F0 D0 F1 D1 F2 D2");
}

static void
attributes_are_dropped_in_the_order_in_which_they_were_set_5(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_type_spec spec = {.name = "User", .layout = TN_LAYOUT_DICT};
    tn_type *type;
    assert_int_equal(tn_type_register(log.heap, &spec, &type), TN_OK);
    tn_object *o = tn_new(log.heap, type);
    const char *const names[] = {"z", "a", "m"};
    for (int i = 0; i < 3; i++) {
        tn_value v = tn_ref(recorder_new(&log, i));
        assert_int_equal(tn_set(o, names[i], v), TN_OK);
        tn_decref_value(v);
    }
    tn_decref(o);
    recorder_expect(&log, "F0 D0 F1 D1 F2 D2");
}

typedef struct during_death {
    recorder_log log;
    tn_object *made, *plain;
} during_death;

static void
make_weak_references(tn_object *o, void *arg)
{
    during_death *d = arg;
    d->made = recorder_watch_new(&d->log, o, 9);
    assert_true(gives(d->made, o));
    assert_true(gives(d->plain, o));
}

// CPython calls back before it drops the children; here callbacks come last, when all is freed.
static void
finalizer_then_weak_references_then_children_then_callbacks_6(void **state)
{
    during_death d;
    recorder_init(&d.log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&d.log, 1), *watch = recorder_watch_new(&d.log, o, 1);
    d.plain = heap_weak_to(o);
    tn_slot_set_steal(o, 0, tn_ref(recorder_new(&d.log, 2)));
    recorder_at_end(o, make_weak_references, &d);
    tn_decref(o);
    recorder_expect(&d.log, "F1 D1 F2 D2 W1"); // and not W9
    assert_true(gives(d.plain, NULL));
    assert_true(gives(d.made, NULL));
    tn_decref(d.plain);
    tn_decref(d.made);
    tn_decref(watch);
}

// --- Finalizers ----------------------------------------------------------------------------------

typedef struct rescue {
    tn_object *weak, *list;
} rescue;

static void
resolve_and_keep(tn_object *o, void *arg)
{
    rescue *r = arg;
    assert_true(gives(r->weak, o));
    recorder_keep(o, r->list);
}

static void
a_weak_reference_resolves_in_the_finalizer_and_outlives_a_resurrection_7(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 1);
    rescue r = {heap_weak_to(o), tn_list_new(log.heap)};
    recorder_at_end(o, resolve_and_keep, &r);
    tn_decref(o);
    recorder_expect(&log, "F1");
    assert_true(gives(r.weak, o));
    tn_decref(r.list);
    assert_true(gives(r.weak, NULL));
    recorder_expect(&log, "D1");
    tn_decref(r.weak);
}

static void
a_finalizer_is_called_once_however_often_the_object_dies_8(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 1), *list = tn_list_new(log.heap);
    recorder_at_end(o, recorder_keep, list);
    tn_decref(o);
    assert_int_equal(tn_list_len(list), 1);
    recorder_expect(&log, "F1");
    tn_list_clear(list);
    assert_int_equal(tn_list_len(list), 0);
    recorder_expect(&log, "D1");
    tn_decref(list);
}

// A leaf that is brought back: its own bytes say where to, and how often it was finalized.
typedef struct phoenix {
    tn_object **kept;
    int *times;
} phoenix;

static void
rise(tn_object *o)
{
    phoenix *p = tn_payload(o);
    ++*p->times;
    *p->kept = tn_incref(o);
}

// In CPython an object that the collector does not know has no flag, and is finalized again with
// each death; here the flag is everybody's.
static void
neither_is_one_called_twice_of_an_untracked_object_9(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type_spec spec = {.name = "Phoenix", .native = sizeof(phoenix), .flags = TN_ACYCLIC};
    spec.finalize = rise;
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    int times = 0;
    tn_object *o = tn_new(heap, type), *kept = NULL;
    *(phoenix *)tn_payload(o) = (phoenix){&kept, &times};
    tn_decref(o);
    assert_ptr_equal(kept, o);
    tn_decref(kept);
    assert_int_equal(times, 1);
    assert_int_equal(heap_instances(heap, "Phoenix"), 0);
}

// --- Mistakes ------------------------------------------------------------------------------------

static tn_object *
make_user(void)
{
    tn_heap *heap = tn_heap_new(NULL);
    return tn_new(heap, heap_type(heap, "User", NULL, 0));
}

static void
release_once_too_often(void)
{
    tn_object *o = make_user();
    tn_decref(o);
    tn_decref(o);
}

static void
a_reference_that_is_given_back_too_often_ends_a_checked_program_11(void **state)
{
    if (TN_CHECKS == 0)
        skip();
    mistake_expect(release_once_too_often, "a User at 0x");
    mistake_expect(release_once_too_often, "given back too often");
}

// Of a list that holds itself, and it twice, one reference too many was given back.
static void
collect_what_has_too_small_a_count(void)
{
    tn_object *o = make_user(), *list = tn_list_new(tn_heap_of(o));
    for (int i = 0; i < 2; i++)
        tn_list_append(list, tn_ref(o));
    tn_list_append(list, tn_ref(list));
    o->refs = 1;
    tn_decref(list);
    tn_gc_collect(tn_heap_of(list), 2, NULL);
}

static void
the_collector_names_the_object_with_too_small_a_count_11(void **state)
{
    if (TN_CHECKS == 0)
        skip();
    mistake_expect(collect_what_has_too_small_a_count, "a User at 0x");
    mistake_expect(collect_what_has_too_small_a_count, "count of 1, and objects hold 2");
}

static void
the_check_of_the_heap_names_it_as_well_11(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    assert_int_equal(tn_list_append_steal(list, tn_ref(tn_list_new(heap))), TN_OK);
    tn_object *inner = tn_as_object(tn_list_borrow(list, 0));
    char words[64];
    snprintf(words, sizeof words, "list at %p", (void *)inner);
    inner->refs--;
    assert_false(tn_heap_check(heap));
    inner->refs++;
    heap_fixture_take_report(state, words);
    tn_decref(list);
}

// --- The collector in the middle of a death ------------------------------------------------------

static void
expect_unseen(tn_object *o, void *arg)
{
    tn_object *seen = NULL;
    assert_false(tn_gc_is_tracked(o));
    assert_int_equal(tn_objects_get(tn_heap_of(o), TN_ALL_GENERATIONS, &seen), TN_OK);
    for (size_t i = 0; i < tn_list_len(seen); i++)
        assert_ptr_not_equal(tn_as_object(tn_list_borrow(seen, i)), o);
    tn_decref(seen);
}

static void
what_dies_is_untracked_before_anything_of_the_users_runs_12(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 1);
    recorder_at_end(o, expect_unseen, NULL);
    assert_true(tn_gc_is_tracked(o));
    tn_decref(o);
    recorder_expect(&log, "F1 D1");
}

static void
collect_everything(tn_object *o, void *arg)
{
    heap_collect(tn_heap_of(o), 2);
    assert_true(tn_heap_check(tn_heap_of(o)));
}

// The first ring is garbage from the start, the second one once [o] has dropped it.
static void
a_collection_from_a_finalizer_or_callback_is_safe_13(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 1);
    tn_object *watch = recorder_watch_with(&log, o, 1, collect_everything, NULL);
    recorder_at_end(o, collect_everything, NULL);
    recorder_ring(&log, 2, 2);
    tn_slot_set(o, 0, tn_ref(recorder_ring(&log, 4, 2)));
    tn_decref(o);
    recorder_expect(&log, "F1 F2 F3 D2 D3 D1 W1 F4 F5 D4 D5");
    tn_decref(watch);
}

// --- Immortals -----------------------------------------------------------------------------------

// An object becomes immortal when its count is full, and in no other way. The collector leaves it
// tracked, and takes it for referred to from outside.
static void
an_immortal_is_never_counted_nor_freed_14(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    assert_int_equal(tn_list_append(list, tn_ref(list)), TN_OK);
    list->refs = TNI_IMMORTAL - 1; // as if so many references had been taken
    tn_incref(list);
    heap_fixture_take_report(state, "list");
    for (int i = 0; i < 10; i++) {
        tn_decref(list);
        assert_int_equal(tn_refcount(list), TNI_IMMORTAL);
    }
    assert_int_equal(heap_collect(heap, 2), 0);
    assert_int_equal(tn_refcount(list), TNI_IMMORTAL);
    list->refs = 2;
    tn_decref(list);
    assert_int_equal(heap_collect(heap, 2), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(the_last_drop_destroys_before_it_returns_1),
        HEAP_TEST(the_count_is_the_true_one_2),
        HEAP_TEST(a_reference_that_is_taken_and_given_back_leaves_the_count_3),
        HEAP_TEST(the_finalizer_of_the_parent_runs_before_any_child_is_released_4),
        HEAP_TEST(a_list_and_a_tuple_drop_their_items_from_the_end_5),
        HEAP_TEST(a_dict_drops_its_entries_in_the_order_of_insertion_5),
        HEAP_TEST(slots_are_dropped_in_their_order_and_a_derived_types_first_5),
        HEAP_TEST(attributes_are_dropped_in_the_order_in_which_they_were_set_5),
        HEAP_TEST(finalizer_then_weak_references_then_children_then_callbacks_6),
        HEAP_TEST(a_weak_reference_resolves_in_the_finalizer_and_outlives_a_resurrection_7),
        HEAP_TEST(a_finalizer_is_called_once_however_often_the_object_dies_8),
        HEAP_TEST(neither_is_one_called_twice_of_an_untracked_object_9),
        cmocka_unit_test(a_reference_that_is_given_back_too_often_ends_a_checked_program_11),
        cmocka_unit_test(the_collector_names_the_object_with_too_small_a_count_11),
        HEAP_TEST(the_check_of_the_heap_names_it_as_well_11),
        HEAP_TEST(what_dies_is_untracked_before_anything_of_the_users_runs_12),
        HEAP_TEST(a_collection_from_a_finalizer_or_callback_is_safe_13),
        HEAP_TEST(an_immortal_is_never_counted_nor_freed_14),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
