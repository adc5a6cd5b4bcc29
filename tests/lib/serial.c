// SPDX-License-Identifier: MIT
//
// What objects are called outside of the process: lib/src/memory/serial.c.
#include "failing.h"
#include "heap_fixture.h"

#include <tenure/containers.h>
#include <tenure/inspect.h>

enum { MANY = 3000 };

static void
a_serial_is_odd_stays_and_is_nobody_elses(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *a = tn_list_new(heap), *b = tn_list_new(heap);
    uint64_t of_a = tn_serial(a), of_b = tn_serial(b);
    assert_int_equal(of_a % 2, 1);
    assert_int_equal(of_b % 2, 1);
    assert_int_not_equal(of_a, of_b);
    assert_int_equal(tn_serial(a), of_a);
    tn_decref(a);
    tn_decref(b);
}

static void
two_heaps_never_give_the_same(void **state)
{
    tn_heap *heap = heap_fixture_heap(state), *other = tn_heap_new(NULL);
    tn_object *a = tn_list_new(heap), *b = tn_list_new(other);
    uint64_t serial = tn_serial(a);
    assert_int_not_equal(serial, tn_serial(b));
    assert_null(tn_serial_find(other, serial));
    tn_decref(a);
    tn_decref(b);
    tn_heap_free(other);
}

static void
expect_found(tn_heap *heap, uint64_t serial, const tn_object *o)
{
    tn_object *found = tn_serial_find(heap, serial);
    assert_ptr_equal(found, o);
    tn_decref(found);
}

static void
the_serial_finds_its_object_until_it_dies(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    uint64_t serials[MANY];
    for (int i = 0; i < MANY; i++) {
        tn_object *child = i % 2 ? tn_list_new(heap) : tn_str_new(heap, "text", 4);
        serials[i] = tn_serial(child);
        assert_int_equal(tn_list_append_steal(list, tn_ref(child)), TN_OK);
    }
    for (int i = 0; i < MANY; i += 7)
        expect_found(heap, serials[i], tn_as_object(tn_list_borrow(list, (size_t)i)));
    tn_decref(list);
    for (int i = 0; i < MANY; i += 7)
        assert_null(tn_serial_find(heap, serials[i]));
    assert_null(tn_serial_find(heap, 0));
}

// The slot is used again at once, in a release.
static void
what_takes_the_place_of_the_dead_has_another(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    uint64_t last = 0;
    for (int i = 0; i < MANY; i++) {
        tn_object *o = tn_list_new(heap);
        uint64_t serial = tn_serial(o);
        assert_true(serial > last);
        last = serial;
        tn_decref(o);
    }
}

static void
traces_and_serials_leave_each_other_alone(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    assert_int_equal(tn_trace_start(heap, NULL), TN_OK);
    tn_object *a = tn_list_new(heap), *b = tn_list_new(heap);
    uint64_t serial = tn_serial(a);
    assert_non_null(tn_trace_site(a));
    tn_trace_stop(heap);
    assert_null(tn_trace_site(a));
    assert_int_equal(tn_serial(a), serial);
    assert_int_equal(tn_trace_start(heap, NULL), TN_OK);
    tn_decref(a);
    tn_object *c = tn_list_new(heap);
    assert_non_null(tn_trace_site(c));
    assert_int_not_equal(tn_serial(c), serial);
    tn_decref(b);
    tn_decref(c);
}

// Whoever is found may be used, so the run spares them; the next one does not.
static void
garbage_of_a_collection_in_slices_is_found_safely_or_not_at_all(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *a = tn_list_new(heap);
    uint64_t serial = tn_serial(a);
    assert_int_equal(tn_list_append(a, tn_ref(a)), TN_OK);
    tn_decref(a);
    tn_gc_result r = {0};
    for (int i = 0; !r.complete; i++) {
        assert_int_equal(tn_gc_step(heap, 0, &r), TN_OK);
        tn_object *found = i < 30 ? tn_serial_find(heap, serial) : NULL;
        if (found != NULL)
            assert_int_equal(tn_list_len(found), 1);
        tn_decref(found);
    }
    heap_collect(heap, 2);
    assert_null(tn_serial_find(heap, serial));
}

static void
without_memory_there_is_no_serial_and_nothing_changes(void **state)
{
    struct {
        tn_heap *heap;
        long n;
    } w = {heap_fixture_heap(state), 0};
    tn_object *a = tn_list_new(w.heap);
    assert_int_equal(FAILING(&w, tn_serial(a)), 0);
    assert_true(tn_heap_check(w.heap));
    assert_int_not_equal(tn_serial(a), 0);
    tn_decref(a);
}

static void
serials_count_as_overhead_until_their_page_goes(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_memory before, with, after;
    tn_object *a = tn_list_new(heap);
    tn_memory_get(heap, &before);
    tn_serial(a);
    tn_memory_get(heap, &with);
    assert_true(with.overhead >= before.overhead + 8);
    assert_int_equal(with.current, before.current);
    tn_decref(a);
    tn_memory_get(heap, &after);
    assert_true(after.overhead <= with.overhead);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_serial_is_odd_stays_and_is_nobody_elses),
        HEAP_TEST(two_heaps_never_give_the_same),
        HEAP_TEST(the_serial_finds_its_object_until_it_dies),
        HEAP_TEST(what_takes_the_place_of_the_dead_has_another),
        HEAP_TEST(traces_and_serials_leave_each_other_alone),
        HEAP_TEST(garbage_of_a_collection_in_slices_is_found_safely_or_not_at_all),
        HEAP_TEST(without_memory_there_is_no_serial_and_nothing_changes),
        HEAP_TEST(serials_count_as_overhead_until_their_page_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
