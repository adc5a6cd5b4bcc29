// SPDX-License-Identifier: MIT
//
// 1E: a collection and its result.
#include "recorder.h"
#include "small_stack.h"

#include "memory/alloc.h"

#include <tenure/containers.h>

// --- What it returns -----------------------------------------------------------------------------

// Python's collect() is collect(2); in C the generation is always said, and is a number.
static void
a_generation_other_than_0_to_2_is_refused_49(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_gc_result result;
    for (int generation = 0; generation < TN_GENERATIONS; generation++)
        assert_int_equal(tn_gc_collect(heap, generation, &result), TN_OK);
    assert_int_equal(tn_gc_collect(heap, -1, &result), TN_EINVAL);
    assert_int_equal(tn_gc_collect(heap, 3, &result), TN_EINVAL);
}

static tn_object *
make_self_list(tn_heap *heap)
{
    tn_object *list = tn_list_new(heap);
    assert_int_equal(tn_list_append(list, tn_ref(list)), TN_OK);
    return list;
}

static void
every_container_of_the_garbage_counts_in_a_circle_or_not_50(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = make_self_list(heap);
    tn_decref(list);
    assert_int_equal(heap_collect(heap, 2), 1);
    list = make_self_list(heap);
    tn_object *dict = tn_dict_new(heap), *inner = tn_list_new(heap);
    assert_int_equal(tn_dict_set(dict, tn_int(1), tn_ref(inner)), TN_OK);
    assert_int_equal(tn_list_append_steal(list, tn_ref(dict)), TN_OK);
    assert_int_equal(tn_list_append_steal(list, tn_ref(heap_str(heap, "not counted"))), TN_OK);
    tn_decref(inner);
    tn_decref(list);
    assert_int_equal(heap_collect(heap, 2), 3);
    assert_int_equal(heap_collect(heap, 2), 0); // only what this call found
}

static void
a_tuple_or_an_instance_in_a_circle_counts_50(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    recorder_log log;
    recorder_init(&log, heap);
    tn_object *list = tn_list_new(heap);
    tn_value item = tn_ref(list);
    tn_object *tuple = tn_tuple_new(heap, &item, 1);
    assert_int_equal(tn_list_append_steal(list, tn_ref(tuple)), TN_OK);
    tn_decref(list);
    recorder_ring(&log, 1, 1);
    assert_int_equal(heap_collect(heap, 2), 3);
}

// A circle of one instance, by one attribute of [count].
static void
make_circle(tn_heap *heap, tn_type *type, int count)
{
    tn_object *o = tn_new(heap, type);
    for (int i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "name%d", i);
        assert_int_equal(tn_set(o, name, i == 0 ? tn_ref(o) : tn_int(i)), TN_OK);
    }
    tn_decref(o);
}

// But for who has more names than its type shares out, 30: that one has a dict of its own.
static void
an_instance_counts_once_wherever_its_attributes_are_51(void **state)
{
    static const char *const slots[] = {"name0", "name1", NULL};
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *types[2] = {heap_type(heap, "Slotted", slots, 0)};
    tn_type_spec spec = {.name = "Free", .layout = TN_LAYOUT_DICT};
    assert_int_equal(tn_type_register(heap, &spec, &types[1]), TN_OK);
    for (int i = 0; i < 2; i++) {
        make_circle(heap, types[i], 2);
        assert_int_equal(heap_collect(heap, 2), 1);
    }
    make_circle(heap, types[1], 30);
    assert_int_equal(heap_collect(heap, 2), 1);
    make_circle(heap, types[1], 31);
    assert_int_equal(heap_collect(heap, 2), 1 + 1);
}

static void
let_go_of_it(tn_object *weak, void *list)
{
    tn_list_clear(list);
}

static void
a_weak_reference_that_its_callback_lets_go_of_counts_52(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    for (int sliced = 0; sliced < 2; sliced++) {
        tn_object *list = tn_list_new(log.heap), *ring = recorder_ring(&log, 1, 2);
        tn_object *weak = recorder_watch_with(&log, ring, 1, let_go_of_it, list);
        assert_int_equal(tn_list_append_steal(list, tn_ref(weak)), TN_OK);
        tn_gc_result result = {.complete = false};
        while (sliced && !result.complete)
            assert_int_equal(tn_gc_step(log.heap, 0, &result), TN_OK);
        if (!sliced)
            assert_int_equal(tn_gc_collect(log.heap, 2, &result), TN_OK);
        assert_int_equal(result.collected, 3);
        tn_decref(list);
    }
}

static void
the_resurrected_do_not_count_and_do_not_keep_the_others_53(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *list = tn_list_new(log.heap);
    recorder_at_end(recorder_ring(&log, 1, 2), recorder_keep, list);
    recorder_ring(&log, 3, 5);
    assert_int_equal(heap_collect(log.heap, 2), 5);
    assert_int_equal(recorder_alive(&log), 2);
    tn_decref(list);
    assert_int_equal(heap_collect(log.heap, 2), 2);
}

static void
collect_inside(tn_object *o, void *refusals)
{
    tn_gc_result result = {.collected = 9};
    assert_int_equal(tn_gc_collect(tn_heap_of(o), 2, &result), TN_EBUSY);
    assert_int_equal(result.collected, 0);
    ++*(int *)refusals;
}

// CPython returns 0 without an error.
static void
a_collection_inside_another_does_nothing_and_says_so_54(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    int refusals = 0;
    tn_object *ring = recorder_ring(&log, 1, 2);
    tn_object *watch = recorder_watch_with(&log, ring, 1, collect_inside, &refusals);
    recorder_at_end(ring, collect_inside, &refusals);
    recorder_ring(&log, 3, 2);
    assert_int_equal(heap_collect(log.heap, 2), 4);
    assert_int_equal(refusals, 2);
    tn_decref(watch);
}

// --- What it costs -------------------------------------------------------------------------------

static size_t
reserved(const tn_heap *heap)
{
    tn_memory memory;
    tn_memory_get(heap, &memory);
    return memory.reserved;
}

// The library has no free lists, but the last page of each size stays at hand when it is empty.
static void
a_full_collection_gives_empty_pages_back_and_a_partial_one_does_not_55(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    assert_int_equal(tn_list_append_steal(list, tn_ref(heap_str(heap, "text"))), TN_OK);
    tn_decref(list);
    tni_pages_flush_quarantine(&((struct tni_memory *)heap)->pages); // of sanitizer builds
    size_t at_hand = reserved(heap);
    assert_true(at_hand > 0);
    heap_collect(heap, 0);
    heap_collect(heap, 1);
    assert_int_equal(reserved(heap), at_hand);
    heap_collect(heap, 2);
    assert_int_equal(reserved(heap), 0);
}

// Each node holds the next one, and none becomes a suspect. Returns the first; *last is borrowed.
static tn_object *
make_chain(tn_heap *heap, size_t length, tn_object **last)
{
    static const char *const slots[] = {"next", NULL};
    tn_type *type = heap_type(heap, "Node", slots, 0);
    tn_object *first = *last = tn_new(heap, type);
    for (size_t i = 1; i < length; i++) {
        tn_object *next = tn_new(heap, type);
        tn_slot_set_steal(*last, 0, tn_ref(next));
        *last = next;
    }
    return first;
}

static size_t
overhead(const tn_heap *heap)
{
    tn_memory memory;
    tn_memory_get(heap, &memory);
    return memory.overhead;
}

static void
collect_without_memory(tn_heap *heap, void *arg)
{
    size_t before = overhead(heap);
    for (int generation = 0; generation < TN_GENERATIONS; generation++)
        assert_int_equal(heap_collect(heap, generation), 0);
    assert_int_equal(overhead(heap), before);
}

static void
collect_deep_garbage(tn_heap *heap, void *length)
{
    assert_int_equal(heap_collect(heap, 2), *(size_t *)length);
}

// Memory is needed for what is looked at, which is what suspects reach, but not for the heap.
static void
it_does_not_recurse_and_takes_no_memory_for_the_living_56(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    size_t length = support_scaled(300000);
    tn_object *last, *first = make_chain(heap, length, &last);
    assert_int_equal(tn_gc_suspect_count(heap), 0);
    small_stack_run(heap, collect_without_memory, NULL);
    tn_slot_set_steal(last, 0, tn_ref(first)); // closes the circle
    small_stack_run(heap, collect_deep_garbage, &length);
}

static void
expect_same_order(const tn_object *a, const tn_object *b)
{
    assert_int_equal(tn_list_len(a), tn_list_len(b));
    for (size_t i = 0; i < tn_list_len(a); i++)
        assert_true(tn_is(tn_list_borrow(a, i), tn_list_borrow(b, i)));
}

// Children are met before their parents here. CPython takes them for unreachable until it meets a
// parent, and leaves its list in another order; nothing is moved here.
static void
the_living_are_kept_in_whatever_order_they_are_met_57(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *live = tn_list_new(heap), *before, *after;
    for (int i = 1; i < 100; i++) {
        tn_object *list = tn_list_new(heap);
        assert_int_equal(tn_list_append_steal(list, tn_ref(live)), TN_OK);
        live = list;
    }
    assert_int_equal(tn_objects_get(heap, TN_ALL_GENERATIONS, &before), TN_OK);
    assert_true(tn_is(tn_list_borrow(before, 99), tn_ref(live)));
    assert_int_equal(tn_gc_collect_exhaustive(heap, 1, NULL), TN_OK);
    assert_int_equal(heap_collect(heap, 2), 0);
    tn_decref(make_self_list(heap));
    assert_int_equal(heap_collect(heap, 2), 1);
    assert_int_equal(tn_objects_get(heap, TN_ALL_GENERATIONS, &after), TN_OK);
    assert_int_equal(tn_list_remove(after, tn_ref(before)), TN_OK);
    expect_same_order(before, after);
    tn_decref(before);
    tn_decref(after);
    tn_decref(live);
}

// --- Hooks that do as they like ------------------------------------------------------------------

enum { MEMBERS = 4 };

// Four nodes in a ring, each of which has a clear hook that may touch all.
typedef struct gang {
    tn_type *type;
    tn_object *members[MEMBERS];
    tn_object *saved; // by whose hook comes first
    bool saves;
} gang;

static void
disturb_all(tn_object *o)
{
    gang *g = *(gang **)((tn_value *)tn_payload(o) + 1);
    for (int i = 0; i < MEMBERS; i++)
        if (g->members[i] != NULL)
            tn_slot_set(g->members[i], 0, TN_ABSENT);
    if (g->saves && g->saved == NULL)
        g->saved = tn_incref(g->members[MEMBERS - 1]);
    memset(g->members, 0, sizeof g->members);
}

static void
make_gang(gang *g, tn_heap *heap, bool saves)
{
    static const char *const slots[] = {"next", NULL};
    tn_type_spec spec = {.name = "Member", .slots = slots, .native = sizeof g};
    spec.clear = disturb_all;
    *g = (gang){.saves = saves};
    assert_int_equal(tn_type_register(heap, &spec, &g->type), TN_OK);
    for (int i = 0; i < MEMBERS; i++) {
        g->members[i] = tn_new(heap, g->type);
        *(gang **)((tn_value *)tn_payload(g->members[i]) + 1) = g;
    }
    for (int i = 0; i < MEMBERS; i++)
        tn_slot_set_steal(g->members[i], 0, tn_ref(g->members[(i + 1) % MEMBERS]));
}

static void
a_clear_hook_may_free_other_members_of_the_garbage_58(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    gang g;
    make_gang(&g, heap, false);
    assert_int_equal(heap_collect(heap, 2), MEMBERS);
    assert_int_equal(heap_instances(heap, "Member"), 0);
}

static void
what_a_clear_hook_brings_back_is_old_and_dies_later_58(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    gang g;
    make_gang(&g, heap, true);
    tn_gc_result result;
    assert_int_equal(tn_gc_collect(heap, 0, &result), TN_OK);
    assert_int_equal(result.collected, MEMBERS - 1);
    assert_int_equal(result.uncollectable, 1);
    assert_int_equal(tn_gc_generation(g.saved), 1);
    tn_decref(g.saved);
    assert_int_equal(heap_instances(heap, "Member"), 0);
}

static void
clear_held(tn_object *o)
{
    tn_object **held = tn_payload(o);
    TN_CLEAR(*held);
}

static void
a_type_without_traverse_leaks_and_does_no_other_harm_59(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type_spec spec = {.name = "Opaque", .native = sizeof(tn_object *), .clear = clear_held};
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    tn_object *o = tn_new(heap, type), *list = tn_list_new(heap);
    *(tn_object **)tn_payload(o) = list;
    assert_int_equal(tn_list_append(list, tn_ref(o)), TN_OK);
    tn_decref(o); // a circle, half of which nobody sees
    assert_int_equal(heap_collect(heap, 2), 0);
    assert_int_equal(heap_instances(heap, "Opaque"), 1);
    assert_int_equal(tn_list_len(list), 1);
    clear_held(o);
    assert_int_equal(heap_instances(heap, "Opaque"), 0);
}

static tn_err
count_reading(tn_object *o, tn_value *result)
{
    ++**(int **)((tn_value *)tn_payload(o) + 1);
    *result = TN_NONE;
    return TN_OK;
}

static void
do_nothing(tn_object *o)
{
}

// A finalizer belongs to the type; nobody has to look for it in the instance.
static void
a_collection_reads_no_property_60(void **state)
{
    static const char *const slots[] = {"next", NULL};
    static const tn_property properties[] = {{"finalize", count_reading, NULL}, {NULL, NULL, NULL}};
    tn_heap *heap = heap_fixture_heap(state);
    tn_type_spec spec = {.name = "Boom", .slots = slots, .native = sizeof(int *)};
    spec.properties = properties;
    spec.finalize = do_nothing;
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    int readings = 0;
    tn_object *o = tn_new(heap, type);
    *(int **)((tn_value *)tn_payload(o) + 1) = &readings;
    tn_value v;
    assert_int_equal(tn_get(o, "finalize", &v), TN_OK);
    assert_int_equal(readings, 1);
    tn_slot_set_steal(o, 0, tn_ref(o));
    assert_int_equal(heap_collect(heap, 2), 1);
    assert_int_equal(readings, 1);
}

// --- The end -------------------------------------------------------------------------------------

static void
count_sentence(void *arg, const char *sentence)
{
    assert_non_null(strstr(sentence, "Recorder"));
    ++*(size_t *)arg;
}

// An interpreter collects when it ends, because nobody else can. A heap that ends tells who was
// left, and finalizes nobody; who wants a last collection asks for it.
static void
a_heap_that_ends_tells_what_a_last_collection_would_have_found_61(void **state)
{
    for (size_t collected = 0; collected <= 2; collected += 2) {
        size_t reported = 0;
        tn_heap_options options = {.report = count_sentence, .report_arg = &reported};
        recorder_log log;
        recorder_init(&log, tn_heap_new(&options));
        recorder_ring(&log, 1, 2);
        if (collected > 0)
            assert_int_equal(heap_collect(log.heap, 2), collected);
        recorder_expect(&log, collected > 0 ? "F1 F2 D1 D2" : "");
        assert_int_equal(tn_heap_free(log.heap), 2 - collected);
        assert_int_equal(reported, 2 - collected);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_generation_other_than_0_to_2_is_refused_49),
        HEAP_TEST(every_container_of_the_garbage_counts_in_a_circle_or_not_50),
        HEAP_TEST(a_tuple_or_an_instance_in_a_circle_counts_50),
        HEAP_TEST(an_instance_counts_once_wherever_its_attributes_are_51),
        HEAP_TEST(a_weak_reference_that_its_callback_lets_go_of_counts_52),
        HEAP_TEST(the_resurrected_do_not_count_and_do_not_keep_the_others_53),
        HEAP_TEST(a_collection_inside_another_does_nothing_and_says_so_54),
        HEAP_TEST(a_full_collection_gives_empty_pages_back_and_a_partial_one_does_not_55),
        HEAP_TEST(it_does_not_recurse_and_takes_no_memory_for_the_living_56),
        HEAP_TEST(the_living_are_kept_in_whatever_order_they_are_met_57),
        HEAP_TEST(a_clear_hook_may_free_other_members_of_the_garbage_58),
        HEAP_TEST(what_a_clear_hook_brings_back_is_old_and_dies_later_58),
        HEAP_TEST(a_type_without_traverse_leaks_and_does_no_other_harm_59),
        HEAP_TEST(a_collection_reads_no_property_60),
        cmocka_unit_test(a_heap_that_ends_tells_what_a_last_collection_would_have_found_61),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
