// SPDX-License-Identifier: MIT
//
// 1M: sizes.
//
// 174, not in C: a type's size hook that fails, or says less than nothing, because it returns a
// number of bytes without sign and has no way to fail.
#include "heap_fixture.h"

#include <tenure/containers.h>

static const char *const three[] = {"name", "age", "email", NULL};

static tn_type *
register_type(tn_heap *heap, tn_type_spec spec)
{
    tn_type *type = NULL;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    return type;
}

// With a name, an age and an email, the texts being its own.
static tn_object *
user_new(tn_heap *heap, tn_type *type)
{
    tn_object *user = tn_new(heap, type), *name = heap_str(heap, "Sid"),
              *email = heap_str(heap, "sid@example.com");
    assert_int_equal(tn_set(user, "name", tn_ref(name)), TN_OK);
    assert_int_equal(tn_set(user, "age", tn_int(25)), TN_OK);
    assert_int_equal(tn_set(user, "email", tn_ref(email)), TN_OK);
    tn_decref(name);
    tn_decref(email);
    return user;
}

// --- Shallow -------------------------------------------------------------------------------------

// Nothing stands in front of an object, so nothing has to be added.
static void
a_size_is_of_its_own_block_and_buffer_and_not_of_what_it_refers_to_173(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap), *inner = tn_list_new(heap);
    size_t empty = tn_sizeof(list);
    assert_int_equal(tn_list_append_steal(list, tn_ref(inner)), TN_OK);
    size_t full = tn_sizeof(list);
    assert_int_equal(full, empty + 8);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(tn_list_append(inner, tn_int(i)), TN_OK);
    assert_int_equal(tn_sizeof(list), full);
    assert_in_range(tn_sizeof(inner), empty + 8000, empty + 12000);
    assert_int_equal(tn_sizeof(list) + tn_sizeof(inner), heap_current(heap));
    tn_decref(list);
}

static size_t
size_of_native(const tn_object *o)
{
    return *(const size_t *)tn_payload(o);
}

static void
a_type_says_what_its_own_buffers_take_173(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type_spec spec = {.name = "Native", .native = sizeof(size_t), .size_of = size_of_native};
    tn_object *o = tn_new(heap, register_type(heap, spec));
    assert_int_equal(tn_sizeof(o), 24);
    *(size_t *)tn_payload(o) = 1000;
    assert_int_equal(tn_sizeof(o), 1024);
    tn_decref(o);
}

static size_t
drop(tn_object *o)
{
    assert_non_null(o);
    size_t size = tn_sizeof(o);
    tn_decref(o);
    return size;
}

// Python 3.13's figures on 64 bits, from object to ref.
static void
none_takes_more_than_pythons_175(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *dict = tn_dict_new(heap), *weak;
    assert_int_equal(tn_dict_set(dict, tn_int(1), tn_int(1)), TN_OK);
    tn_object *target = tn_new(heap, heap_type(heap, "object", NULL, TN_WEAK));
    assert_int_equal(tn_weak_new(target, &weak), TN_OK);
    assert_true(drop(tn_new(heap, heap_type(heap, "bare", NULL, 0))) <= 16);
    assert_true(drop(tn_tuple_new(heap, NULL, 0)) <= 40);
    assert_true(drop(tn_list_new(heap)) <= 56);
    assert_true(drop(tn_dict_new(heap)) <= 64);
    assert_true(drop(dict) <= 224);
    assert_true(drop(tn_set_new(heap)) <= 216);
    assert_true(drop(tn_float_new(heap, 0.5)) <= 24);
    assert_true(drop(weak) <= 80);
    tn_decref(target);
    size_t before = heap_current(heap);
    tn_value zero;
    assert_int_equal(tn_int_new(heap, 0, &zero), TN_OK); // 28 there, nothing here
    assert_int_equal(heap_current(heap), before);
}

static void
each_layout_of_three_attributes_has_its_size_176(void **state)
{
    const struct {
        tn_type_spec spec;
        size_t size;
    } rows[] = {{{.name = "Slots", .slots = three}, 40},
                {{.name = "Weak", .slots = three, .flags = TN_WEAK}, 48},
                {{.name = "Dict", .layout = TN_LAYOUT_DICT}, 64},
                {{.name = "Both", .layout = TN_LAYOUT_DICT, .flags = TN_WEAK}, 72}};
    tn_heap *heap = heap_fixture_heap(state);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(drop(user_new(heap, register_type(heap, rows[i].spec))), rows[i].size);
}

static void
without_attributes_it_is_the_header_and_room_for_them_176(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type_spec open = {.name = "Dict", .layout = TN_LAYOUT_DICT};
    assert_int_equal(drop(tn_new(heap, heap_type(heap, "Slots", NULL, 0))), 16);
    assert_int_equal(drop(tn_new(heap, register_type(heap, open))), 32);
}

// Python's getsizeof leaves the values of a dictionary out, and reading __dict__ makes one.
static void
sizes_leave_nothing_out_and_change_nothing_176(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type_spec open = {.name = "Dict", .layout = TN_LAYOUT_DICT};
    tn_object *user = user_new(heap, register_type(heap, open));
    size_t texts = 24 + 40; // "Sid", "sid@example.com"
    tn_memory before, after;
    tn_memory_get(heap, &before);
    assert_int_equal(tn_sizeof(user) + texts, before.current);
    for (int i = 0; i < 3; i++) {
        tn_deep_size deep;
        assert_int_equal(tn_sizeof_deep(user, &deep), TN_OK);
        assert_int_equal(deep.bytes, before.current);
    }
    tn_memory_get(heap, &after);
    assert_memory_equal(&before, &after, sizeof before);
    tn_decref(user);
}

// --- Deep ----------------------------------------------------------------------------------------

static tn_deep_size
deep_size(const tn_object *o)
{
    tn_deep_size size;
    assert_int_equal(tn_sizeof_deep(o, &size), TN_OK);
    return size;
}

static void
a_deep_size_has_each_object_once_whatever_the_way_and_circles_end_177(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap), *name = heap_str(heap, "Sid");
    for (int i = 0; i < 10; i++)
        assert_int_equal(tn_list_append(list, tn_ref(name)), TN_OK);
    tn_decref(name);
    assert_int_equal(tn_list_append(list, tn_ref(list)), TN_OK);
    assert_int_equal(deep_size(list).objects, 2);
    assert_int_equal(deep_size(list).bytes, heap_current(heap));
    tn_decref(list);
    assert_int_equal(heap_collect(heap, 2), 1);
}

static void
it_tells_what_would_die_from_what_others_hold_177(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap), *shared = heap_str(heap, "shared"),
              *own = heap_str(heap, "own");
    assert_int_equal(tn_list_append(list, tn_ref(shared)), TN_OK);
    assert_int_equal(tn_list_append_steal(list, tn_ref(own)), TN_OK);
    tn_deep_size size = deep_size(list);
    assert_int_equal(size.shared_bytes, tn_sizeof(shared));
    size_t before = heap_current(heap);
    tn_decref(list);
    assert_int_equal(before - heap_current(heap), size.exclusive_bytes);
    tn_decref(shared);
}

static void
it_is_broken_down_by_type_177(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *user = user_new(heap, heap_type(heap, "User", three, 0));
    tn_usage rows[4];
    size_t count;
    assert_int_equal(tn_sizeof_deep_by_type(user, rows, 4, &count), TN_OK);
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].name, "str");
    assert_int_equal(rows[0].objects, 2);
    assert_string_equal(rows[1].name, "User");
    assert_int_equal(rows[0].bytes + rows[1].bytes, deep_size(user).bytes);
    tn_decref(user);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_size_is_of_its_own_block_and_buffer_and_not_of_what_it_refers_to_173),
        HEAP_TEST(a_type_says_what_its_own_buffers_take_173),
        HEAP_TEST(none_takes_more_than_pythons_175),
        HEAP_TEST(each_layout_of_three_attributes_has_its_size_176),
        HEAP_TEST(without_attributes_it_is_the_header_and_room_for_them_176),
        HEAP_TEST(sizes_leave_nothing_out_and_change_nothing_176),
        HEAP_TEST(a_deep_size_has_each_object_once_whatever_the_way_and_circles_end_177),
        HEAP_TEST(it_tells_what_would_die_from_what_others_hold_177),
        HEAP_TEST(it_is_broken_down_by_type_177),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
