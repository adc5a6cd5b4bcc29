// SPDX-License-Identifier: MIT
//
// 1N: slots and dictionaries.
//
// 189, not in C: data classes with slots, because a data class is code that is made from
// annotations, and a type's slots are a list of names anyway.
#include "recorder.h"

#include <tenure/containers.h>

static const char *const user_slots[] = {"name", "age", NULL};
static const char *const role_slot[] = {"role", NULL};

static tn_type *
register_type(void **state, tn_type_spec spec)
{
    tn_type *type = NULL;
    assert_int_equal(tn_type_register(heap_fixture_heap(state), &spec, &type), TN_OK);
    return type;
}

static void
expect_refused(void **state, tn_type_spec spec, const char *message)
{
    tn_type *type = NULL;
    assert_int_equal(tn_type_register(heap_fixture_heap(state), &spec, &type), TN_EINVAL);
    assert_null(type);
    assert_string_equal(tn_last_message(heap_fixture_heap(state)), message);
}

static void
expect_message(void **state, tn_err err, tn_err expected, const char *message)
{
    assert_int_equal(err, expected);
    assert_string_equal(tn_last_message(heap_fixture_heap(state)), message);
}

static tn_type *
user_type(void **state)
{
    return register_type(state, (tn_type_spec){.name = "User", .slots = user_slots});
}

static size_t
size_of_new(void **state, tn_type *type)
{
    tn_object *o = tn_new(heap_fixture_heap(state), type);
    size_t size = tn_sizeof(o);
    tn_decref(o);
    return size;
}

// --- Slots ---------------------------------------------------------------------------------------

static void
an_unknown_attribute_or_an_unset_slot_is_an_error_with_type_and_name_178(void **state)
{
    tn_object *user = tn_new(heap_fixture_heap(state), user_type(state));
    tn_value v;
    expect_message(state, tn_set(user, "email", TN_NONE), TN_EATTRIBUTE,
                   "'User' object has no attribute 'email' and no dictionary for new ones");
    expect_message(state, tn_get(user, "email", &v), TN_EATTRIBUTE,
                   "'User' object has no attribute 'email'");
    expect_message(state, tn_get(user, "age", &v), TN_EATTRIBUTE,
                   "'User' object has no attribute 'age'");
    expect_message(state, tn_delete(user, "age"), TN_EATTRIBUTE,
                   "'User' object has no attribute 'age'");
    assert_int_equal(tn_set(user, "age", tn_int(25)), TN_OK);
    assert_int_equal(tn_get(user, "age", &v), TN_OK);
    assert_true(tn_is(v, tn_int(25)));
    tn_decref(user);
}

static void
a_slot_is_a_thing_of_its_type_and_refuses_other_objects_179(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = user_type(state), *other = heap_type(heap, "Other", user_slots, 0);
    tn_object *user = tn_new(heap, type), *stranger = tn_new(heap, other);
    tn_slot slot;
    tn_value v;
    assert_int_equal(tn_slot_find(type, "age", &slot), TN_OK);
    assert_int_equal(tn_slot_find(type, "email", &slot), TN_EATTRIBUTE);
    assert_int_equal(tn_slot_find(type, "age", &slot), TN_OK);
    assert_int_equal(tn_slot_write(slot, user, tn_int(25)), TN_OK);
    assert_int_equal(tn_slot_read(slot, user, &v), TN_OK);
    assert_true(tn_is(v, tn_int(25)));
    assert_int_equal(tn_slot_write(slot, stranger, tn_int(25)), TN_ETYPE);
    assert_int_equal(tn_slot_read(slot, stranger, &v), TN_ETYPE);
    tn_decref(user);
    tn_decref(stranger);
}

static void
a_class_attribute_may_not_have_a_slots_name_180(void **state)
{
    static const tn_class_attribute age[] = {{"age", {TNI_TAG_INT}}, {NULL, {0}}};
    expect_refused(state, (tn_type_spec){.name = "User", .slots = user_slots, .attributes = age},
                   "type 'User': 'age' is there twice, as a slot");
}

static void
a_class_attribute_is_read_through_an_instance_and_not_set_180(void **state)
{
    static const tn_class_attribute shared[] = {{"category", {TNI_TAG_INT | 7 << 3}}, {NULL, {0}}};
    tn_type_spec spec = {.name = "Product", .slots = user_slots, .attributes = shared};
    tn_object *product = tn_new(heap_fixture_heap(state), register_type(state, spec));
    tn_value v;
    assert_int_equal(tn_get(product, "category", &v), TN_OK);
    assert_true(tn_is(v, tn_int(7)));
    expect_message(state, tn_set(product, "category", TN_NONE), TN_EATTRIBUTE,
                   "attribute 'category' of 'Product' object is its type's and cannot be changed");
    tn_decref(product);
}

// --- Bases ---------------------------------------------------------------------------------------

static void
a_derived_type_has_its_bases_slots_and_adds_its_own_181(void **state)
{
    tn_type *user = user_type(state);
    tn_type *admin =
        register_type(state, (tn_type_spec){.name = "Admin", .base = user, .slots = role_slot});
    tn_type *plain = register_type(state, (tn_type_spec){.name = "Plain", .base = user});
    tn_slot slot;
    assert_int_equal(tn_slot_find(admin, "age", &slot), TN_OK);
    assert_int_equal(slot.index, 1);
    assert_int_equal(tn_slot_find(admin, "role", &slot), TN_OK);
    assert_int_equal(slot.index, 2);
    assert_int_equal(size_of_new(state, admin), 40);
    assert_int_equal(size_of_new(state, plain), size_of_new(state, user));
}

// In Python it gains both unasked when it does not mention slots; here it says so.
static void
a_derived_type_may_gain_a_dictionary_and_weak_references_181(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *open = register_type(state, (tn_type_spec){.name = "Open",
                                                        .base = user_type(state),
                                                        .layout = TN_LAYOUT_DICT,
                                                        .flags = TN_WEAK});
    tn_object *o = tn_new(heap, open), *weak;
    assert_int_equal(tn_set(o, "age", tn_int(25)), TN_OK);
    assert_int_equal(tn_set(o, "email", TN_NONE), TN_OK);
    assert_int_equal(tn_weak_new(o, &weak), TN_OK);
    tn_decref(weak);
    tn_decref(o);
}

static void
a_bases_slot_is_not_wasted_again_181(void **state)
{
    static const char *const age[] = {"age", NULL};
    expect_refused(state, (tn_type_spec){.name = "Admin", .base = user_type(state), .slots = age},
                   "type 'Admin': 'age' is a slot of its base");
}

static void
only_one_of_several_bases_may_have_slots_182(void **state)
{
    tn_type *user = user_type(state);
    tn_type *role = register_type(state, (tn_type_spec){.name = "Role", .slots = role_slot});
    const tn_type *const mixins[] = {role, NULL};
    expect_refused(state, (tn_type_spec){.name = "Admin", .base = user, .mixins = mixins},
                   "type 'Admin': its base 'Role': it has slots or bytes of its own, and only one "
                   "base may");
}

static void
a_base_without_slots_brings_a_dictionary_and_weak_references_182(void **state)
{
    tn_type *open = register_type(
        state, (tn_type_spec){.name = "Open", .layout = TN_LAYOUT_DICT, .flags = TN_WEAK});
    tn_type *empty = register_type(state, (tn_type_spec){.name = "Empty"});
    const tn_type *const mixins[] = {empty, open, NULL};
    tn_type_spec spec = {.name = "Mixed", .base = user_type(state), .mixins = mixins};
    tn_object *o = tn_new(heap_fixture_heap(state), register_type(state, spec)), *weak;
    assert_int_equal(tn_set(o, "age", tn_int(25)), TN_OK);
    assert_int_equal(tn_set(o, "email", TN_NONE), TN_OK);
    assert_int_equal(tn_weak_new(o, &weak), TN_OK);
    tn_decref(weak);
    tn_decref(o);
}

static void
nothing_is_derived_from_the_librarys_own_types_183(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_value big;
    assert_int_equal(tn_int_new(heap, INT64_MAX, &big), TN_OK);
    tn_object *const own[] = {tn_as_object(big), tn_tuple_new(heap, NULL, 0), heap_str(heap, "")};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        tn_type_spec spec = {.name = "Mine", .base = tn_type_of(own[i]), .slots = role_slot};
        char message[100];
        snprintf(message, sizeof message,
                 "type 'Mine': its base '%s': nothing can be derived from it",
                 tn_type_name(spec.base));
        expect_refused(state, spec, message);
        tn_decref(own[i]);
    }
}

// --- What a type has room for --------------------------------------------------------------------

static void
a_dictionary_and_weak_references_are_asked_for_one_by_one_and_paid_once_184(void **state)
{
    tn_type *user = user_type(state);
    tn_type_spec weak = {.name = "Weak", .base = user, .flags = TN_WEAK};
    tn_type_spec open = {.name = "Open", .base = user, .layout = TN_LAYOUT_DICT};
    tn_type *weak_type = register_type(state, weak), *open_type = register_type(state, open);
    assert_int_equal(size_of_new(state, user), 32);
    assert_int_equal(size_of_new(state, weak_type), 40);
    assert_int_equal(size_of_new(state, open_type), 48);
    weak.base = weak_type;
    open.base = open_type;
    assert_int_equal(size_of_new(state, register_type(state, weak)), 40);
    assert_int_equal(size_of_new(state, register_type(state, open)), 48);
    open.flags = TN_WEAK;
    assert_int_equal(size_of_new(state, register_type(state, open)), 56);
}

static void
without_room_for_weak_references_there_are_none_184(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *user = tn_new(heap, user_type(state)), *weak;
    assert_int_equal(tn_weak_new(user, &weak), TN_ETYPE);
    tn_decref(user);
}

// What Python mangles, and what it documents, it does to source text. Here a name is what it is.
static void
a_name_is_an_identifier_and_is_taken_as_it_stands_185(void **state)
{
    static const char *const wrong[] = {"1", "two words", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *const slots[] = {wrong[i], NULL};
        char message[100];
        snprintf(message, sizeof message, "type 'User': '%s' is not a name", wrong[i]);
        expect_refused(state, (tn_type_spec){.name = "User", .slots = slots}, message);
    }
    static const char *const private[] = {"__secret", NULL};
    tn_type *type = register_type(state, (tn_type_spec){.name = "User", .slots = private});
    tn_slot slot;
    assert_int_equal(tn_slot_find(type, "__secret", &slot), TN_OK);
}

static tn_err
get_price(tn_object *o, tn_value *result)
{
    return tn_get(o, "_price", result);
}

static tn_err
set_price(tn_object *o, tn_value v)
{
    if (!tn_is_int(v) || tn_as_int(v) < 0)
        return tn_fail(tn_heap_of(o), TN_EINVAL, "a price is not negative");
    return tn_set(o, "_price", v);
}

static void
properties_work_without_a_dictionary_and_may_lack_a_setter_186(void **state)
{
    static const char *const slots[] = {"_price", NULL};
    static const tn_property properties[] = {
        {"price", get_price, set_price}, {"fixed", get_price, NULL}, {NULL, NULL, NULL}};
    tn_type_spec spec = {.name = "Product", .slots = slots, .properties = properties};
    tn_object *product = tn_new(heap_fixture_heap(state), register_type(state, spec));
    tn_value v;
    assert_int_equal(tn_set(product, "price", tn_int(12)), TN_OK);
    assert_int_equal(tn_get(product, "fixed", &v), TN_OK);
    assert_true(tn_is(v, tn_int(12)));
    expect_message(state, tn_set(product, "price", tn_int(-1)), TN_EINVAL,
                   "a price is not negative");
    expect_message(state, tn_set(product, "fixed", TN_NONE), TN_EATTRIBUTE,
                   "property 'fixed' of 'Product' object has no setter");
    tn_decref(product);
}

// --- The collector -------------------------------------------------------------------------------

static void
a_circle_through_slots_alone_is_collected_187(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *user = user_type(state);
    tn_type *admin =
        register_type(state, (tn_type_spec){.name = "Admin", .base = user, .slots = role_slot});
    tn_object *a = tn_new(heap, admin), *b = tn_new(heap, user);
    assert_true(tn_gc_is_tracked(a) && tn_gc_is_tracked(b));
    assert_int_equal(tn_set(a, "role", tn_ref(b)), TN_OK); // the derived type's slot
    assert_int_equal(tn_set(b, "name", tn_ref(a)), TN_OK); // the base's
    tn_decref(a);
    tn_decref(b);
    assert_int_equal(heap_collect(heap, 2), 2);
}

static void
an_object_changes_only_to_a_type_of_the_same_slots_188(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *user = user_type(state), *guest = heap_type(heap, "Guest", user_slots, 0);
    tn_object *o = tn_new(heap, user);
    assert_int_equal(tn_set(o, "age", tn_int(25)), TN_OK);
    assert_int_equal(tn_set_type(o, guest), TN_OK);
    tn_value v;
    assert_int_equal(tn_get(o, "age", &v), TN_OK);
    assert_true(tn_is(v, tn_int(25)));
    expect_message(state, tn_set_type(o, heap_type(heap, "Role", role_slot, 0)), TN_ETYPE,
                   "'Guest' and 'Role' differ in layout");
    assert_int_equal(tn_set_type(o, heap_type(heap, "Weak", user_slots, TN_WEAK)), TN_ETYPE);
    assert_ptr_equal(tn_type_of(o), guest);
    tn_decref(o);
}

// Of three types, one above the other, each of which adds a slot.
static void
every_slot_of_every_base_is_dropped_the_most_derived_types_first_190(void **state)
{
    static const char *const names[][2] = {{"a", NULL}, {"b", NULL}, {"c", NULL}};
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_type *type = NULL;
    for (int i = 0; i < 3; i++)
        type =
            register_type(state, (tn_type_spec){.name = "Level", .base = type, .slots = names[i]});
    tn_object *o = tn_new(log.heap, type);
    for (int i = 0; i < 3; i++)
        tn_slot_set_steal(o, (size_t)i, tn_ref(recorder_new(&log, i)));
    tn_object *children[3];
    assert_int_equal(tn_referents_get(&o, 1, children, 3), 3);
    tn_decref(o);
    recorder_expect(&log, "F2 D2 F1 D1 F0 D0");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(an_unknown_attribute_or_an_unset_slot_is_an_error_with_type_and_name_178),
        HEAP_TEST(a_slot_is_a_thing_of_its_type_and_refuses_other_objects_179),
        HEAP_TEST(a_class_attribute_may_not_have_a_slots_name_180),
        HEAP_TEST(a_class_attribute_is_read_through_an_instance_and_not_set_180),
        HEAP_TEST(a_derived_type_has_its_bases_slots_and_adds_its_own_181),
        HEAP_TEST(a_derived_type_may_gain_a_dictionary_and_weak_references_181),
        HEAP_TEST(a_bases_slot_is_not_wasted_again_181),
        HEAP_TEST(only_one_of_several_bases_may_have_slots_182),
        HEAP_TEST(a_base_without_slots_brings_a_dictionary_and_weak_references_182),
        HEAP_TEST(nothing_is_derived_from_the_librarys_own_types_183),
        HEAP_TEST(a_dictionary_and_weak_references_are_asked_for_one_by_one_and_paid_once_184),
        HEAP_TEST(without_room_for_weak_references_there_are_none_184),
        HEAP_TEST(a_name_is_an_identifier_and_is_taken_as_it_stands_185),
        HEAP_TEST(properties_work_without_a_dictionary_and_may_lack_a_setter_186),
        HEAP_TEST(a_circle_through_slots_alone_is_collected_187),
        HEAP_TEST(an_object_changes_only_to_a_type_of_the_same_slots_188),
        HEAP_TEST(every_slot_of_every_base_is_dropped_the_most_derived_types_first_190),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
