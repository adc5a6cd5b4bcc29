// SPDX-License-Identifier: MIT
//
// Buffers and the account of every byte: lib/src/memory/alloc.c and pages.c.
#include "heap_fixture.h"

#include <tenure/containers.h>

#include <unistd.h>

static tn_memory
memory_of(tn_heap *heap)
{
    tn_memory memory;
    tn_memory_get(heap, &memory);
    return memory;
}

static tn_type *
domain(tn_heap *heap)
{
    return heap_type(heap, "index", NULL, TN_DOMAIN);
}

static size_t
bytes_of(tn_heap *heap, const char *name)
{
    tn_usage rows[64];
    size_t count = tn_usage_get(heap, rows, 64);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].bytes;
    }
    return 0;
}

// --- Buffers -------------------------------------------------------------------------------------

static void
a_buffer_counts_with_what_it_occupies(void **state)
{
    const size_t sizes[] = {1, 8, 9, 100, 128, 129, 1000, 4095, 4096, 4097, 70000, 1 << 20};
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *owner = domain(heap);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *buffer = tn_buffer_alloc(heap, owner, sizes[i]);
        memset(buffer, 1, sizes[i]);
        assert_true(tn_buffer_occupies(sizes[i]) >= sizes[i]);
        assert_int_equal(heap_current(heap), tn_buffer_occupies(sizes[i]));
        assert_int_equal(bytes_of(heap, "index"), heap_current(heap));
        tn_buffer_free(heap, owner, buffer, sizes[i]);
        assert_int_equal(heap_current(heap), 0);
    }
}

static void
size_classes_waste_at_most_an_eighth(void **state)
{
    for (size_t size = 9; size <= 4096; size++)
        assert_true(tn_buffer_occupies(size) - size <= (size <= 128 ? 7 : size / 8));
}

static void
a_resized_buffer_keeps_its_contents(void **state)
{
    const size_t sizes[] = {10, 16, 100, 4000, 4096, 5000, 200000, 5000, 4096, 30, 1};
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *owner = domain(heap);
    char *buffer = tn_buffer_alloc(heap, owner, 1);
    size_t size = 1;
    *buffer = 'a';
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t kept = size < sizes[i] ? size : sizes[i];
        buffer = tn_buffer_resize(heap, owner, buffer, size, sizes[i]);
        assert_non_null(buffer);
        for (size_t b = 0; b < kept; b++)
            assert_int_equal(buffer[b], 'a');
        size = sizes[i];
        memset(buffer, 'a', size);
        assert_int_equal(heap_current(heap), tn_buffer_occupies(size));
    }
    tn_buffer_free(heap, owner, buffer, size);
}

static void
a_buffer_too_large_for_the_system_is_refused(void **state)
{
    const size_t sizes[] = {SIZE_MAX / 2, SIZE_MAX - 4096, SIZE_MAX};
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *owner = domain(heap);
    char *small = tn_buffer_alloc(heap, owner, 100), *large = tn_buffer_alloc(heap, owner, 5000);
    size_t before = heap_current(heap);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_null(tn_buffer_alloc(heap, owner, sizes[i]));
        assert_null(tn_buffer_resize(heap, owner, small, 100, sizes[i]));
        assert_null(tn_buffer_resize(heap, owner, large, 5000, sizes[i]));
        assert_int_equal(heap_current(heap), before);
    }
    memset(small, 1, 100);
    memset(large, 1, 5000);
    tn_buffer_free(heap, owner, small, 100);
    tn_buffer_free(heap, owner, large, 5000);
}

// --- The account ---------------------------------------------------------------------------------

// A list, a dict, a map, strings that fit and strings that do not, instances.
static tn_object *
build_everything(tn_heap *heap, tn_type *type, size_t *bytes)
{
    tn_object *root = tn_list_new(heap), *dict = tn_dict_new(heap), *map = tn_weakmap_new(heap);
    char text[2000];
    memset(text, 'x', sizeof text);
    for (int i = 0; i < 300; i++) {
        tn_object *o = tn_new(heap, type), *str = tn_str_new(heap, text, (size_t)(i * 6));
        *bytes += tn_sizeof(o) + tn_sizeof(str);
        assert_int_equal(tn_weakmap_set(map, tn_int(i), o), TN_OK);
        assert_int_equal(tn_dict_set(dict, tn_ref(str), tn_ref(o)), TN_OK);
        assert_int_equal(tn_list_append_steal(root, tn_ref(o)), TN_OK);
        tn_decref(str);
    }
    assert_int_equal(tn_list_append_steal(root, tn_ref(dict)), TN_OK);
    assert_int_equal(tn_list_append_steal(root, tn_ref(map)), TN_OK);
    *bytes += tn_sizeof(root) + tn_sizeof(dict) + tn_sizeof(map);
    return root;
}

static tn_type *
instance_type(tn_heap *heap)
{
    static const char *const slots[] = {"a", "b", NULL};
    return heap_type(heap, "Instance", slots, TN_WEAK);
}

static void
current_is_the_sum_of_all_sizes(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    size_t bytes = 0;
    tn_object *root = build_everything(heap, instance_type(heap), &bytes);
    assert_int_equal(heap_current(heap), bytes);
    tn_decref(root);
    assert_int_equal(heap_current(heap), 0);
}

static void
current_is_the_sum_of_the_usage_of_all_types(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    size_t bytes = 0, sum = 0;
    tn_object *root = build_everything(heap, instance_type(heap), &bytes);
    tn_usage rows[32];
    size_t count = tn_usage_get(heap, rows, 32);
    for (size_t i = 0; i < count; i++)
        sum += rows[i].bytes;
    assert_int_equal(sum, heap_current(heap));
    assert_int_equal(heap_instances(heap, "Instance"), 300);
    tn_decref(root);
}

static void
usage_fills_at_most_what_it_is_given(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap), *str = heap_str(heap, "x");
    tn_usage row = {.name = NULL};
    assert_int_equal(tn_usage_get(heap, NULL, 0), 2);
    assert_int_equal(tn_usage_get(heap, &row, 1), 2);
    assert_int_equal(row.objects, 1);
    tn_decref(list);
    tn_decref(str);
}

static void
current_returns_to_its_former_value(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = instance_type(heap);
    tn_object *stays = tn_list_new(heap);
    for (int round = 0; round < 5; round++) {
        size_t before = heap_current(heap), bytes = 0;
        tn_object *root = build_everything(heap, type, &bytes);
        assert_int_equal(heap_current(heap), before + bytes);
        tn_decref(root);
        assert_int_equal(heap_current(heap), before);
    }
    tn_decref(stays);
}

static void
asking_for_a_size_changes_nothing(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *str = heap_str(heap, "x");
    tn_memory before = memory_of(heap);
    assert_int_equal(tn_sizeof(str), tn_sizeof(str));
    assert_int_equal(tn_refcount(str), 1);
    tn_memory after = memory_of(heap);
    assert_memory_equal(&before, &after, sizeof before);
    tn_decref(str);
}

static void
an_instance_with_three_slots_costs_40_bytes(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    static const char *const slots[] = {"name", "age", "email", NULL};
    tn_object *o = tn_new(heap, heap_type(heap, "User", slots, 0));
    assert_int_equal(tn_sizeof(o), 40);
    tn_decref(o);
}

static void
the_peak_stays_until_it_is_reset(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *owner = domain(heap);
    void *buffer = tn_buffer_alloc(heap, owner, 1 << 20);
    size_t height = heap_current(heap);
    tn_buffer_free(heap, owner, buffer, 1 << 20);
    assert_int_equal(memory_of(heap).peak, height);
    tn_memory_reset_peak(heap);
    assert_int_equal(memory_of(heap).peak, 0);
    buffer = tn_buffer_alloc(heap, owner, 64);
    assert_int_equal(memory_of(heap).peak, 64);
    tn_buffer_free(heap, owner, buffer, 64);
}

static void
reserved_holds_current_and_falls_when_everything_is_freed(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = instance_type(heap);
    tn_object *list = tn_list_new(heap);
    for (int i = 0; i < 200000; i++)
        assert_int_equal(tn_list_append_steal(list, tn_ref(tn_new(heap, type))), TN_OK);
    tn_memory full = memory_of(heap);
    assert_true(full.reserved >= full.current);
    assert_true(full.overhead > 0);
    tn_decref(list);
    assert_true(memory_of(heap).reserved < full.reserved / 8);
}

// Bytes of the process that are in memory.
static size_t
resident(void)
{
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    assert_non_null(statm);
    assert_int_equal(fscanf(statm, "%*s %ld", &pages), 1);
    fclose(statm);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

// All but 4 MiB, and what the sanitizers keep for themselves; a full collection returns that as
// well.
static void
what_is_freed_goes_back_to_the_system(void **state)
{
    enum { BUFFERS = 16384, SIZE = 4096, KEPT = 24 << 20 };
    static void *buffers[BUFFERS];
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = instance_type(heap);
    size_t before = resident();
    for (int i = 0; i < BUFFERS; i++)
        memset(buffers[i] = tn_buffer_alloc(heap, type, SIZE), 1, SIZE);
    assert_true(resident() - before >= (size_t)BUFFERS * SIZE);
    for (int i = 0; i < BUFFERS; i += 2)
        tn_buffer_free(heap, type, buffers[i], SIZE);
    for (int i = 1; i < BUFFERS; i += 2)
        tn_buffer_free(heap, type, buffers[i], SIZE);
    assert_true(resident() < before + KEPT);
}

static void
two_heaps_never_meet(void **state)
{
    tn_heap *heap = heap_fixture_heap(state), *other = tn_heap_new(NULL);
    tn_object *here = heap_str(heap, "x"), *there = heap_str(other, "y");
    assert_ptr_equal(tn_heap_of(here), heap);
    assert_ptr_equal(tn_heap_of(there), other);
    tn_decref(here);
    assert_int_equal(heap_current(heap), 0);
    assert_true(heap_current(other) > 0);
    tn_decref(there);
    assert_int_equal(tn_heap_free(other), 0);
}

static void
domains_tell_objects_from_buffers_and_add_up(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *owner = domain(heap);
    tn_object *list = tn_list_new(heap);
    tn_usage rows[4];
    for (int i = 0; i < 3000; i++)
        assert_int_equal(tn_list_append_steal(list, tn_ref(heap_str(heap, "one of many"))), TN_OK);
    for (int i = 0; i < 1500; i++)
        assert_int_equal(tn_list_delete(list, 0), TN_OK);
    assert_int_equal(tn_domains_get(heap, rows, 4), 2);
    char *buffer = tn_buffer_alloc(heap, owner, 100);
    assert_int_equal(tn_domains_get(heap, rows, 4), 3);
    tn_object *string = tn_as_object(tn_list_borrow(list, 0));
    assert_string_equal(rows[0].name, "objects");
    assert_int_equal(rows[0].objects, 1501);
    size_t block = 1500 * tn_sizeof(string);
    assert_true(rows[0].bytes > block && rows[0].bytes < block + 100); // the list itself
    assert_string_equal(rows[1].name, "buffers");
    assert_int_equal(rows[0].bytes + rows[1].bytes, block + tn_sizeof(list));
    assert_string_equal(rows[2].name, "index");
    assert_int_equal(rows[2].bytes, tn_buffer_occupies(100));
    assert_int_equal(rows[0].bytes + rows[1].bytes + rows[2].bytes, heap_current(heap));
    rows[1].name = NULL;
    assert_int_equal(tn_domains_get(heap, rows, 1), 3);
    assert_null(rows[1].name);
    tn_buffer_free(heap, owner, buffer, 100);
    tn_decref(list);
}

static void
count_report(void *arg, const char *sentence)
{
    ++*(int *)arg;
}

static void
a_heap_frees_what_is_left_and_reports_each_object(void **state)
{
    int reports = 0;
    tn_heap_options options = {.report = count_report, .report_arg = &reports};
    tn_heap *heap = tn_heap_new(&options);
    tn_object *list = tn_list_new(heap);
    assert_int_equal(tn_list_append_steal(list, tn_ref(heap_str(heap, "inside"))), TN_OK);
    assert_int_equal(tn_heap_free(heap), 2);
    assert_int_equal(reports, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_buffer_counts_with_what_it_occupies),
        cmocka_unit_test(size_classes_waste_at_most_an_eighth),
        HEAP_TEST(a_resized_buffer_keeps_its_contents),
        HEAP_TEST(a_buffer_too_large_for_the_system_is_refused),
        HEAP_TEST(current_is_the_sum_of_all_sizes),
        HEAP_TEST(current_is_the_sum_of_the_usage_of_all_types),
        HEAP_TEST(usage_fills_at_most_what_it_is_given),
        HEAP_TEST(domains_tell_objects_from_buffers_and_add_up),
        HEAP_TEST(current_returns_to_its_former_value),
        HEAP_TEST(asking_for_a_size_changes_nothing),
        HEAP_TEST(an_instance_with_three_slots_costs_40_bytes),
        HEAP_TEST(the_peak_stays_until_it_is_reset),
        HEAP_TEST(reserved_holds_current_and_falls_when_everything_is_freed),
        HEAP_TEST(what_is_freed_goes_back_to_the_system),
        HEAP_TEST(two_heaps_never_meet),
        cmocka_unit_test(a_heap_frees_what_is_left_and_reports_each_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
