// SPDX-License-Identifier: MIT
//
// Snapshots when memory or a disk is short: lib/src/inspect/snapshot.c, statistics.c, filter.c,
// snapfile.c. What they show is in behaviours/1k_snapshots.c.
#include "heap_fixture.h"

#include "inspect/snapshot.h"

#include <tenure/containers.h>

enum { MOST_ALLOCATIONS = 200 };

// Calls [attempt] with the n-th allocation failing, for n = 0, 1, 2... until it succeeds.
static void
fail_each(tn_err (*attempt)(void *arg), void *arg)
{
    tn_err err = TN_ENOMEM;
    int n = 0;
    if (TN_CHECKS == 0)
        skip();
    for (; err != TN_OK && n < MOST_ALLOCATIONS; n++) {
        tni_scratch_fail_after(n);
        err = attempt(arg);
        tni_scratch_fail_after(-1);
        assert_true(err == TN_OK || err == TN_ENOMEM);
    }
    assert_int_equal(err, TN_OK);
    assert_true(n > 2);
}

static tn_err
take(void *heap)
{
    tn_snapshot *snapshot = NULL;
    tn_err err = tn_snapshot_take(heap, &snapshot);
    tn_snapshot_free(snapshot);
    return err;
}

static tn_err
group(void *snapshot)
{
    tn_statistics rows = {0};
    tn_err err = tn_snapshot_statistics(snapshot, snapshot, TN_BY_FILE, TN_CUMULATIVE, &rows);
    tn_statistics_free(&rows);
    return err;
}

static tn_err
filter(void *snapshot)
{
    const tn_filter all = {.inclusive = true, .file = "*"};
    tn_snapshot *some = NULL;
    tn_err err = tn_snapshot_filter(snapshot, &all, 1, &some);
    tn_snapshot_free(some);
    return err;
}

struct sum {
    tn_snapshot *whole;
    const tn_snapshot *part;
};

// Nothing is added, or everything.
static tn_err
add(void *arg)
{
    struct sum *sum = arg;
    size_t before = tn_snapshot_len(sum->whole), more = tn_snapshot_len(sum->part);
    tn_err err = tn_snapshot_add(sum->whole, sum->part);
    assert_int_equal(tn_snapshot_len(sum->whole), before + (err == TN_OK ? more : 0));
    return err;
}

static tn_err
load(void *text)
{
    tn_snapshot *loaded = NULL;
    FILE *in = fmemopen(text, strlen(text), "r");
    tn_err err = tn_snapshot_load(in, &loaded);
    fclose(in);
    tn_snapshot_free(loaded);
    return err;
}

static tn_snapshot *
snapshot_of(tn_heap *heap)
{
    tn_snapshot *snapshot = NULL;
    assert_int_equal(tn_trace_start(heap, NULL), TN_OK);
    tn_object *list = tn_list_new(heap);
    assert_int_equal(tn_snapshot_take(heap, &snapshot), TN_OK);
    assert_int_equal(tn_snapshot_set_note(snapshot, "why", "a test"), TN_OK);
    tn_decref(list);
    return snapshot;
}

static void
without_memory_there_is_no_snapshot_and_nothing_is_left(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_snapshot *snapshot = snapshot_of(heap);
    fail_each(take, heap);
    fail_each(group, snapshot);
    fail_each(filter, snapshot);
    tn_snapshot_free(snapshot);
}

// More traces than the first rows and the first chunk of the arena have room for.
static tn_snapshot *
snapshot_of_many_traces(void)
{
    enum { TRACES = 300 };
    tn_snapshot *snapshot = tni_snapshot_new();
    for (int i = 0; i < TRACES; i++) {
        tn_site site = {"many.c", i + 1, "many"};
        tn_snapshot_trace t = {"objects", "list", "", &site, 1, 1, 32, 1, 32, 1};
        assert_true(tni_snapshot_append(snapshot, &t));
    }
    return snapshot;
}

static void
without_memory_nothing_is_added_to_a_snapshot(void **state)
{
    tn_snapshot *many = snapshot_of_many_traces();
    struct sum sum = {snapshot_of(heap_fixture_heap(state)), many};
    fail_each(add, &sum);
    assert_int_equal(tn_snapshot_len(sum.whole), 1 + tn_snapshot_len(many));
    tn_snapshot_free(sum.whole);
    tn_snapshot_free(many);
}

static void
without_memory_no_file_is_read(void **state)
{
    tn_snapshot *snapshot = snapshot_of(heap_fixture_heap(state));
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_int_equal(tn_snapshot_dump(snapshot, out), TN_OK);
    fclose(out);
    fail_each(load, text);
    free(text);
    tn_snapshot_free(snapshot);
}

static void
a_full_disk_is_told(void **state)
{
    tn_snapshot *snapshot = snapshot_of(heap_fixture_heap(state));
    FILE *full = fopen("/dev/full", "w");
    assert_int_equal(tn_snapshot_dump(snapshot, full), TN_EFILE);
    fclose(full);
    tn_snapshot_free(snapshot);
}

static void
two_heaps_fit_into_one_snapshot(void **state)
{
    tn_snapshot *one = snapshot_of(heap_fixture_heap(state)), *two = NULL;
    const tn_filter all = {.inclusive = true};
    assert_int_equal(tn_snapshot_filter(one, &all, 1, &two), TN_OK);
    assert_int_equal(tn_snapshot_add(one, two), TN_OK);
    assert_int_equal(tn_snapshot_len(one), 2 * tn_snapshot_len(two));
    tn_snapshot_free(one);
    tn_snapshot_free(two);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(without_memory_there_is_no_snapshot_and_nothing_is_left),
        HEAP_TEST(without_memory_nothing_is_added_to_a_snapshot),
        HEAP_TEST(without_memory_no_file_is_read),
        HEAP_TEST(a_full_disk_is_told),
        HEAP_TEST(two_heaps_fit_into_one_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
