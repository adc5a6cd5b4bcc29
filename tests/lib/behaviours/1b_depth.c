// SPDX-License-Identifier: MIT
//
// 1B: death without recursion.
//
// Whatever is deep dies on a small stack, where recursion would end the program.
#include "recorder.h"
#include "small_stack.h"

#include <pthread.h>
#include <tenure/containers.h>

static const size_t million = 1000000;

// --- Chains --------------------------------------------------------------------------------------

// Types of links that are not the library's own.
typedef struct kit {
    tn_type *slotted, *derived, *native, *finalized, *free, *key;
} kit;

// An object that holds [next]; an object of the kit, or a container.
typedef tn_object *make_link(tn_heap *heap, const kit *k, tn_value next /* stolen */);

static tn_object *
link_by_list(tn_heap *heap, const kit *k, tn_value next)
{
    tn_object *list = tn_list_new(heap);
    assert_int_equal(tn_list_append_steal(list, next), TN_OK);
    return list;
}

static tn_object *
link_by_tuple(tn_heap *heap, const kit *k, tn_value next)
{
    tn_object *tuple = tn_tuple_new(heap, &next, 1);
    assert_non_null(tuple);
    tn_decref_value(next);
    return tuple;
}

static tn_object *
link_by_dict(tn_heap *heap, const kit *k, tn_value next)
{
    tn_object *dict = tn_dict_new(heap);
    assert_int_equal(tn_dict_set(dict, tn_int(1), next), TN_OK);
    tn_decref_value(next);
    return dict;
}

static tn_object *
link_by_slot(tn_heap *heap, tn_type *type, size_t slot, tn_value next)
{
    tn_object *o = tn_new(heap, type);
    assert_non_null(o);
    tn_slot_set_steal(o, slot, next);
    return o;
}

static tn_object *
link_by_slotted(tn_heap *heap, const kit *k, tn_value next)
{
    return link_by_slot(heap, k->slotted, 0, next);
}

static tn_object *
link_by_derived(tn_heap *heap, const kit *k, tn_value next)
{
    return link_by_slot(heap, k->derived, 1, next);
}

static tn_object *
link_by_finalized(tn_heap *heap, const kit *k, tn_value next)
{
    return link_by_slot(heap, k->finalized, 0, next);
}

static tn_object *
link_by_attribute(tn_heap *heap, const kit *k, tn_value next)
{
    tn_object *o = tn_new(heap, k->free);
    assert_int_equal(tn_set(o, "next", next), TN_OK);
    tn_decref_value(next);
    return o;
}

static tn_object *
link_by_set(tn_heap *heap, const kit *k, tn_value next)
{
    tn_object *set = tn_set_new(heap);
    assert_int_equal(tn_set_add(set, next), TN_OK);
    tn_decref_value(next);
    return set;
}

static tn_object *
link_by_native(tn_heap *heap, const kit *k, tn_value next)
{
    tn_object *o = tn_new(heap, k->native);
    *(tn_value *)tn_payload(o) = next;
    tn_gc_touch(tn_as_object(next));
    return o;
}

// The next one is the value of a key that lives on.
static tn_object *
link_by_weak_key(tn_heap *heap, const kit *k, tn_value next)
{
    tn_object *map = tn_weakkeymap_new(heap), *key = tn_new(heap, k->key);
    assert_int_equal(tn_weakkeymap_set(map, key, next), TN_OK);
    tn_decref_value(next);
    tn_value pair[2] = {tn_ref(map), tn_ref(key)};
    tn_object *link = tn_tuple_new(heap, pair, 2);
    tn_decref(map);
    tn_decref(key);
    return link;
}

static void
traverse_next(tn_object *o, tn_visit *visit, void *arg)
{
    tn_value next = *(tn_value *)tn_payload(o);
    if (tn_is_object(next))
        visit(tn_as_object(next), arg);
}

static void
clear_next(tn_object *o)
{
    tn_value next = *(tn_value *)tn_payload(o);
    *(tn_value *)tn_payload(o) = TN_ABSENT;
    tn_decref_value(next);
}

static void
do_nothing(tn_object *o)
{
}

static tn_type *
add_type(tn_heap *heap, tn_type_spec spec)
{
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    return type;
}

static kit
make_kit(tn_heap *heap)
{
    static const char *const next[] = {"next", NULL}, *const more[] = {"more", NULL};
    kit k = {.slotted = heap_type(heap, "Slotted", next, 0)};
    k.derived = add_type(heap, (tn_type_spec){.name = "Derived", .base = k.slotted, .slots = more});
    k.finalized =
        add_type(heap, (tn_type_spec){.name = "Finalized", .slots = next, .finalize = do_nothing});
    k.native = add_type(heap, (tn_type_spec){.name = "Native",
                                             .native = sizeof(tn_value),
                                             .traverse = traverse_next,
                                             .clear = clear_next});
    k.free = add_type(heap, (tn_type_spec){.name = "Free", .layout = TN_LAYOUT_DICT});
    k.key = heap_type(heap, "Key", NULL, TN_WEAK);
    return k;
}

static tn_object *
make_chain(tn_heap *heap, make_link *link, size_t length)
{
    kit k = make_kit(heap);
    tn_value next = TN_NONE;
    for (size_t i = 0; i < length; i++)
        next = tn_ref(link(heap, &k, next));
    return tn_as_object(next);
}

static void
drop(tn_heap *heap, void *o)
{
    tn_decref(o);
    heap_work_off(heap);
    assert_int_equal(heap_current(heap), 0);
}

static void
a_chain_of_any_length_dies_without_recursion_15(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    small_stack_run(heap, drop, make_chain(heap, link_by_list, support_scaled(million)));
    small_stack_run(heap, drop, make_chain(heap, link_by_slotted, support_scaled(million)));
}

static void
so_does_one_of_whatever_holds_references_16(void **state)
{
    make_link *const links[] = {link_by_tuple,     link_by_dict,      link_by_derived,
                                link_by_native,    link_by_finalized, link_by_weak_key,
                                link_by_attribute, link_by_set};
    tn_heap *heap = heap_fixture_heap(state);
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        small_stack_run(heap, drop, make_chain(heap, links[i], support_scaled(million / 10)));
}

// --- Threads -------------------------------------------------------------------------------------

// Each thread has a heap of its own, and is in the middle of a destruction when it waits for the
// others.
enum { THREADS = 4 };

typedef struct worker {
    pthread_barrier_t *barrier;
    size_t left; // live objects
} worker;

static void
wait_for_the_others(tn_object *o, void *arg)
{
    pthread_barrier_wait(arg);
}

static void *
destroy_a_chain(void *arg)
{
    worker *w = arg;
    tn_heap *heap = tn_heap_new(NULL);
    recorder_log log;
    recorder_init(&log, heap);
    tn_object *o = recorder_new(&log, 1);
    recorder_at_end(o, wait_for_the_others, w->barrier);
    tn_slot_set_steal(o, 0, tn_ref(make_chain(heap, link_by_slotted, 10000)));
    tn_object *first = make_chain(heap, link_by_list, 10000);
    assert_int_equal(tn_list_append_steal(first, tn_ref(o)), TN_OK);
    tn_decref(first);
    recorder_expect(&log, "F1 D1");
    w->left = tn_heap_free(heap);
    return NULL;
}

// Only one thread at a time may be in a heap, so a finalizer lets no other one in, as one of
// Python's may that releases the interpreter's lock.
static void
threads_destroy_side_by_side_17(void **state)
{
    pthread_barrier_t barrier;
    pthread_t threads[THREADS];
    worker workers[THREADS];
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){&barrier, 1};
        assert_int_equal(pthread_create(&threads[i], NULL, destroy_a_chain, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(workers[i].left, 0);
    }
    pthread_barrier_destroy(&barrier);
}

// --- Finalizers on the way -----------------------------------------------------------------------

enum { DEPTH = 200, EVERY = 17 };

// Recorders 0 to DEPTH - 1, each in a container with the next one.
static tn_object *
make_nest(recorder_log *log, recorder_action *action, void *arg)
{
    tn_value inner = TN_NONE;
    for (int i = DEPTH - 1; i >= 0; i--) {
        tn_object *o = recorder_new(log, i);
        recorder_at_end(o, action, arg);
        tn_slot_set_steal(o, 0, inner);
        make_link *link = i % 3 == 0 ? link_by_list : i % 3 == 1 ? link_by_tuple : link_by_dict;
        inner = tn_ref(link(log->heap, NULL, tn_ref(o)));
    }
    return tn_as_object(inner);
}

static void
expect_from_root_to_leaf(recorder_log *log)
{
    char text[sizeof log->text];
    size_t len = 0;
    for (int i = 0; i < DEPTH; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%sF%d D%d", i > 0 ? " " : "", i, i);
    recorder_expect(log, text);
}

static void
finalizers_run_from_root_to_leaf_before_the_drop_returns_18(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *nest = make_nest(&log, NULL, NULL);
    tn_decref(nest);
    expect_from_root_to_leaf(&log);
    assert_int_equal(recorder_alive(&log), 0);
}

static void
collect_now_and_then(tn_object *o, void *collections)
{
    recorder_check_heap(o, NULL);
    if (recorder_number(o) % EVERY != 0)
        return;
    ++*(int *)collections;
    assert_int_equal(heap_collect(tn_heap_of(o), 2), 0);
}

static void
every_17th_finalizer_may_collect_on_the_way_19(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    int collections = 0;
    tn_object *nest = make_nest(&log, collect_now_and_then, &collections);
    tn_decref(nest);
    expect_from_root_to_leaf(&log);
    assert_int_equal(collections, (DEPTH - 1) / EVERY + 1);
}

// --- No stack, no memory -------------------------------------------------------------------------

static void
drop_and_take_nothing(tn_heap *heap, void *o)
{
    tn_memory before, after;
    tn_memory_get(heap, &before);
    drop(heap, o);
    tn_memory_get(heap, &after);
    assert_int_equal(after.peak, before.peak);
    assert_true(after.overhead <= before.overhead);
}

// The dead are queued through their own headers, however much of whose stack is left.
static void
what_waits_to_die_needs_neither_stack_nor_memory_20(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *chain = make_chain(heap, link_by_list, support_scaled(million / 10));
    small_stack_run(heap, drop_and_take_nothing, chain);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_chain_of_any_length_dies_without_recursion_15),
        HEAP_TEST(so_does_one_of_whatever_holds_references_16),
        cmocka_unit_test(threads_destroy_side_by_side_17),
        HEAP_TEST(finalizers_run_from_root_to_leaf_before_the_drop_returns_18),
        HEAP_TEST(every_17th_finalizer_may_collect_on_the_way_19),
        HEAP_TEST(what_waits_to_die_needs_neither_stack_nor_memory_20),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
