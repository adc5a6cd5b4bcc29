// SPDX-License-Identifier: MIT
//
// Attributes by name: lib/src/containers/attributes.c, lib/src/object/members.c, message.c. Where
// instances keep them: record.c. What a type may look like: layouts.c.
#include "heap_fixture.h"

#include <tenure/containers.h>

static const char *const user_slots[] = {"name", "age", NULL};

static tn_type *
register_type(void **state, tn_type_spec spec)
{
    tn_type *type = NULL;
    assert_int_equal(tn_type_register(heap_fixture_heap(state), &spec, &type), TN_OK);
    return type;
}

static tn_object *
user_new(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    return tn_new(heap, register_type(state, (tn_type_spec){.name = "User", .slots = user_slots}));
}

static void
expect_attribute(tn_object *o, const char *name, tn_value expected)
{
    tn_value v = TN_ABSENT;
    assert_int_equal(tn_get(o, name, &v), TN_OK);
    assert_true(tn_is(v, expected));
    tn_decref_value(v);
}

static void
expect_message(void **state, tn_err err, tn_err expected, const char *message)
{
    assert_int_equal(err, expected);
    assert_string_equal(tn_last_message(heap_fixture_heap(state)), message);
}

// --- Slots ---------------------------------------------------------------------------------------

static void
a_slot_is_set_read_and_emptied_by_its_name(void **state)
{
    tn_object *user = user_new(state);
    tn_value v;
    assert_int_equal(tn_set(user, "age", tn_int(25)), TN_OK);
    expect_attribute(user, "age", tn_int(25));
    assert_true(tn_is(tn_slot_borrow(user, 1), tn_int(25)));
    assert_int_equal(tn_delete(user, "age"), TN_OK);
    expect_message(state, tn_get(user, "age", &v), TN_EATTRIBUTE,
                   "'User' object has no attribute 'age'");
    assert_true(tn_is_absent(v));
    expect_message(state, tn_delete(user, "age"), TN_EATTRIBUTE,
                   "'User' object has no attribute 'age'");
    tn_decref(user);
}

static void
an_unknown_name_is_refused_with_type_and_name(void **state)
{
    tn_object *user = user_new(state);
    tn_value v;
    assert_string_equal(tn_last_message(heap_fixture_heap(state)), "");
    expect_message(state, tn_set(user, "email", TN_NONE), TN_EATTRIBUTE,
                   "'User' object has no attribute 'email' and no dictionary for new ones");
    expect_message(state, tn_get(user, "email", &v), TN_EATTRIBUTE,
                   "'User' object has no attribute 'email'");
    expect_message(state, tn_delete(user, "email"), TN_EATTRIBUTE,
                   "'User' object has no attribute 'email'");
    tn_decref(user);
}

static void
a_name_is_compared_by_its_letters_not_by_its_address(void **state)
{
    tn_object *user = user_new(state);
    char name[] = "age";
    assert_int_equal(tn_set(user, name, TN_TRUE), TN_OK);
    expect_attribute(user, "age", TN_TRUE);
    tn_decref(user);
}

static void
nothing_is_set_to_absent(void **state)
{
    tn_object *user = user_new(state);
    expect_message(state, tn_set(user, "age", TN_ABSENT), TN_EINVAL,
                   "attribute 'age' of 'User' object cannot be set to absent; tn_delete");
    tn_decref(user);
}

static void
references_are_counted(void **state)
{
    tn_object *user = user_new(state), *name = heap_str(heap_fixture_heap(state), "Sid");
    assert_int_equal(tn_set(user, "name", tn_ref(name)), TN_OK);
    assert_int_equal(tn_refcount(name), 2);
    tn_value v;
    assert_int_equal(tn_get(user, "name", &v), TN_OK);
    assert_int_equal(tn_refcount(name), 3);
    tn_decref_value(v);
    tn_decref(user);
    assert_int_equal(tn_refcount(name), 1);
    tn_decref(name);
}

static void
a_message_is_cut_at_255_bytes(void **state)
{
    tn_object *user = user_new(state);
    char name[400] = "";
    tn_value v;
    memset(name, 'x', sizeof name - 1);
    assert_int_equal(tn_get(user, name, &v), TN_EATTRIBUTE);
    assert_int_equal(strlen(tn_last_message(heap_fixture_heap(state))), 255);
    tn_decref(user);
}

// --- Class attributes ----------------------------------------------------------------------------

static const tn_class_attribute category[] = {{"category", {TNI_TAG_INT | 1 << 3}}, {NULL, {0}}};

static void
a_class_attribute_is_read_through_instances_and_changed_through_the_type(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = register_type(
        state, (tn_type_spec){.name = "Product", .slots = user_slots, .attributes = category});
    tn_object *o = tn_new(heap, type);
    expect_attribute(o, "category", tn_int(1));
    expect_message(state, tn_set(o, "category", tn_int(2)), TN_EATTRIBUTE,
                   "attribute 'category' of 'Product' object is its type's and cannot be changed");
    expect_message(state, tn_delete(o, "category"), TN_EATTRIBUTE,
                   "attribute 'category' of 'Product' object is its type's and cannot be changed");
    assert_int_equal(tn_type_set(type, "category", tn_int(2)), TN_OK);
    expect_attribute(o, "category", tn_int(2));
    tn_decref(o);
}

static void
a_class_attribute_is_hidden_by_an_instances_own_in_a_dictionary(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = register_type(
        state, (tn_type_spec){.name = "Product", .layout = TN_LAYOUT_DICT, .attributes = category});
    tn_object *o = tn_new(heap, type);
    assert_int_equal(tn_set(o, "category", tn_int(2)), TN_OK);
    expect_attribute(o, "category", tn_int(2));
    assert_int_equal(tn_delete(o, "category"), TN_OK);
    expect_attribute(o, "category", tn_int(1));
    assert_int_equal(tn_delete(o, "category"), TN_EATTRIBUTE);
    tn_decref(o);
}

static void
a_derived_type_hides_its_bases_class_attribute(void **state)
{
    static const tn_class_attribute own[] = {{"category", {TNI_TAG_INT | 9 << 3}}, {NULL, {0}}};
    tn_type *base = register_type(state, (tn_type_spec){.name = "Base", .attributes = category});
    tn_type *plain = register_type(state, (tn_type_spec){.name = "Plain", .base = base});
    tn_type *hiding =
        register_type(state, (tn_type_spec){.name = "Hiding", .base = base, .attributes = own});
    tn_value v;
    assert_int_equal(tn_type_get(plain, "category", &v), TN_OK);
    assert_true(tn_is(v, tn_int(1)));
    assert_int_equal(tn_type_get(hiding, "category", &v), TN_OK);
    assert_true(tn_is(v, tn_int(9)));
    expect_message(state, tn_type_set(plain, "category", TN_NONE), TN_EATTRIBUTE,
                   "type 'Plain' has no class attribute 'category'");
    expect_message(state, tn_type_get(base, "colour", &v), TN_EATTRIBUTE,
                   "type 'Base' has no class attribute 'colour'");
    expect_message(state, tn_type_set(base, "category", TN_ABSENT), TN_EINVAL,
                   "class attribute 'category' of 'Base' cannot be set to absent");
}

static void
a_type_holds_its_class_attribute_until_it_is_replaced(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *general = heap_str(heap, "General");
    const tn_class_attribute attributes[] = {{"category", tn_ref(general)}, {NULL, TN_ABSENT}};
    tn_type *type =
        register_type(state, (tn_type_spec){.name = "Product", .attributes = attributes});
    assert_int_equal(tn_refcount(general), 2);
    assert_int_equal(heap_collect(heap, 2), 0);
    assert_int_equal(tn_type_set(type, "category", TN_NONE), TN_OK);
    assert_int_equal(tn_refcount(general), 1);
    tn_decref(general);
}

static void
what_a_type_holds_at_the_end_is_no_leak(void **state)
{
    tn_heap *heap = tn_heap_new(NULL);
    tn_object *list = tn_list_new(heap);
    const tn_class_attribute attributes[] = {{"all", tn_ref(list)}, {NULL, TN_ABSENT}};
    tn_type_spec spec = {.name = "Product", .attributes = attributes};
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    tn_decref(list);
    assert_true(tn_heap_check(heap));
    assert_int_equal(tn_heap_free(heap), 0);
}

// --- Properties ----------------------------------------------------------------------------------

static tn_err
get_double(tn_object *o, tn_value *result)
{
    *result = tn_int(2 * tn_as_int(tn_slot_borrow(o, 1)));
    return TN_OK;
}

static tn_err
set_double(tn_object *o, tn_value v)
{
    if (!tn_is_int(v) || tn_as_int(v) % 2 != 0)
        return tn_fail(tn_heap_of(o), TN_EINVAL, "%s is even", "a double");
    return tn_set(o, "age", tn_int(tn_as_int(v) / 2));
}

static const tn_property properties[] = {
    {"double", get_double, set_double},
    {"read_only", get_double, NULL},
    {"write_only", NULL, set_double},
    {NULL, NULL, NULL},
};

static void
a_property_calls_its_getter_and_setter(void **state)
{
    tn_type *type = register_type(
        state, (tn_type_spec){.name = "User", .slots = user_slots, .properties = properties});
    tn_object *o = tn_new(heap_fixture_heap(state), type);
    tn_value v;
    assert_int_equal(tn_set(o, "double", tn_int(50)), TN_OK);
    expect_attribute(o, "age", tn_int(25));
    expect_attribute(o, "double", tn_int(50));
    expect_message(state, tn_set(o, "double", tn_int(51)), TN_EINVAL, "a double is even");
    expect_message(state, tn_set(o, "read_only", tn_int(50)), TN_EATTRIBUTE,
                   "property 'read_only' of 'User' object has no setter");
    expect_message(state, tn_get(o, "write_only", &v), TN_EATTRIBUTE,
                   "property 'write_only' of 'User' object has no getter");
    expect_message(state, tn_delete(o, "double"), TN_EATTRIBUTE,
                   "property 'double' of 'User' object cannot be deleted");
    tn_decref(o);
}

static void
a_property_stands_before_an_instances_dictionary(void **state)
{
    static const tn_property one[] = {{"answer", get_double, NULL}, {NULL, NULL, NULL}};
    tn_type *base = register_type(state, (tn_type_spec){.name = "Base", .layout = TN_LAYOUT_DICT});
    tn_type *type = register_type(
        state,
        (tn_type_spec){.name = "User", .base = base, .slots = user_slots, .properties = one});
    tn_object *o = tn_new(heap_fixture_heap(state), type);
    assert_int_equal(tn_set(o, "age", tn_int(21)), TN_OK);
    assert_int_equal(tn_set(o, "answer", tn_int(1)), TN_EATTRIBUTE);
    expect_attribute(o, "answer", tn_int(42));
    tn_decref(o);
}

// --- Methods -------------------------------------------------------------------------------------

static tn_err
add_years(tn_object *self, const tn_value *args, size_t count, tn_value *result)
{
    int64_t age = tn_as_int(tn_slot_borrow(self, 1));
    for (size_t i = 0; i < count; i++)
        age += tn_as_int(args[i]);
    tn_slot_set(self, 1, tn_int(age));
    *result = tn_int(age);
    return TN_OK;
}

// Twice what the base does.
static tn_err
add_twice(tn_object *self, const tn_value *args, size_t count, tn_value *result)
{
    tn_method *base = tn_type_method(tn_type_base(tn_type_of(self)), "grow");
    tn_err err = base(self, args, count, result);
    return err != TN_OK ? err : base(self, args, count, result);
}

static tn_err
do_nothing(tn_object *self, const tn_value *args, size_t count, tn_value *result)
{
    return TN_OK;
}

static const tn_named_method methods[] = {
    {"grow", add_years},
    {"pass", do_nothing},
    {NULL, NULL},
};
static const tn_named_method derived_methods[] = {{"grow", add_twice}, {NULL, NULL}};

static void
a_method_is_called_by_name_with_its_arguments(void **state)
{
    tn_type *type = register_type(
        state, (tn_type_spec){.name = "User", .slots = user_slots, .methods = methods});
    tn_object *o = tn_new(heap_fixture_heap(state), type);
    const tn_value args[] = {tn_int(1), tn_int(2)};
    tn_value v = TN_ABSENT;
    tn_slot_set(o, 1, tn_int(20));
    assert_int_equal(tn_call(o, "grow", args, 2, &v), TN_OK);
    assert_true(tn_is(v, tn_int(23)));
    assert_int_equal(tn_call(o, "pass", NULL, 0, &v), TN_OK);
    assert_true(tn_is(v, TN_NONE));
    expect_message(state, tn_call(o, "shrink", NULL, 0, &v), TN_EATTRIBUTE,
                   "'User' object has no attribute 'shrink'");
    expect_message(state, tn_call(o, "age", NULL, 0, &v), TN_EATTRIBUTE,
                   "attribute 'age' of 'User' object is not a method");
    expect_message(state, tn_get(o, "grow", &v), TN_EATTRIBUTE,
                   "attribute 'grow' of 'User' object is a method, to be called");
    tn_decref(o);
}

static void
a_derived_method_may_call_its_bases(void **state)
{
    tn_type *base = register_type(
        state, (tn_type_spec){.name = "User", .slots = user_slots, .methods = methods});
    tn_type *type = register_type(
        state, (tn_type_spec){.name = "Admin", .base = base, .methods = derived_methods});
    tn_object *o = tn_new(heap_fixture_heap(state), type);
    const tn_value one = tn_int(1);
    tn_value v;
    tn_slot_set(o, 1, tn_int(0));
    assert_int_equal(tn_call(o, "grow", &one, 1, &v), TN_OK);
    assert_true(tn_is(v, tn_int(2)));
    assert_null(tn_type_method(type, "shrink"));
    tn_decref(o);
}

// --- Slots as things -----------------------------------------------------------------------------

static void
a_slot_that_was_found_once_is_for_its_type_and_derived_ones(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *base = register_type(state, (tn_type_spec){.name = "User", .slots = user_slots});
    tn_type *derived = register_type(state, (tn_type_spec){.name = "Admin", .base = base});
    tn_object *o = tn_new(heap, derived), *list = tn_list_new(heap);
    tn_slot age;
    tn_value v;
    assert_int_equal(tn_slot_find(base, "age", &age), TN_OK);
    assert_int_equal(age.index, 1);
    expect_message(state, tn_slot_read(age, o, &v), TN_EATTRIBUTE,
                   "'Admin' object has no attribute 'age'");
    assert_int_equal(tn_slot_write(age, o, tn_int(3)), TN_OK);
    assert_int_equal(tn_slot_read(age, o, &v), TN_OK);
    assert_true(tn_is(v, tn_int(3)));
    expect_message(state, tn_slot_write(age, list, tn_int(3)), TN_ETYPE,
                   "slot 'age' of 'User' is not for a 'list' object");
    assert_int_equal(tn_slot_read(age, list, &v), TN_ETYPE);
    assert_int_equal(tn_slot_write(age, o, TN_ABSENT), TN_EINVAL);
    expect_message(state, tn_slot_find(base, "email", &age), TN_EATTRIBUTE,
                   "type 'User' has no slot 'email'");
    tn_decref(list);
    tn_decref(o);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_slot_is_set_read_and_emptied_by_its_name),
        HEAP_TEST(an_unknown_name_is_refused_with_type_and_name),
        HEAP_TEST(a_name_is_compared_by_its_letters_not_by_its_address),
        HEAP_TEST(nothing_is_set_to_absent),
        HEAP_TEST(references_are_counted),
        HEAP_TEST(a_message_is_cut_at_255_bytes),
        HEAP_TEST(a_class_attribute_is_read_through_instances_and_changed_through_the_type),
        HEAP_TEST(a_class_attribute_is_hidden_by_an_instances_own_in_a_dictionary),
        HEAP_TEST(a_derived_type_hides_its_bases_class_attribute),
        HEAP_TEST(a_type_holds_its_class_attribute_until_it_is_replaced),
        HEAP_TEST(what_a_type_holds_at_the_end_is_no_leak),
        HEAP_TEST(a_property_calls_its_getter_and_setter),
        HEAP_TEST(a_property_stands_before_an_instances_dictionary),
        HEAP_TEST(a_method_is_called_by_name_with_its_arguments),
        HEAP_TEST(a_derived_method_may_call_its_bases),
        HEAP_TEST(a_slot_that_was_found_once_is_for_its_type_and_derived_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
