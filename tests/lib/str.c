// SPDX-License-Identifier: MIT
//
// str: lib/src/containers/str.c.
#include "heap_fixture.h"

#include <tenure/containers.h>

static void
a_str_keeps_its_bytes_and_ends_with_a_nul(void **state)
{
    tn_object *str = tn_str_new(heap_fixture_heap(state), "hello", 5);
    assert_int_equal(tn_str_len(str), 5);
    assert_string_equal(tn_str_data(str), "hello");
    assert_true(tn_is_str(tn_ref(str)));
    assert_false(tn_is_str(tn_int(5)));
    tn_decref(str);
}

static void
the_empty_str_has_no_bytes_but_its_nul(void **state)
{
    tn_object *str = tn_str_new(heap_fixture_heap(state), "", 0);
    assert_int_equal(tn_str_len(str), 0);
    assert_string_equal(tn_str_data(str), "");
    assert_true(tn_str_hash(str) != 0);
    tn_decref(str);
}

static void
a_nul_inside_is_a_byte_like_others(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *a = tn_str_new(heap, "a\0b", 3), *b = tn_str_new(heap, "a\0c", 3);
    assert_int_equal(tn_str_len(a), 3);
    assert_memory_equal(tn_str_data(a), "a\0b", 4);
    assert_false(tn_str_equal(a, b));
    tn_decref(a);
    tn_decref(b);
}

// Around the largest object, the largest class of buffers, and the first large one.
static void
a_str_of_any_length_keeps_its_bytes(void **state)
{
    const size_t lengths[] = {1,   7,   8,   9,    480,  490,  491,  492,  495,   496,    497,
                              511, 512, 513, 4071, 4080, 4095, 4096, 4097, 65536, 1000000};
    tn_heap *heap = heap_fixture_heap(state);
    char *bytes = malloc(1000000);
    memset(bytes, 'y', 1000000);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        tn_object *str = tn_str_new(heap, bytes, lengths[i]);
        assert_int_equal(tn_str_len(str), lengths[i]);
        assert_memory_equal(tn_str_data(str), bytes, lengths[i]);
        assert_int_equal(tn_str_data(str)[lengths[i]], 0);
        assert_int_equal(tn_sizeof(str), heap_current(heap));
        tn_decref(str);
    }
    free(bytes);
}

static void
equal_bytes_are_equal_and_hash_alike(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *a = heap_str(heap, "user-1"), *b = heap_str(heap, "user-1");
    assert_ptr_not_equal(a, b);
    assert_true(tn_str_equal(a, b));
    assert_true(tn_str_hash(a) == tn_str_hash(b));
    assert_true(tn_str_hash(a) == tn_str_hash(a));
    tn_decref(a);
    tn_decref(b);
}

static void
different_bytes_differ(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *a = heap_str(heap, "user-1");
    tn_object *b = heap_str(heap, "user-2"), *c = heap_str(heap, "user-12");
    assert_false(tn_str_equal(a, b));
    assert_false(tn_str_equal(a, c));
    assert_true(tn_str_hash(a) != tn_str_hash(b));
    tn_decref(a);
    tn_decref(b);
    tn_decref(c);
}

static uint64_t
hash_in_fresh_heap(uint64_t seed)
{
    tn_heap *heap = tn_heap_new(&(tn_heap_options){.hash_seed = seed});
    tn_object *str = heap_str(heap, "user-1");
    uint64_t hash = tn_str_hash(str);
    tn_decref(str);
    assert_int_equal(tn_heap_free(heap), 0);
    return hash;
}

static void
the_hash_depends_on_the_heaps_seed_only(void **state)
{
    assert_true(hash_in_fresh_heap(1) == hash_in_fresh_heap(1));
    assert_true(hash_in_fresh_heap(1) != hash_in_fresh_heap(2));
    assert_true(hash_in_fresh_heap(0) != hash_in_fresh_heap(0)); // random: differs but once in 2^64
}

static void
a_str_is_not_tracked(void **state)
{
    tn_object *str = heap_str(heap_fixture_heap(state), "leaf");
    assert_false(tn_gc_is_tracked(str));
    assert_int_equal(tn_gc_generation(str), 2);
    tn_decref(str);
}

static void
a_length_beyond_the_limit_is_refused(void **state)
{
    assert_null(tn_str_new(heap_fixture_heap(state), "x", (UINT64_C(1) << 32) - 63));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_str_keeps_its_bytes_and_ends_with_a_nul),
        HEAP_TEST(the_empty_str_has_no_bytes_but_its_nul),
        HEAP_TEST(a_nul_inside_is_a_byte_like_others),
        HEAP_TEST(a_str_of_any_length_keeps_its_bytes),
        HEAP_TEST(equal_bytes_are_equal_and_hash_alike),
        HEAP_TEST(different_bytes_differ),
        cmocka_unit_test(the_hash_depends_on_the_heaps_seed_only),
        HEAP_TEST(a_str_is_not_tracked),
        HEAP_TEST(a_length_beyond_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
