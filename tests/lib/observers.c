// SPDX-License-Identifier: MIT
//
// Callbacks of the collector: lib/src/gc/observers.c, and where collect.c tells them.
#include "recorder.h"

#include "memory/alloc.h"

#include <tenure/containers.h>

#include <time.h>

// Notes "start<name>" and "stop<name>" and keeps what it was told.
typedef struct observer {
    recorder_log *log;
    int name;
    tn_gc_info start, stop;
    void (*action)(struct observer *self, tn_gc_phase phase);
} observer;

static void
observe(tn_gc_phase phase, const tn_gc_info *info, void *arg)
{
    observer *o = arg;
    recorder_note(o->log, phase == TN_GC_START ? "start" : "stop", o->name);
    *(phase == TN_GC_START ? &o->start : &o->stop) = *info;
    if (o->action != NULL)
        o->action(o, phase);
}

static void
add(observer *o)
{
    assert_int_equal(tn_gc_add_callback(o->log->heap, observe, o), TN_OK);
}

static void
take_away(observer *o)
{
    assert_int_equal(tn_gc_remove_callback(o->log->heap, observe, o), TN_OK);
}

// --- Who is told of what -------------------------------------------------------------------------

static void
each_is_told_once_a_phase_in_the_order_of_adding_82(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    observer o[] = {{&log, .name = 1}, {&log, .name = 2}, {&log, .name = 3}};
    for (int i = 0; i < 3; i++)
        add(&o[i]);
    assert_int_equal(heap_collect(log.heap, 1), 0);
    recorder_expect(&log, "start1 start2 start3 stop1 stop2 stop3");
}

static void
the_start_says_the_generation_and_the_end_what_was_done_83(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    observer o = {&log, .name = 1};
    add(&o);
    for (int generation = 0; generation < TN_GENERATIONS; generation++) {
        tn_object *live = recorder_new(&log, 9);
        recorder_ring(&log, 1, 3);
        assert_int_equal(heap_collect(log.heap, generation), 3);
        recorder_expect(&log, "start1 F1 F2 F3 D1 D2 D3 stop1");
        assert_int_equal(o.start.generation, generation);
        assert_int_equal(o.start.collected + o.start.uncollectable + o.start.candidates, 0);
        assert_int_equal(o.start.ns, 0);
        assert_int_equal(o.stop.generation, generation);
        assert_int_equal(o.stop.collected, 3);
        assert_int_equal(o.stop.uncollectable, 0);
        assert_int_equal(o.stop.candidates, 4);
        assert_true(o.stop.ns > 0);
        tn_decref(live);
        recorder_expect(&log, "F9 D9");
    }
}

static void
refused_collections_tell_nobody(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    observer o = {&log, .name = 1};
    add(&o);
    assert_int_equal(tn_gc_collect(log.heap, 3, NULL), TN_EINVAL);
    assert_int_equal(tn_gc_collect(log.heap, -1, NULL), TN_EINVAL);
    recorder_expect(&log, "");
    assert_int_equal(tn_gc_freeze(log.heap, false), TN_OK); // collects nothing
    recorder_expect(&log, "");
    assert_int_equal(tn_gc_freeze(log.heap, true), TN_OK);
    recorder_expect(&log, "start1 stop1");
}

static void
collections_by_themselves_are_told_as_well(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    observer o = {&log, .name = 1};
    tn_gc_settings settings = {.enabled = true, .thresholds = {2, 10, 10}};
    assert_int_equal(tn_gc_set_settings(log.heap, &settings, 0), TN_OK);
    add(&o);
    tn_object *list = tn_list_new(log.heap);
    for (int i = 0; i < 3; i++)
        assert_int_equal(tn_list_append_steal(list, tn_ref(tn_list_new(log.heap))), TN_OK);
    recorder_expect(&log, "start1 stop1");
    assert_int_equal(o.stop.candidates, 3); // the fourth was not made yet
    tn_decref(list);
}

static void
a_collection_without_memory_is_told_and_did_nothing(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    observer o = {&log, .name = 1};
    recorder_ring(&log, 1, 2);
    add(&o);
    tni_fail_after((struct tni_memory *)log.heap, 0); // the heap begins with it
    tn_err err = tn_gc_collect(log.heap, 2, NULL);
    tni_fail_after((struct tni_memory *)log.heap, -1);
    if (TN_CHECKS == 0) { // a release has no such hook
        assert_int_equal(err, TN_OK);
        return;
    }
    assert_int_equal(err, TN_ENOMEM);
    recorder_expect(&log, "start1 stop1");
    assert_int_equal(o.stop.collected, 0);
    assert_int_equal(heap_collect(log.heap, 2), 2);
}

// --- What they see and do ------------------------------------------------------------------------

static void
expect_statistics(observer *self, tn_gc_phase phase)
{
    tn_gc_stats stats[TN_GENERATIONS];
    tn_gc_get_stats(self->log->heap, stats);
    assert_int_equal(stats[2].collections, phase == TN_GC_START ? 0 : 1);
    assert_int_equal(stats[2].collected, phase == TN_GC_START ? 0 : 2);
    assert_true(tn_heap_check(self->log->heap));
}

static void
the_statistics_are_up_to_date_at_the_end_85(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    observer o = {&log, .name = 1, .action = expect_statistics};
    add(&o);
    recorder_ring(&log, 1, 2);
    assert_int_equal(heap_collect(log.heap, 2), 2);
}

static void
collect_again(observer *self, tn_gc_phase phase)
{
    for (int generation = 0; generation < TN_GENERATIONS; generation++)
        assert_int_equal(tn_gc_collect(self->log->heap, generation, NULL), TN_EBUSY);
    assert_int_equal(tn_gc_freeze(self->log->heap, false), TN_EBUSY);
}

static void
a_collection_that_one_asks_for_is_refused_84(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    observer o = {&log, .name = 1, .action = collect_again};
    add(&o);
    assert_int_equal(heap_collect(log.heap, 2), 0);
    recorder_expect(&log, "start1 stop1");
}

static void
make_garbage(observer *self, tn_gc_phase phase)
{
    recorder_ring(self->log, phase == TN_GC_START ? 10 : 20, 2);
}

static void
garbage_of_the_start_is_collected_and_of_the_end_is_not(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    observer o = {&log, .name = 1, .action = make_garbage};
    add(&o);
    assert_int_equal(heap_collect(log.heap, 2), 2);
    recorder_expect(&log, "start1 F10 F11 D10 D11 stop1");
    take_away(&o);
    assert_int_equal(heap_collect(log.heap, 0), 2);
    recorder_expect(&log, "F20 F21 D20 D21");
}

enum { NAP_NS = 50000000 };

static void
nap(observer *self, tn_gc_phase phase)
{
    nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
}

static void
the_time_is_without_the_callbacks_86(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    observer o = {&log, .name = 1, .action = nap};
    tn_gc_result result;
    add(&o);
    assert_int_equal(tn_gc_collect(log.heap, 2, &result), TN_OK);
    assert_true(o.stop.ns < NAP_NS);
    assert_true(result.ns == o.stop.ns);
}

// --- Adding and removing -------------------------------------------------------------------------

static void
one_that_was_removed_is_not_told(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    observer o[] = {{&log, .name = 1}, {&log, .name = 2}, {&log, .name = 3}};
    for (int i = 0; i < 3; i++)
        add(&o[i]);
    take_away(&o[1]);
    assert_int_equal(heap_collect(log.heap, 0), 0);
    recorder_expect(&log, "start1 start3 stop1 stop3");
}

static void
one_that_was_added_twice_is_told_twice_and_removed_one_by_one(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    observer one = {&log, .name = 1}, two = {&log, .name = 2};
    add(&one);
    add(&two);
    add(&one);
    assert_int_equal(heap_collect(log.heap, 0), 0);
    recorder_expect(&log, "start1 start2 start1 stop1 stop2 stop1");
    take_away(&one);
    assert_int_equal(heap_collect(log.heap, 0), 0);
    recorder_expect(&log, "start2 start1 stop2 stop1");
}

static void
what_was_not_added_cannot_be_removed(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    observer one = {&log, .name = 1}, two = {&log, .name = 2};
    assert_int_equal(tn_gc_remove_callback(log.heap, observe, &one), TN_EKEY);
    add(&one);
    assert_int_equal(tn_gc_remove_callback(log.heap, observe, &two), TN_EKEY);
    assert_int_equal(tn_gc_add_callback(log.heap, NULL, NULL), TN_EINVAL);
    take_away(&one);
    assert_int_equal(tn_gc_remove_callback(log.heap, observe, &one), TN_EKEY);
}

static void
leave_at_the_end(observer *self, tn_gc_phase phase)
{
    if (phase == TN_GC_STOP)
        take_away(self);
}

static observer *late;

static void
bring_another(observer *self, tn_gc_phase phase)
{
    if (phase == TN_GC_START || late == NULL)
        return;
    add(late);
    late = NULL;
}

static void
one_may_leave_or_bring_another_while_it_is_told(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    observer leaver = {&log, .name = 1, .action = leave_at_the_end};
    observer bringer = {&log, .name = 2, .action = bring_another}, guest = {&log, .name = 3};
    late = &guest;
    add(&leaver);
    add(&bringer);
    assert_int_equal(heap_collect(log.heap, 0), 0);
    recorder_expect(&log, "start1 start2 stop1 stop2 stop3");
    assert_int_equal(heap_collect(log.heap, 0), 0);
    recorder_expect(&log, "start2 start3 stop2 stop3");
}

static void
there_may_be_many(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    enum { MANY = 100 };
    observer o = {&log, .name = 1};
    for (int i = 0; i < MANY; i++)
        add(&o);
    assert_int_equal(heap_collect(log.heap, 0), 0);
    assert_int_equal(log.len, MANY * strlen("start1 stop1 ") - 1);
    log.len = 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(each_is_told_once_a_phase_in_the_order_of_adding_82),
        HEAP_TEST(the_start_says_the_generation_and_the_end_what_was_done_83),
        HEAP_TEST(refused_collections_tell_nobody),
        HEAP_TEST(collections_by_themselves_are_told_as_well),
        HEAP_TEST(a_collection_without_memory_is_told_and_did_nothing),
        HEAP_TEST(the_statistics_are_up_to_date_at_the_end_85),
        HEAP_TEST(a_collection_that_one_asks_for_is_refused_84),
        HEAP_TEST(garbage_of_the_start_is_collected_and_of_the_end_is_not),
        HEAP_TEST(the_time_is_without_the_callbacks_86),
        HEAP_TEST(one_that_was_removed_is_not_told),
        HEAP_TEST(one_that_was_added_twice_is_told_twice_and_removed_one_by_one),
        HEAP_TEST(what_was_not_added_cannot_be_removed),
        HEAP_TEST(one_may_leave_or_bring_another_while_it_is_told),
        HEAP_TEST(there_may_be_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
