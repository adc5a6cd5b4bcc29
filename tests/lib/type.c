// SPDX-License-Identifier: MIT
//
// Registering types and their limits: lib/src/object/type.c.
#include "heap_fixture.h"

static const char *const slots[] = {"id", "name", NULL};

static tn_err
register_spec(void **state, tn_type_spec spec)
{
    tn_type *type = NULL;
    return tn_type_register(heap_fixture_heap(state), &spec, &type);
}

static void
a_type_without_a_name_is_refused(void **state)
{
    assert_int_equal(register_spec(state, (tn_type_spec){.slots = slots}), TN_EINVAL);
    assert_int_equal(register_spec(state, (tn_type_spec){.name = ""}), TN_EINVAL);
}

static void
a_repeated_slot_is_refused(void **state)
{
    static const char *const repeated[] = {"id", "name", "id", NULL};
    tn_type_spec spec = {.name = "User", .slots = repeated};
    assert_int_equal(register_spec(state, spec), TN_EINVAL);
}

static void
an_instance_of_512_bytes_is_accepted_and_one_above_is_refused(void **state)
{
    size_t header = sizeof(tn_object);
    tn_type_spec spec = {.name = "Largest", .native = 512 - header};
    assert_int_equal(register_spec(state, spec), TN_OK);
    spec.native++;
    assert_int_equal(register_spec(state, spec), TN_EINVAL);
    spec.native = SIZE_MAX;
    assert_int_equal(register_spec(state, spec), TN_EINVAL);
}

static void
slots_and_the_weak_word_count_towards_the_limit(void **state)
{
    size_t fixed = sizeof(tn_object) + 2 * sizeof(tn_value) + sizeof(uint64_t);
    tn_type_spec spec = {.name = "Weak", .slots = slots, .flags = TN_WEAK, .native = 512 - fixed};
    assert_int_equal(register_spec(state, spec), TN_OK);
    spec.native++;
    assert_int_equal(register_spec(state, spec), TN_EINVAL);
}

static void
an_instance_of_512_bytes_works(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type_spec spec = {.name = "Largest", .native = 512 - sizeof(tn_object)};
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    tn_object *o = tn_new(heap, type);
    memset(tn_payload(o), 1, spec.native);
    assert_int_equal(tn_sizeof(o), 512);
    tn_decref(o);
}

static void
the_record_and_its_names_may_be_temporary(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    char name[] = "User";
    tn_type_spec spec = {.name = name, .slots = slots};
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    memset(name, 'x', sizeof name - 1);
    memset(&spec, 0, sizeof spec);
    assert_string_equal(tn_type_name(type), "User");
}

static void
an_object_knows_its_type_and_its_heap(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *user = heap_type(heap, "User", slots, 0), *other = heap_type(heap, "Other", slots, 0);
    tn_object *o = tn_new(heap, user);
    assert_ptr_equal(tn_type_of(o), user);
    assert_ptr_equal(tn_heap_of(o), heap);
    assert_true(tn_is_instance(tn_ref(o), user));
    assert_false(tn_is_instance(tn_ref(o), other));
    assert_false(tn_is_instance(tn_int(1), user));
    assert_false(tn_is_instance(TN_ABSENT, user));
    tn_decref(o);
}

static void
the_65536th_type_is_refused_by_a_limit(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type_spec spec = {.name = "T", .slots = slots};
    tn_type *type;
    size_t accepted = 0;
    tn_err err;
    while ((err = tn_type_register(heap, &spec, &type)) == TN_OK && accepted < 70000)
        accepted++;
    assert_int_equal(err, TN_ELIMIT);
    assert_in_range(accepted, 65000, 65535); // the library has a few types of its own
    tn_object *o = tn_new(heap, type);
    assert_ptr_equal(tn_type_of(o), type);
    tn_decref(o);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_type_without_a_name_is_refused),
        HEAP_TEST(a_repeated_slot_is_refused),
        HEAP_TEST(an_instance_of_512_bytes_is_accepted_and_one_above_is_refused),
        HEAP_TEST(slots_and_the_weak_word_count_towards_the_limit),
        HEAP_TEST(an_instance_of_512_bytes_works),
        HEAP_TEST(the_record_and_its_names_may_be_temporary),
        HEAP_TEST(an_object_knows_its_type_and_its_heap),
        HEAP_TEST(the_65536th_type_is_refused_by_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
