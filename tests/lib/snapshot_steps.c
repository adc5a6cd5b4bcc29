// SPDX-License-Identifier: MIT
//
// A snapshot that is taken in steps while its heap goes on: lib/src/inspect/snapshot.c.
#include "heap_fixture.h"

#include "inspect/snapshot.h"

#include <tenure/containers.h>

// Each site makes one list, so that it is one traceback and one trace.
enum { SITES = 2000, LATE = 4000, STEP = 64 };

typedef struct stage {
    tn_heap *heap;
    tn_site sites[SITES + LATE];
    tn_object *lists[SITES + LATE];
    size_t made;
} stage;

static stage the_stage;

static void
make(stage *s, size_t count)
{
    for (size_t end = s->made + count; s->made < end; s->made++) {
        tn_site *site = &s->sites[s->made];
        *site = (tn_site){"steps.c", (int)s->made + 1, "make"};
        s->lists[s->made] = tn_list_new_at(s->heap, site);
        assert_non_null(s->lists[s->made]);
    }
}

static stage *
stage_of(void **state)
{
    stage *s = &the_stage;
    *s = (stage){.heap = heap_fixture_heap(state)};
    assert_int_equal(tn_trace_start(s->heap, NULL), TN_OK);
    make(s, SITES);
    return s;
}

static void
leave(stage *s)
{
    for (size_t i = 0; i < s->made; i++)
        TN_CLEAR(s->lists[i]);
}

static tn_snapshot *
begin(stage *s)
{
    tn_snapshot *snapshot = NULL;
    assert_int_equal(tn_snapshot_begin(s->heap, &snapshot), TN_OK);
    return snapshot;
}

static size_t
copied(const tn_snapshot *s)
{
    return (size_t)s->taking.stacks_copied + s->taking.traces_copied;
}

// Whether there is more to copy.
static bool
step(stage *s, tn_snapshot *snapshot)
{
    bool done;
    assert_int_equal(tn_snapshot_step(s->heap, snapshot, STEP, &done), TN_OK);
    return !done;
}

// Every one of the first [count] sites once, and nobody else.
static void
expect_each_site_once(const tn_snapshot *snapshot, size_t first, size_t count)
{
    tn_snapshot_trace t;
    assert_int_equal(tn_snapshot_len(snapshot), count);
    for (size_t i = 0; tn_snapshot_get(snapshot, i, &t); i++) {
        assert_int_equal(t.frames[0].line, first + i + 1);
        assert_string_equal(t.type, "list");
        assert_int_equal(t.made_count, 1);
        assert_int_equal(t.bytes, t.count * t.made_bytes);
    }
}

static void
no_step_copies_more_than_it_may(void **state)
{
    stage *s = stage_of(state);
    tn_snapshot *snapshot = begin(s);
    size_t steps = 0, before = 0;
    assert_int_equal(copied(snapshot), 0);
    for (bool more = true; more; steps++) {
        more = step(s, snapshot);
        assert_in_range(copied(snapshot) - before, 1, STEP);
        before = copied(snapshot);
    }
    assert_int_equal(steps, (2 * SITES + STEP - 1) / STEP);
    expect_each_site_once(snapshot, 0, SITES);
    tn_snapshot_free(snapshot);
    leave(s);
}

// The tables of the tracer and of the snapshot move, lists die before and after they are copied.
static void
what_is_born_or_dies_between_steps_is_not_counted_twice(void **state)
{
    stage *s = stage_of(state);
    tn_snapshot *snapshot = begin(s);
    size_t steps = 0, dead = 0, in_use = 0;
    tn_snapshot_trace t;
    while (step(s, snapshot)) {
        if (s->made < SITES + LATE)
            make(s, LATE / 50);
        TN_CLEAR(s->lists[steps]);
        TN_CLEAR(s->lists[SITES - 1 - steps]);
        steps++;
    }
    expect_each_site_once(snapshot, 0, SITES);
    for (size_t i = 0; tn_snapshot_get(snapshot, i, &t); i++) {
        dead += t.count == 0;
        in_use += t.count;
    }
    assert_in_range(dead, 1, 2 * steps);
    assert_int_equal(dead + in_use, SITES);
    tn_snapshot_free(snapshot);
    leave(s);
}

static void
a_snapshot_of_a_tracer_that_was_cleared_begins_anew(void **state)
{
    stage *s = stage_of(state);
    tn_snapshot *snapshot = begin(s);
    while (tn_snapshot_len(snapshot) < SITES / 2)
        assert_true(step(s, snapshot));
    tn_trace_clear(s->heap);
    make(s, LATE);
    while (step(s, snapshot))
        ;
    expect_each_site_once(snapshot, SITES, LATE);
    tn_snapshot_free(snapshot);
    leave(s);
}

static void
a_snapshot_of_a_tracer_that_was_stopped_ends(void **state)
{
    stage *s = stage_of(state);
    tn_snapshot *snapshot = begin(s), *none = NULL;
    bool done = true;
    assert_true(step(s, snapshot));
    tn_trace_stop(s->heap);
    assert_int_equal(tn_snapshot_step(s->heap, snapshot, STEP, &done), TN_EOFF);
    assert_false(done);
    assert_int_equal(tn_snapshot_begin(s->heap, &none), TN_EOFF);
    assert_null(none);
    tn_snapshot_free(snapshot);
    leave(s);
}

// Every allocation of every step fails once, and once each.
static void
a_step_without_memory_may_be_tried_again(void **state)
{
    if (TN_CHECKS == 0)
        skip();
    stage *s = stage_of(state);
    tn_snapshot *snapshot = begin(s);
    bool done = false;
    size_t failed = 0;
    while (!done) {
        tni_scratch_fail_after(0);
        tn_err err = tn_snapshot_step(s->heap, snapshot, STEP, &done);
        tni_scratch_fail_after(-1);
        if (err == TN_OK)
            continue;
        assert_int_equal(err, TN_ENOMEM);
        assert_false(done);
        failed++;
        done = !step(s, snapshot);
    }
    assert_in_range(failed, 2, 2 * SITES);
    expect_each_site_once(snapshot, 0, SITES);
    tn_snapshot_free(snapshot);
    leave(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(no_step_copies_more_than_it_may),
        HEAP_TEST(what_is_born_or_dies_between_steps_is_not_counted_twice),
        HEAP_TEST(a_snapshot_of_a_tracer_that_was_cleared_begins_anew),
        HEAP_TEST(a_snapshot_of_a_tracer_that_was_stopped_ends),
        HEAP_TEST(a_step_without_memory_may_be_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
