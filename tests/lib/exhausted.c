// SPDX-License-Identifier: MIT
//
// Every request of the library to the system is refused once: malloc, calloc, realloc, mmap and
// mremap.
//
// The linker leads the library's calls to the __wrap functions below (tests/CMakeLists.txt).
// Beneath out_of_memory.c, which fails allocations at the front door: here pages and segments fail.
#include "heap_fixture.h"

#include <sys/mman.h>
#include <tenure/containers.h>

// Requests that are granted before one is refused; negative: all are granted.
static long granted = -1;
static long refusals;

static bool
is_refused(void)
{
    bool refused = granted == 0;
    refusals += refused;
    granted -= granted >= 0;
    return refused;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_mmap(void *at, size_t size, int access, int flags, int file, off_t offset);
void *__real_mremap(void *at, size_t size, size_t new_size, int flags, ...);
void *__wrap_mremap(void *at, size_t size, size_t new_size, int flags, ...);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_mmap(void *at, size_t size, int access, int flags, int file, off_t offset);

void *
__wrap_malloc(size_t size)
{
    return is_refused() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *block, size_t size)
{
    return is_refused() ? NULL : __real_realloc(block, size);
}

void *
__wrap_mmap(void *at, size_t size, int access, int flags, int file, off_t offset)
{
    return is_refused() ? MAP_FAILED : __real_mmap(at, size, access, flags, file, offset);
}

// Nobody asks for an address.
void *
__wrap_mremap(void *at, size_t size, size_t new_size, int flags, ...)
{
    return is_refused() ? MAP_FAILED : __real_mremap(at, size, new_size, flags);
}

static void
a_heap_is_made_whole_or_not_at_all(void **state)
{
    tn_heap *heap = NULL;
    refusals = 0;
    for (long n = 0; heap == NULL; n++) {
        granted = n;
        heap = tn_heap_new(NULL);
        granted = -1;
        assert_int_equal(heap == NULL ? n + 1 : n, refusals);
    }
    assert_true(refusals > 0);
    assert_true(tn_heap_check(heap));
    assert_int_equal(tn_heap_free(heap), 0);
}

// --- Growing, each request refused once before it is granted
// ---------------------------------------

static tn_object *
make_one(tn_heap *heap, tn_type *type)
{
    size_t before = heap_current(heap);
    granted = 0;
    tn_object *o = tn_new(heap, type);
    granted = -1;
    if (o != NULL)
        return o;
    assert_int_equal(heap_current(heap), before);
    assert_true(tn_heap_check(heap));
    o = tn_new(heap, type);
    assert_non_null(o);
    return o;
}

static void
append_one(tn_object *list, tn_object *o)
{
    granted = 0;
    tn_err err = tn_list_append(list, tn_ref(o));
    granted = -1;
    if (err == TN_ENOMEM)
        err = tn_list_append(list, tn_ref(o));
    assert_int_equal(err, TN_OK);
    tn_decref(o);
}

static void
pages_and_segments_that_are_refused_change_nothing(void **state)
{
    enum { SIZES = 16, OBJECTS = 40000 }; // 11 MB, three segments
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *types[SIZES];
    tn_object *list = tn_list_new(heap);
    for (size_t i = 0; i < SIZES; i++) {
        tn_type_spec spec = {.name = "Sized", .native = 8 + 30 * i};
        assert_int_equal(tn_type_register(heap, &spec, &types[i]), TN_OK);
    }
    refusals = 0;
    for (size_t i = support_scaled(OBJECTS); i > 0; i--)
        append_one(list, make_one(heap, types[i % SIZES]));
    assert_true(refusals > 2);
    tn_decref(list);
}

static void
a_collection_that_is_refused_its_memory_changes_nothing(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    for (int i = 0; i < 1000; i++) {
        tn_object *inner = tn_list_new(heap);
        assert_int_equal(tn_list_append(inner, tn_ref(list)), TN_OK);
        assert_int_equal(tn_list_append_steal(list, tn_ref(inner)), TN_OK);
    }
    tn_decref(list);
    size_t before = heap_current(heap);
    tn_err err = TN_ENOMEM;
    for (long n = 0; err != TN_OK; n++) {
        granted = n;
        err = tn_gc_collect(heap, 2, NULL);
        granted = -1;
        assert_true(err == TN_OK || (err == TN_ENOMEM && heap_current(heap) == before));
        assert_true(tn_heap_check(heap));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_heap_is_made_whole_or_not_at_all),
        HEAP_TEST(pages_and_segments_that_are_refused_change_nothing),
        HEAP_TEST(a_collection_that_is_refused_its_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
