// SPDX-License-Identifier: MIT
//
// The order in which things die, seen from outside: lib/docs/objects.md numbers the steps,
// lib/src/object/reap.c (one object) and lib/src/gc/finish.c (a set) carry them out.
#include "recorder.h"

#include <tenure/containers.h>

static bool
is_dead(tn_object *weak)
{
    tn_object *o = tn_weak_get(weak);
    tn_decref(o);
    return o == NULL;
}

// --- The seven steps, with a witness at each one -------------------------------------------------

// What the test sees of the object that dies.
typedef struct scene {
    recorder_log log;
    tn_object *plain, *watch;
    size_t bytes; // in use while the finalizer ran
} scene;

// A leaf that the dying object holds in its slot 1. By its own end it is step 5.
typedef struct leaf {
    scene *scene;
} leaf;

static void
see_steps_4_and_5(tn_object *o)
{
    scene *s = ((leaf *)tn_payload(o))->scene;
    assert_true(is_dead(s->plain));
    recorder_note(&s->log, "child", 5);
}

static void
see_steps_1_and_2(tn_object *o, void *arg)
{
    scene *s = arg;
    assert_false(tn_gc_is_tracked(o));
    assert_true(tn_gc_is_finalized(o));
    assert_true(is_dead(s->watch));
    assert_false(is_dead(s->plain));
    assert_false(tn_is_absent(tn_slot_borrow(o, 1)));
    assert_true(tn_heap_check(s->log.heap));
    s->bytes = heap_current(s->log.heap);
}

static void
see_steps_6_and_7(tn_object *weak, void *arg)
{
    scene *s = arg;
    assert_int_equal(recorder_alive(&s->log), 0);
    assert_int_equal(heap_instances(s->log.heap, "Leaf"), 0);
    assert_true(heap_current(s->log.heap) < s->bytes);
    assert_true(tn_heap_check(s->log.heap));
}

static tn_type *
leaf_type(tn_heap *heap)
{
    tn_type_spec spec = {.name = "Leaf", .native = sizeof(leaf), .flags = TN_ACYCLIC};
    spec.finalize = see_steps_4_and_5;
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    return type;
}

static void
set_scene(scene *s, tn_object *o)
{
    tn_object *child = tn_new(s->log.heap, leaf_type(s->log.heap));
    ((leaf *)tn_payload(child))->scene = s;
    tn_slot_set_steal(o, 1, tn_ref(child));
    s->plain = heap_weak_to(o);
    s->watch = recorder_watch_with(&s->log, o, 7, see_steps_6_and_7, s);
    recorder_at_end(o, see_steps_1_and_2, s);
}

static void
clear_scene(scene *s)
{
    tn_decref(s->plain);
    tn_decref(s->watch);
}

static void
one_object_dies_in_seven_steps(void **state)
{
    scene s;
    recorder_init(&s.log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&s.log, 1);
    set_scene(&s, o);
    tn_decref(o);
    recorder_expect(&s.log, "F1 D1 child5 W7");
    clear_scene(&s);
}

static void
a_set_dies_in_seven_steps_each_for_all_members(void **state)
{
    scene s;
    recorder_init(&s.log, heap_fixture_heap(state));
    set_scene(&s, recorder_ring(&s.log, 1, 3));
    assert_int_equal(heap_collect(s.log.heap, 2), 3);
    recorder_expect(&s.log, "F1 F2 F3 D1 D2 D3 child5 W7");
    clear_scene(&s);
}

static void
see_all_members_whole(tn_object *o, void *arg)
{
    for (int i = 0; i < 3; i++) {
        assert_false(tn_gc_is_tracked(o));
        o = tn_as_object(tn_slot_borrow(o, 0));
    }
}

static void
every_finalizer_of_a_set_sees_all_members_whole(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_ring(&log, 1, 3);
    for (int i = 0; i < 3; i++, o = tn_as_object(tn_slot_borrow(o, 0)))
        recorder_at_end(o, see_all_members_whole, NULL);
    assert_int_equal(heap_collect(log.heap, 2), 3);
    recorder_expect(&log, "F1 F2 F3 D1 D2 D3");
}

// Step 3: what lives on keeps its children and its plain weak references; nothing after it happens
// but the callbacks.
static void
the_resurrected_stop_at_step_3(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (int ring = 0; ring < 2; ring++) {
        tn_object *list = tn_list_new(log.heap);
        tn_object *o = ring ? recorder_ring(&log, 1, 1) : recorder_new(&log, 1);
        tn_object *plain = heap_weak_to(o), *watch = recorder_watch_new(&log, o, 7);
        tn_slot_set_steal(o, 1, tn_ref(recorder_new(&log, 2)));
        recorder_at_end(o, recorder_keep, list);
        if (!ring)
            tn_decref(o);
        assert_int_equal(heap_collect(log.heap, 2), 0);
        recorder_expect(&log, ring ? "F1 F2 W7" : "F1 W7");
        assert_false(is_dead(plain));
        tn_decref(plain);
        tn_decref(watch);
        tn_decref(list);
        assert_int_equal(heap_collect(log.heap, 2), ring ? 2 : 0);
        recorder_expect(&log, ring ? "D1 D2" : "D1 F2 D2");
    }
}

// Its clear hook looks at another member of the set.
typedef struct looker {
    tn_value other;
    tn_object *weak; // to the other; borrowed from the test
    bool *was_dead;
} looker;

static void
look_at_other(tn_object *o)
{
    looker *l = tn_payload(o);
    if (l->was_dead != NULL)
        *l->was_dead = is_dead(l->weak);
    l->was_dead = NULL;
}

static void
step_4_is_done_for_the_whole_set_before_step_5_begins(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    static const char *const slots[] = {"other", NULL};
    tn_type_spec spec = {.name = "Looker", .slots = slots, .flags = TN_WEAK};
    spec.native = sizeof(looker) - sizeof(tn_value);
    spec.clear = look_at_other;
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    tn_object *o[2], *weak[2];
    bool was_dead[2] = {false, false};
    for (int i = 0; i < 2; i++)
        weak[i] = heap_weak_to(o[i] = tn_new(heap, type));
    for (int i = 0; i < 2; i++) {
        *(looker *)tn_payload(o[i]) = (looker){tn_ref(o[1 - i]), weak[1 - i], &was_dead[i]};
        tn_gc_touch(o[1 - i]); // the test's reference became the set's
    }
    assert_int_equal(heap_collect(heap, 2), 2);
    for (int i = 0; i < 2; i++) {
        assert_true(was_dead[i]);
        tn_decref(weak[i]);
    }
}

// --- Step 5: in which order children go ----------------------------------------------------------

static void
slots_go_in_their_order_5(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 0);
    for (int i = RECORDER_SLOTS; i-- > 0;)
        tn_slot_set_steal(o, (size_t)i, tn_ref(recorder_new(&log, 1 + i)));
    tn_decref(o);
    recorder_expect(&log, "F0 D0 F1 D1 F2 D2 F3 D3");
}

static void
a_list_goes_from_its_end_5(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *list = tn_list_new(log.heap);
    for (int i = 1; i <= 3; i++)
        assert_int_equal(tn_list_append_steal(list, tn_ref(recorder_new(&log, i))), TN_OK);
    tn_decref(list);
    recorder_expect(&log, "F3 D3 F2 D2 F1 D1");
}

static void
a_tuple_goes_from_its_end_5(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_value values[3];
    for (int i = 0; i < 3; i++)
        values[i] = tn_ref(recorder_new(&log, 1 + i));
    tn_object *tuple = tn_tuple_new(log.heap, values, 3);
    for (int i = 0; i < 3; i++)
        tn_decref_value(values[i]);
    tn_decref(tuple);
    recorder_expect(&log, "F3 D3 F2 D2 F1 D1");
}

static void
a_dict_goes_in_the_order_of_insertion_5(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *dict = tn_dict_new(log.heap);
    static const int order[] = {30, 10, 20};
    for (int i = 0; i < 3; i++) {
        tn_object *o = recorder_new(&log, order[i]);
        assert_int_equal(tn_dict_set(dict, tn_int(order[i]), tn_ref(o)), TN_OK);
        tn_decref(o);
    }
    tn_decref(dict);
    recorder_expect(&log, "F30 D30 F10 D10 F20 D20");
}

// --- The user's code in the middle ---------------------------------------------------------------

static void
empty_list(tn_object *o, void *list)
{
    tn_list_clear(list);
}

// A finalizer's own victims die before it returns; the siblings wait.
static void
what_a_finalizer_drops_dies_before_it_returns(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *list = tn_list_new(log.heap), *root = recorder_new(&log, 1);
    tn_object *victim = recorder_new(&log, 9), *watch = recorder_watch_new(&log, victim, 9);
    recorder_keep(victim, list);
    tn_decref(victim);
    for (size_t i = 0; i < 2; i++)
        tn_slot_set_steal(root, i, tn_ref(recorder_new(&log, 2 + (int)i)));
    recorder_at_end(tn_as_object(tn_slot_borrow(root, 0)), empty_list, list);
    tn_decref(root);
    recorder_expect(&log, "F1 D1 F2 F9 D9 W9 D2 F3 D3");
    tn_decref(watch);
    tn_decref(list);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(one_object_dies_in_seven_steps),
        HEAP_TEST(a_set_dies_in_seven_steps_each_for_all_members),
        HEAP_TEST(every_finalizer_of_a_set_sees_all_members_whole),
        HEAP_TEST(the_resurrected_stop_at_step_3),
        HEAP_TEST(step_4_is_done_for_the_whole_set_before_step_5_begins),
        HEAP_TEST(slots_go_in_their_order_5),
        HEAP_TEST(a_list_goes_from_its_end_5),
        HEAP_TEST(a_tuple_goes_from_its_end_5),
        HEAP_TEST(a_dict_goes_in_the_order_of_insertion_5),
        HEAP_TEST(what_a_finalizer_drops_dies_before_it_returns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
