// SPDX-License-Identifier: MIT
//
// Weak references: lib/src/object/weak.c.
#include "heap_fixture.h"

#include <tenure/containers.h>

static tn_object *
weakly_referable(tn_heap *heap)
{
    static const char *const slots[] = {"other", NULL};
    return tn_new(heap, heap_type(heap, "Weak", slots, TN_WEAK));
}

static void
a_weak_reference_does_not_count(void **state)
{
    tn_object *target = weakly_referable(heap_fixture_heap(state)), *weak = heap_weak_to(target);
    assert_int_equal(tn_refcount(target), 1);
    tn_decref(target);
    assert_null(tn_weak_get(weak));
    tn_decref(weak);
}

static void
getting_it_gives_a_new_reference(void **state)
{
    tn_object *target = weakly_referable(heap_fixture_heap(state)), *weak = heap_weak_to(target);
    tn_object *strong = tn_weak_get(weak);
    assert_ptr_equal(strong, target);
    assert_int_equal(tn_refcount(target), 2);
    tn_decref(target);
    assert_ptr_equal(tn_weak_get(weak), strong);
    tn_decref(strong);
    tn_decref(strong);
    assert_null(tn_weak_get(weak));
    assert_null(tn_weak_get(weak));
    tn_decref(weak);
}

static void
all_callers_share_one_while_it_lives(void **state)
{
    tn_object *target = weakly_referable(heap_fixture_heap(state));
    tn_object *first = heap_weak_to(target), *second = heap_weak_to(target);
    assert_ptr_equal(first, second);
    assert_int_equal(tn_refcount(first), 2);
    tn_decref(first);
    tn_decref(second);
    tn_decref(target);
}

static void
the_target_outlives_its_weak_reference(void **state)
{
    tn_object *target = weakly_referable(heap_fixture_heap(state));
    tn_decref(heap_weak_to(target));
    tn_object *again = heap_weak_to(target);
    tn_decref(target);
    assert_null(tn_weak_get(again));
    tn_decref(again);
}

static void
a_type_without_the_flag_is_refused(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    static const char *const slots[] = {"other", NULL};
    tn_object *plain = tn_new(heap, heap_type(heap, "Plain", slots, 0)), *weak = NULL;
    tn_object *str = heap_str(heap, "x");
    assert_int_equal(tn_weak_new(plain, &weak), TN_ETYPE);
    assert_int_equal(tn_weak_new(str, &weak), TN_ETYPE);
    assert_null(weak);
    tn_decref(str);
    tn_decref(plain);
}

static void
an_acyclic_type_may_have_weak_references(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *target = tn_new(heap, heap_type(heap, "Leaf", NULL, TN_WEAK | TN_ACYCLIC));
    tn_object *weak = heap_weak_to(target);
    tn_decref(target);
    assert_null(tn_weak_get(weak));
    tn_decref(weak);
}

static void
a_weak_reference_is_not_tracked(void **state)
{
    tn_object *target = weakly_referable(heap_fixture_heap(state)), *weak = heap_weak_to(target);
    assert_false(tn_gc_is_tracked(weak));
    tn_decref(weak);
    tn_decref(target);
}

static void
an_object_may_hold_the_weak_reference_to_itself(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *target = weakly_referable(heap);
    tn_slot_set_steal(target, 0, tn_ref(heap_weak_to(target)));
    tn_decref(target);
    assert_int_equal(heap_current(heap), 0);
}

// A child that looks at its parent while it dies.
typedef struct looker {
    tn_object *weak_parent; // borrowed from the test
    bool *saw_parent;
} looker;

static void
looker_clear(tn_object *o)
{
    looker *l = tn_payload(o);
    tn_object *parent = tn_weak_get(l->weak_parent);
    *l->saw_parent = parent != NULL;
}

static void
the_target_is_gone_once_its_destruction_began(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type_spec spec = {.name = "Looker", .native = sizeof(looker), .clear = looker_clear};
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    bool saw_parent = true;
    tn_object *parent = weakly_referable(heap), *child = tn_new(heap, type);
    tn_object *weak = heap_weak_to(parent);
    *(looker *)tn_payload(child) = (looker){weak, &saw_parent};
    tn_slot_set_steal(parent, 0, tn_ref(child));
    tn_decref(parent);
    assert_false(saw_parent);
    tn_decref(weak);
}

static void
many_targets_each_clear_their_own(void **state)
{
    enum { MANY = 1000 };
    tn_heap *heap = heap_fixture_heap(state);
    static const char *const slots[] = {"other", NULL};
    tn_type *type = heap_type(heap, "Weak", slots, TN_WEAK);
    tn_object *targets[MANY], *weaks[MANY];
    for (int i = 0; i < MANY; i++)
        weaks[i] = heap_weak_to(targets[i] = tn_new(heap, type));
    for (int i = 0; i < MANY; i += 2)
        tn_decref(targets[i]);
    for (int i = 0; i < MANY; i++) {
        tn_object *got = tn_weak_get(weaks[i]);
        assert_ptr_equal(got, i % 2 == 0 ? NULL : targets[i]);
        tn_decref(got);
        tn_decref(weaks[i]);
    }
    for (int i = 1; i < MANY; i += 2)
        tn_decref(targets[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_weak_reference_does_not_count),
        HEAP_TEST(getting_it_gives_a_new_reference),
        HEAP_TEST(all_callers_share_one_while_it_lives),
        HEAP_TEST(the_target_outlives_its_weak_reference),
        HEAP_TEST(a_type_without_the_flag_is_refused),
        HEAP_TEST(an_acyclic_type_may_have_weak_references),
        HEAP_TEST(a_weak_reference_is_not_tracked),
        HEAP_TEST(an_object_may_hold_the_weak_reference_to_itself),
        HEAP_TEST(the_target_is_gone_once_its_destruction_began),
        HEAP_TEST(many_targets_each_clear_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
