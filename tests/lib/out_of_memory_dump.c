// SPDX-License-Identifier: MIT
//
// Every allocation of a dump, and of the passes over its records, fails once: an error, and the
// heap is what it was.
#include "dumped.h"
#include "failing.h"
#include "heap_fixture.h"
#include "inspect/arena.h"

#include <tenure/containers.h>

typedef struct world {
    tn_heap *heap;
    long n; // allocations that succeed before one fails
} world;

static tn_object *
graph_new(tn_heap *heap)
{
    tn_type *domain = heap_type(heap, "domain", NULL, TN_DOMAIN);
    const tn_type_spec spec = {.name = "Open", .layout = TN_LAYOUT_DICT};
    tn_type *open;
    tn_object *list = tn_list_new(heap);
    assert_non_null(domain);
    assert_int_equal(tn_type_register(heap, &spec, &open), TN_OK);
    assert_int_equal(tn_trace_start(heap, &(tn_trace_options){.mode = TN_TRACE_EXACT, .frames = 4}),
                     TN_OK);
    tn_object *o = tn_new(heap, open);
    assert_int_equal(tn_set(o, "text", tn_ref(list)), TN_OK);
    assert_int_equal(tn_list_append_steal(list, tn_ref(heap_str(heap, "some text"))), TN_OK);
    assert_int_equal(tn_list_append_steal(list, tn_ref(tn_dict_new(heap))), TN_OK);
    tn_decref(list);
    return o;
}

// All of it at once.
static tn_err
dump(tn_heap *heap, FILE *records)
{
    const tn_dump_options options = {.name = "heap", .include_values = true};
    tn_dump *d;
    bool more = true;
    tn_err err = tn_dump_begin(heap, &options, &d);
    if (err != TN_OK)
        return err;
    while (err == TN_OK && more) {
        err = tn_dump_step(d, 0, &more);
        if (err == TN_OK)
            err = tn_dump_flush(d, records);
    }
    tn_dump_end(d);
    return err;
}

static void
a_dump_without_memory_leaves_the_heap_as_it_was(void **state)
{
    world w = {heap_fixture_heap(state), 0};
    tn_object *o = graph_new(w.heap);
    tn_memory before, after;
    tn_memory_get(w.heap, &before);
    tn_err err = TN_ENOMEM;
    for (; err == TN_ENOMEM; w.n++) {
        FILE *records = tmpfile();
        err = FAILING(&w, dump(w.heap, records));
        assert_true(tn_heap_check(w.heap));
        tn_memory_get(w.heap, &after);
        assert_int_equal(after.current, before.current);
        fclose(records);
    }
    assert_int_equal(err, TN_OK);
    assert_true(w.n > 5);
    tn_decref(o);
}

static tn_err
write_snapshot(FILE *records, FILE *out, tn_dump_counts *counts)
{
    tn_snapshot *snapshot;
    tn_err err = tn_dump_snapshot(records, counts, &snapshot);
    if (err == TN_OK)
        tn_snapshot_free(snapshot);
    return err;
}

static tn_err
count(FILE *records, FILE *out, tn_dump_counts *counts)
{
    return tn_dump_count(records, counts);
}

// Only what is told of is written: a traceback keeps its call site where its callers find no room.
static void
a_pass_without_memory_is_an_error(void **state)
{
    dumped_pass *const passes[] = {tn_dump_write_heapsnapshot, tn_dump_write_ndjson, write_snapshot,
                                   count};
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *o = graph_new(heap);
    FILE *records = tmpfile();
    assert_int_equal(dump(heap, records), TN_OK);
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        tn_dump_counts counts;
        tn_err err = TN_OK;
        long refused = 0;
        for (long n = 0; n < 200; n++) {
            FILE *out = fopen("/dev/null", "w");
            tni_scratch_fail_after(n);
            err = passes[i](records, out, &counts);
            tni_scratch_fail_after(-1);
            assert_true(err == TN_OK || err == TN_ENOMEM);
            refused += err == TN_ENOMEM;
            fclose(out);
        }
        assert_int_equal(err, TN_OK);
        assert_true(refused > 4);
    }
    fclose(records);
    tn_decref(o);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_dump_without_memory_leaves_the_heap_as_it_was),
        HEAP_TEST(a_pass_without_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
