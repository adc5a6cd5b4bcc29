// SPDX-License-Identifier: MIT
//
// What types may look like, and who fits whom: lib/src/object/shape.c, type.c; tn_set_type in
// lib/src/containers/attributes.c. Their slots and bases: type.c, inherit.c.
#include "heap_fixture.h"

#include <tenure/containers.h>

static const char *const one_slot[] = {"own", NULL};
static const char *const other_slot[] = {"other", NULL};

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
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *type = NULL;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_EINVAL);
    assert_null(type);
    assert_string_equal(tn_last_message(heap), message);
}

static tn_err
get_none(tn_object *o, tn_value *result)
{
    *result = TN_NONE;
    return TN_OK;
}

static tn_err
call_nothing(tn_object *self, const tn_value *args, size_t count, tn_value *result)
{
    return TN_OK;
}

// --- Names ---------------------------------------------------------------------------------------

static void
a_name_is_an_identifier(void **state)
{
    static const char *const wrong[] = {"", "1st", "two words", "dot.ted", "minus-sign"};
    static const char *const right[] = {"_", "a1", "__private", "größe", "CamelCase"};
    for (size_t i = 0; i < 5; i++) {
        const char *const slots[] = {wrong[i], NULL};
        char message[100];
        snprintf(message, sizeof message, "type 'User': '%s' is not a name", wrong[i]);
        expect_refused(state, (tn_type_spec){.name = "User", .slots = slots}, message);
    }
    for (size_t i = 0; i < 5; i++) {
        const char *const slots[] = {right[i], NULL};
        register_type(state, (tn_type_spec){.name = "User", .slots = slots});
    }
}

static void
what_a_type_names_may_not_have_a_slots_name(void **state)
{
    static const tn_class_attribute attribute[] = {{"own", {TNI_TAG_INT}}, {NULL, {0}}};
    static const tn_property property[] = {{"own", get_none, NULL}, {NULL, NULL, NULL}};
    static const tn_named_method method[] = {{"own", call_nothing}, {NULL, NULL}};
    const char *twice = "type 'User': 'own' is there twice, as a slot";
    tn_type_spec spec = {.name = "User", .slots = one_slot};
    spec.attributes = attribute;
    expect_refused(state, spec, twice);
    spec.attributes = NULL;
    spec.properties = property;
    expect_refused(state, spec, twice);
    spec.properties = NULL;
    spec.methods = method;
    expect_refused(state, spec, twice);
    tn_type *base = register_type(state, (tn_type_spec){.name = "Base", .slots = one_slot});
    expect_refused(state, (tn_type_spec){.name = "Derived", .base = base, .attributes = attribute},
                   "type 'Derived': 'own' is a slot of its base");
}

static void
what_a_type_names_is_there_once(void **state)
{
    static const tn_class_attribute attribute[] = {{"own", {TNI_TAG_INT}}, {NULL, {0}}};
    static const tn_named_method method[] = {{"own", call_nothing}, {NULL, NULL}};
    tn_type_spec spec = {.name = "User", .attributes = attribute, .methods = method};
    expect_refused(state, spec, "type 'User': 'own' is there twice");
}

static void
a_slot_may_hide_what_a_base_names(void **state)
{
    static const tn_class_attribute attribute[] = {{"own", {TNI_TAG_INT}}, {NULL, {0}}};
    tn_type *base = register_type(state, (tn_type_spec){.name = "Base", .attributes = attribute});
    tn_type *type =
        register_type(state, (tn_type_spec){.name = "Derived", .base = base, .slots = one_slot});
    tn_object *o = tn_new(heap_fixture_heap(state), type);
    tn_value v;
    assert_int_equal(tn_get(o, "own", &v), TN_EATTRIBUTE);
    assert_int_equal(tn_set(o, "own", tn_int(1)), TN_OK);
    tn_decref(o);
}

// --- Dictionaries --------------------------------------------------------------------------------

static void
a_type_derived_from_slots_may_add_a_dictionary(void **state)
{
    tn_type *base = register_type(state, (tn_type_spec){.name = "Base", .slots = one_slot});
    tn_type *type = register_type(
        state, (tn_type_spec){.name = "Open", .base = base, .layout = TN_LAYOUT_DICT});
    tn_object *o = tn_new(heap_fixture_heap(state), type);
    assert_int_equal(tn_set(o, "own", tn_int(1)), TN_OK);
    assert_int_equal(tn_set(o, "new", tn_int(2)), TN_OK);
    assert_true(tn_is(tn_slot_borrow(o, 0), tn_int(1)));
    assert_int_equal(tn_sizeof(o), 16 + 8 + 16 + 16);
    tn_decref(o);
}

static void
a_dictionary_stays_in_derived_types_wherever_slots_and_weak_references_go(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *base = register_type(state, (tn_type_spec){.name = "Open", .layout = TN_LAYOUT_DICT});
    tn_type *type = register_type(
        state,
        (tn_type_spec){.name = "Derived", .base = base, .slots = one_slot, .flags = TN_WEAK});
    tn_object *o = tn_new(heap, type), *weak;
    assert_int_equal(tn_set(o, "new", tn_int(2)), TN_OK);
    assert_int_equal(tn_set(o, "own", tn_int(1)), TN_OK);
    assert_int_equal(tn_weak_new(o, &weak), TN_OK);
    tn_value v;
    assert_int_equal(tn_get(o, "new", &v), TN_OK);
    assert_true(tn_is(v, tn_int(2)));
    tn_decref(o);
    assert_null(tn_weak_get(weak));
    tn_decref(weak);
}

static void
a_dictionary_stands_behind_native_bytes(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *base = register_type(state, (tn_type_spec){.name = "Native", .native = 24});
    tn_type *type = register_type(
        state, (tn_type_spec){.name = "Open", .base = base, .layout = TN_LAYOUT_DICT});
    tn_object *o = tn_new(heap, type);
    memset(tn_payload(o), 0xaa, 24);
    assert_int_equal(tn_set(o, "new", tn_int(2)), TN_OK);
    for (size_t i = 0; i < 24; i++)
        assert_int_equal(((unsigned char *)tn_payload(o))[i], 0xaa);
    tn_decref(o);
}

static void
an_acyclic_type_has_no_dictionary(void **state)
{
    tn_type_spec spec = {.name = "Leaf", .flags = TN_ACYCLIC, .layout = TN_LAYOUT_DICT};
    expect_refused(state, spec, "type 'Leaf': an acyclic type has no dictionary");
}

static void
slots_and_dictionary_count_towards_the_limit_of_512_bytes(void **state)
{
    tn_type_spec spec = {.name = "Large", .layout = TN_LAYOUT_DICT, .native = 512 - 16 - 16};
    register_type(state, spec);
    spec.native++;
    expect_refused(state, spec, "type 'Large': an instance has at most 512 bytes");
}

// --- Bases ---------------------------------------------------------------------------------------

static void
nothing_is_derived_from_the_librarys_own_types(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap), *str = heap_str(heap, "");
    expect_refused(state, (tn_type_spec){.name = "Mine", .base = tn_type_of(list)},
                   "type 'Mine': its base 'list': nothing can be derived from it");
    expect_refused(state,
                   (tn_type_spec){.name = "Mine", .base = tn_type_of(str), .slots = one_slot},
                   "type 'Mine': its base 'str': nothing can be derived from it");
    tn_decref(str);
    tn_decref(list);
}

static void
slots_do_not_fit_behind_native_bytes(void **state)
{
    tn_type *base = register_type(state, (tn_type_spec){.name = "Native", .native = 8});
    expect_refused(
        state, (tn_type_spec){.name = "Derived", .base = base, .slots = one_slot},
        "type 'Derived': its base 'Native': it has bytes of its own where the slots would be");
}

static void
only_one_base_has_slots(void **state)
{
    tn_type *first = register_type(state, (tn_type_spec){.name = "First", .slots = one_slot});
    tn_type *second = register_type(state, (tn_type_spec){.name = "Second", .slots = other_slot});
    const tn_type *const mixins[] = {second, NULL};
    expect_refused(state, (tn_type_spec){.name = "Both", .base = first, .mixins = mixins},
                   "type 'Both': its base 'Second': it has slots or bytes of its own, and only "
                   "one base may");
}

static void
finalize_nothing(tn_object *o)
{
}

static void
a_mixin_gives_names_dictionary_weak_references_and_a_finalizer(void **state)
{
    static const tn_class_attribute colour[] = {{"colour", {TNI_TAG_INT | 7 << 3}}, {NULL, {0}}};
    static const tn_class_attribute shape[] = {{"shape", {TNI_TAG_INT}}, {NULL, {0}}};
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *deep = register_type(state, (tn_type_spec){.name = "Deep", .attributes = shape});
    tn_type *coloured = register_type(state, (tn_type_spec){.name = "Coloured",
                                                            .base = deep,
                                                            .attributes = colour,
                                                            .layout = TN_LAYOUT_DICT,
                                                            .flags = TN_WEAK,
                                                            .finalize = finalize_nothing});
    tn_type *base = register_type(state, (tn_type_spec){.name = "Base", .slots = one_slot});
    const tn_type *const mixins[] = {coloured, NULL};
    tn_type *type =
        register_type(state, (tn_type_spec){.name = "Ball", .base = base, .mixins = mixins});
    tn_object *o = tn_new(heap, type), *weak;
    tn_value v;
    assert_int_equal(tn_get(o, "colour", &v), TN_OK);
    assert_true(tn_is(v, tn_int(7)));
    assert_int_equal(tn_get(o, "shape", &v), TN_OK);
    assert_int_equal(tn_set(o, "own", TN_NONE), TN_OK);
    assert_int_equal(tn_set(o, "new", TN_NONE), TN_OK);
    assert_int_equal(tn_weak_new(o, &weak), TN_OK);
    assert_true(tn_is_kind_of(tn_ref(o), deep) && tn_is_kind_of(tn_ref(o), base));
    assert_false(tn_is_kind_of(tn_ref(weak), deep));
    assert_ptr_equal(tn_type_base(type), base);
    tn_decref(weak);
    tn_decref(o);
}

static void
a_base_is_asked_before_a_mixin(void **state)
{
    static const tn_class_attribute one[] = {{"which", {TNI_TAG_INT | 1 << 3}}, {NULL, {0}}};
    static const tn_class_attribute two[] = {{"which", {TNI_TAG_INT | 2 << 3}}, {NULL, {0}}};
    tn_type *base = register_type(state, (tn_type_spec){.name = "Base", .attributes = one});
    tn_type *mixin = register_type(state, (tn_type_spec){.name = "Mixin", .attributes = two});
    const tn_type *const mixins[] = {mixin, NULL};
    tn_type *with =
        register_type(state, (tn_type_spec){.name = "With", .base = base, .mixins = mixins});
    tn_type *without = register_type(state, (tn_type_spec){.name = "Without", .mixins = mixins});
    tn_value v;
    assert_int_equal(tn_type_get(with, "which", &v), TN_OK);
    assert_true(tn_is(v, tn_int(1)));
    assert_int_equal(tn_type_get(without, "which", &v), TN_OK);
    assert_true(tn_is(v, tn_int(2)));
}

// --- Another type --------------------------------------------------------------------------------

static void
an_object_may_change_to_a_type_of_the_same_layout(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *guest = register_type(state, (tn_type_spec){.name = "Guest", .slots = one_slot});
    tn_type *member = register_type(state, (tn_type_spec){.name = "Member", .slots = one_slot});
    tn_object *o = tn_new(heap, guest);
    tn_slot_set(o, 0, tn_int(1));
    assert_int_equal(tn_set_type(o, member), TN_OK);
    assert_ptr_equal(tn_type_of(o), member);
    assert_true(tn_is(tn_slot_borrow(o, 0), tn_int(1)));
    assert_int_equal(heap_instances(heap, "Guest"), 0);
    assert_int_equal(heap_instances(heap, "Member"), 1);
    assert_true(tn_heap_check(heap));
    tn_decref(o);
}

static void
a_change_of_type_keeps_the_attributes_of_a_dictionary(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *guest =
        register_type(state, (tn_type_spec){.name = "Guest", .layout = TN_LAYOUT_DICT});
    tn_type *member =
        register_type(state, (tn_type_spec){.name = "Member", .layout = TN_LAYOUT_DICT});
    tn_object *other = tn_new(heap, member), *o = tn_new(heap, guest);
    assert_int_equal(tn_set(other, "first", tn_int(0)), TN_OK);
    assert_int_equal(tn_set(o, "second", tn_int(2)), TN_OK);
    assert_int_equal(tn_set_type(o, member), TN_OK);
    tn_value v;
    assert_int_equal(tn_get(o, "second", &v), TN_OK);
    assert_true(tn_is(v, tn_int(2)));
    assert_int_equal(tn_get(o, "first", &v), TN_EATTRIBUTE);
    assert_true(tn_heap_check(heap));
    tn_decref(o);
    tn_decref(other);
}

static void
an_object_does_not_change_to_another_layout(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    static const char *const two[] = {"own", "other", NULL};
    tn_type *type = register_type(state, (tn_type_spec){.name = "Guest", .slots = one_slot});
    const tn_type_spec others[] = {
        {.name = "Renamed", .slots = other_slot},
        {.name = "Wider", .slots = two},
        {.name = "Weak", .slots = one_slot, .flags = TN_WEAK},
        {.name = "Open", .slots = one_slot, .layout = TN_LAYOUT_DICT},
        {.name = "Finalized", .slots = one_slot, .finalize = finalize_nothing},
        {.name = "Native", .native = 8},
    };
    tn_object *o = tn_new(heap, type);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(tn_set_type(o, register_type(state, others[i])), TN_ETYPE);
    assert_string_equal(tn_last_message(heap), "'Guest' and 'Native' differ in layout");
    tn_decref(o);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_name_is_an_identifier),
        HEAP_TEST(what_a_type_names_may_not_have_a_slots_name),
        HEAP_TEST(what_a_type_names_is_there_once),
        HEAP_TEST(a_slot_may_hide_what_a_base_names),
        HEAP_TEST(a_type_derived_from_slots_may_add_a_dictionary),
        HEAP_TEST(a_dictionary_stays_in_derived_types_wherever_slots_and_weak_references_go),
        HEAP_TEST(a_dictionary_stands_behind_native_bytes),
        HEAP_TEST(an_acyclic_type_has_no_dictionary),
        HEAP_TEST(slots_and_dictionary_count_towards_the_limit_of_512_bytes),
        HEAP_TEST(nothing_is_derived_from_the_librarys_own_types),
        HEAP_TEST(slots_do_not_fit_behind_native_bytes),
        HEAP_TEST(only_one_base_has_slots),
        HEAP_TEST(a_mixin_gives_names_dictionary_weak_references_and_a_finalizer),
        HEAP_TEST(a_base_is_asked_before_a_mixin),
        HEAP_TEST(an_object_may_change_to_a_type_of_the_same_layout),
        HEAP_TEST(a_change_of_type_keeps_the_attributes_of_a_dictionary),
        HEAP_TEST(an_object_does_not_change_to_another_layout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
