// SPDX-License-Identifier: MIT
//
// 1G: debug flags, the garbage list, callbacks.
#include "recorder.h"

#include <tenure/containers.h>
#include <time.h>

// --- Debug flags ---------------------------------------------------------------------------------

static void
the_flags_have_the_values_of_python_76(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    assert_int_equal(TN_GC_DEBUG_STATS, 1);
    assert_int_equal(TN_GC_DEBUG_COLLECTABLE, 2);
    assert_int_equal(TN_GC_DEBUG_UNCOLLECTABLE, 4);
    assert_int_equal(TN_GC_DEBUG_SAVE_ALL, 32);
    assert_int_equal(TN_GC_DEBUG_LEAK, 38);
    assert_int_equal(tn_gc_get_debug(heap), 0);
    tn_gc_set_debug(heap, TN_GC_DEBUG_LEAK);
    assert_int_equal(tn_gc_get_debug(heap), TN_GC_DEBUG_LEAK);
}

// Everything that a heap reports, line by line.
typedef struct paper {
    char text[1024];
    size_t len;
} paper;

static void
write_down(void *arg, const char *sentence)
{
    paper *p = arg;
    p->len += (size_t)snprintf(p->text + p->len, sizeof p->text - p->len, "%s\n", sentence);
}

static tn_heap *
heap_that_writes(paper *p)
{
    *p = (paper){0};
    tn_heap_options options = {.report = write_down, .report_arg = p};
    tn_heap *heap = tn_heap_new(&options);
    assert_non_null(heap);
    return heap;
}

// To the heap's report function; stderr is where that writes if the program gave none.
static void
statistics_are_told_in_the_words_of_python_77(void **state)
{
    paper p;
    tn_heap *heap = heap_that_writes(&p);
    recorder_log log;
    recorder_init(&log, heap);
    tn_object *frozen = tn_list_new(heap);
    assert_int_equal(tn_gc_freeze(heap, false), TN_OK);
    recorder_ring(&log, 1, 3);
    tn_gc_set_debug(heap, TN_GC_DEBUG_STATS);
    assert_int_equal(heap_collect(heap, 1), 3);
    static const char words[] = "gc: collecting generation 1...\n"
                                "gc: objects in each generation: 3 0 0\n"
                                "gc: objects in permanent generation: 1\n"
                                "gc: done, 3 unreachable, 0 uncollectable, 0.";
    assert_memory_equal(p.text, words, sizeof words - 1);
    assert_non_null(strstr(p.text, "s elapsed\n"));
    tn_decref(frozen);
    assert_int_equal(tn_heap_free(heap), 0);
}

// --- The garbage list ----------------------------------------------------------------------------

static void
empty_the_list_and_collect(tn_heap *heap, size_t expected)
{
    tn_gc_set_debug(heap, 0);
    tn_gc_garbage_clear(heap);
    assert_int_equal(heap_collect(heap, 2), expected);
}

static void
what_is_found_can_be_listed_instead_of_destroyed_78(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_gc_result result;
    tn_object *first = recorder_ring(&log, 1, 2);
    tn_gc_set_debug(log.heap, TN_GC_DEBUG_SAVE_ALL);
    assert_int_equal(tn_gc_collect(log.heap, 2, &result), TN_OK);
    assert_int_equal(result.collected, 2);
    assert_int_equal(result.uncollectable, 0);
    recorder_expect(&log, "F1 F2");
    assert_int_equal(tn_gc_garbage_len(log.heap), 2);
    assert_ptr_equal(tn_gc_garbage_borrow(log.heap, 0), first);
    empty_the_list_and_collect(log.heap, 2);
    recorder_expect(&log, "D1 D2");
}

static void
traverse_native(tn_object *o, tn_visit *visit, void *arg)
{
    tn_object **held = tn_payload(o);
    if (*held != NULL)
        visit(*held, arg);
}

static tn_object *
ring_that_nothing_clears(tn_heap *heap)
{
    tn_type_spec spec = {"Stubborn", .native = sizeof(tn_object *), .traverse = traverse_native};
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    tn_object *o = tn_new(heap, type);
    *(tn_object **)tn_payload(o) = o;
    tn_gc_touch(o);
    return o;
}

// There are no legacy finalizers, and a finalizer makes nothing uncollectable. What cannot be
// collected is what its type does not let go: traverse reports a reference, and no clear drops it.
static void
what_cannot_be_cleared_is_uncollectable_and_listed_79(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_gc_result result;
    tn_object *o = ring_that_nothing_clears(heap);
    tn_gc_set_debug(heap, TN_GC_DEBUG_UNCOLLECTABLE);
    assert_int_equal(tn_gc_collect(heap, 2, &result), TN_OK);
    assert_int_equal(result.collected, 0);
    assert_int_equal(result.uncollectable, 1);
    heap_fixture_take_report(state, "gc: uncollectable <Stubborn 0x");
    assert_ptr_equal(tn_gc_garbage_borrow(heap, 0), o);
    TN_CLEAR(*(tn_object **)tn_payload(o));
    tn_gc_garbage_clear(heap);
}

static void
break_what_is_listed(tn_gc_phase phase, const tn_gc_info *info, void *heap)
{
    for (tn_object *o; phase == TN_GC_STOP && (o = tn_gc_garbage_take(heap)) != NULL;) {
        tn_slot_set(o, 0, TN_ABSENT);
        tn_decref(o);
    }
}

static void
a_callback_may_empty_the_list_and_break_the_cycles_80(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    recorder_ring(&log, 1, 2);
    tn_gc_set_debug(log.heap, TN_GC_DEBUG_SAVE_ALL);
    assert_int_equal(tn_gc_add_callback(log.heap, break_what_is_listed, log.heap), TN_OK);
    assert_int_equal(heap_collect(log.heap, 2), 2);
    assert_int_equal(tn_gc_garbage_len(log.heap), 0);
    assert_int_equal(recorder_alive(&log), 0);
    recorder_expect(&log, "F1 F2 D2 D1");
}

// Ends a heap with one object on its list, while these flags are set.
static void
end_with_garbage(paper *p, unsigned flags)
{
    tn_heap *heap = heap_that_writes(p);
    recorder_log log;
    recorder_init(&log, heap);
    tn_object *o = recorder_ring(&log, 1, 1);
    tn_gc_set_debug(heap, TN_GC_DEBUG_SAVE_ALL);
    assert_int_equal(heap_collect(heap, 2), 1);
    tn_slot_set(o, 0, TN_ABSENT);
    tn_gc_set_debug(heap, flags);
    assert_int_equal(tn_heap_free(heap), 0);
    recorder_expect(&log, "F1 D1");
}

static void
the_end_of_the_heap_tells_what_is_left_on_the_list_81(void **state)
{
    paper p;
    end_with_garbage(&p, 0);
    assert_string_equal(p.text, "gc: 1 uncollectable objects at the end of the heap\n");
    end_with_garbage(&p, TN_GC_DEBUG_UNCOLLECTABLE);
    assert_non_null(strstr(p.text, "\ngc: uncollectable <Recorder 0x"));
    end_with_garbage(&p, TN_GC_DEBUG_SAVE_ALL);
    assert_string_equal(p.text, "");
}

// --- Callbacks -----------------------------------------------------------------------------------

// Notes "start<name>" and "stop<name>", and keeps what it was told.
typedef struct observer {
    recorder_log *log;
    int name;
    tn_gc_info start, stop;
    uint64_t collections; // of generation 2, as the statistics have it at the end
} observer;

static void
observe(tn_gc_phase phase, const tn_gc_info *info, void *arg)
{
    observer *o = arg;
    tn_gc_stats stats[TN_GENERATIONS];
    recorder_note(o->log, phase == TN_GC_START ? "start" : "stop", o->name);
    *(phase == TN_GC_START ? &o->start : &o->stop) = *info;
    tn_gc_get_stats(o->log->heap, stats);
    o->collections = stats[2].collections;
}

static void
add(observer *o)
{
    assert_int_equal(tn_gc_add_callback(o->log->heap, observe, o), TN_OK);
}

static void
callbacks_are_called_in_their_order_once_a_phase_82(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    observer first = {&log, .name = 1}, second = {&log, .name = 2};
    add(&first);
    add(&second);
    heap_collect(log.heap, 0);
    recorder_expect(&log, "start1 start2 stop1 stop2");
}

static void
they_are_told_what_is_collected_and_at_the_end_how_much_83(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *live = recorder_new(&log, 9);
    observer o = {&log, .name = 1};
    add(&o);
    recorder_ring(&log, 1, 2);
    heap_collect(log.heap, 1);
    assert_int_equal(o.start.generation, 1);
    assert_int_equal(o.start.collected + o.start.uncollectable + o.start.candidates, 0);
    assert_int_equal(o.start.ns, 0);
    assert_int_equal(o.stop.generation, 1);
    assert_int_equal(o.stop.collected, 2);
    assert_int_equal(o.stop.uncollectable, 0);
    assert_int_equal(o.stop.candidates, 3);
    assert_true(o.stop.ns > 0);
    tn_decref(live);
}

static void
collect_again(tn_gc_phase phase, const tn_gc_info *info, void *heap)
{
    assert_int_equal(tn_gc_collect(heap, 2, NULL), TN_EBUSY);
}

// Refused, where CPython does nothing and says 0. Nothing is raised: a callback returns nothing.
static void
a_collection_inside_of_a_callback_is_refused_84(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    assert_int_equal(tn_gc_add_callback(log.heap, collect_again, log.heap), TN_OK);
    recorder_ring(&log, 1, 2);
    assert_int_equal(heap_collect(log.heap, 2), 2);
}

// Nothing is collected then: what is left is reported and freed.
static void
the_end_of_the_heap_tells_no_callback_84(void **state)
{
    paper p;
    recorder_log log;
    recorder_init(&log, heap_that_writes(&p));
    observer o = {&log, .name = 1};
    add(&o);
    recorder_ring(&log, 1, 2);
    assert_int_equal(tn_heap_free(log.heap), 2);
    recorder_expect(&log, "");
}

static void
the_end_is_told_after_the_statistics_are_updated_85(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    observer o = {&log, .name = 1};
    add(&o);
    heap_collect(log.heap, 2);
    assert_int_equal(o.collections, 1);
}

static void
no_callback_is_called_where_the_rule_chooses_nothing_85(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    observer o = {&log, .name = 1};
    tn_gc_settings settings = {true, {3, 10, 10}, 0};
    assert_int_equal(tn_gc_set_settings(log.heap, &settings, 0), TN_OK);
    add(&o);
    for (int i = 0; i < 100; i++) {
        tn_object *list = tn_list_new(log.heap);
        assert_int_equal(tn_list_append_steal(list, tn_ref(tn_list_new(log.heap))), TN_OK);
        tn_decref(list);
    }
    recorder_expect(&log, "");
}

enum { NAP_NS = 50000000 };

static void
nap(tn_gc_phase phase, const tn_gc_info *info, void *arg)
{
    nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
}

static void
the_time_of_callbacks_does_not_count_86(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_gc_result result;
    assert_int_equal(tn_gc_add_callback(heap, nap, NULL), TN_OK);
    assert_int_equal(tn_gc_collect(heap, 2, &result), TN_OK);
    assert_true(result.ns < NAP_NS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(the_flags_have_the_values_of_python_76),
        HEAP_TEST(statistics_are_told_in_the_words_of_python_77),
        HEAP_TEST(what_is_found_can_be_listed_instead_of_destroyed_78),
        HEAP_TEST(what_cannot_be_cleared_is_uncollectable_and_listed_79),
        HEAP_TEST(a_callback_may_empty_the_list_and_break_the_cycles_80),
        HEAP_TEST(the_end_of_the_heap_tells_what_is_left_on_the_list_81),
        HEAP_TEST(callbacks_are_called_in_their_order_once_a_phase_82),
        HEAP_TEST(they_are_told_what_is_collected_and_at_the_end_how_much_83),
        HEAP_TEST(a_collection_inside_of_a_callback_is_refused_84),
        HEAP_TEST(the_end_of_the_heap_tells_no_callback_84),
        HEAP_TEST(the_end_is_told_after_the_statistics_are_updated_85),
        HEAP_TEST(no_callback_is_called_where_the_rule_chooses_nothing_85),
        HEAP_TEST(the_time_of_callbacks_does_not_count_86),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
