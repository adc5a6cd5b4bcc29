// SPDX-License-Identifier: MIT
//
// Types derived from others: lib/src/object/type.c, traverse.h. Types by themselves: type.c.
#include "recorder.h"

#include <tenure/containers.h>

static const char *const one_slot[] = {"own", NULL};

static tn_err
register_spec(tn_heap *heap, tn_type_spec spec, tn_type **type)
{
    return tn_type_register(heap, &spec, type);
}

static tn_type *
derive(tn_heap *heap, const char *name, const tn_type *base, const char *const *slots)
{
    tn_type *type = NULL;
    tn_type_spec spec = {.name = name, .base = base, .slots = slots};
    assert_int_equal(register_spec(heap, spec, &type), TN_OK);
    return type;
}

static void
expect_refused(tn_heap *heap, tn_type_spec spec)
{
    tn_type *type = NULL;
    assert_int_equal(register_spec(heap, spec, &type), TN_EINVAL);
    assert_null(type);
}

// --- Layout --------------------------------------------------------------------------------------

static void
a_bases_slots_come_first(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    static const char *const two[] = {"first", "second", NULL};
    tn_type *base = derive(heap, "Base", NULL, two);
    tn_type *derived = derive(heap, "Derived", base, one_slot);
    tn_object *o = tn_new(heap, derived);
    for (size_t i = 0; i < 3; i++) {
        assert_true(tn_is_absent(tn_slot_borrow(o, i)));
        tn_slot_set(o, i, tn_int((int64_t)i));
    }
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(tn_as_int(tn_slot_borrow(o, i)), i);
    assert_int_equal(tn_sizeof(o), sizeof(tn_object) + 3 * sizeof(tn_value));
    tn_decref(o);
}

static void
a_slot_of_any_base_may_not_be_repeated(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *base = derive(heap, "Base", NULL, one_slot);
    static const char *const other[] = {"other", NULL};
    static const char *const both[] = {"new", "own", NULL};
    tn_type *middle = derive(heap, "Middle", base, other);
    expect_refused(heap, (tn_type_spec){.name = "Derived", .base = base, .slots = one_slot});
    expect_refused(heap, (tn_type_spec){.name = "Derived", .base = middle, .slots = one_slot});
    expect_refused(heap, (tn_type_spec){.name = "Derived", .base = middle, .slots = both});
    derive(heap, "Sibling", base, other); // another branch may use the name
}

static void
slots_behind_native_bytes_are_refused_and_native_bytes_behind_either_are_not(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *native, *more, *slotted, *mixed;
    tn_type_spec spec = {.name = "Native", .native = 8};
    assert_int_equal(register_spec(heap, spec, &native), TN_OK);
    expect_refused(heap, (tn_type_spec){.name = "Bad", .base = native, .slots = one_slot});
    spec = (tn_type_spec){.name = "More", .base = native, .native = 16};
    assert_int_equal(register_spec(heap, spec, &more), TN_OK);
    slotted = derive(heap, "Slotted", NULL, one_slot);
    spec = (tn_type_spec){.name = "Mixed", .base = slotted, .native = 16};
    assert_int_equal(register_spec(heap, spec, &mixed), TN_OK);
    tn_object *o = tn_new(heap, more), *p = tn_new(heap, mixed);
    assert_int_equal(tn_sizeof(o), sizeof(tn_object) + 8 + 16);
    assert_int_equal(tn_sizeof(p), sizeof(tn_object) + sizeof(tn_value) + 16);
    tn_decref(o);
    tn_decref(p);
}

static void
a_types_whole_line_counts_towards_512_bytes(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    static const char *const two[] = {"a", "b", NULL};
    tn_type *base, *type;
    tn_type_spec spec = {.name = "Wide", .native = 512 - 16 - 16};
    assert_int_equal(register_spec(heap, spec, &base), TN_OK);
    spec = (tn_type_spec){.name = "Full", .base = base, .native = 16};
    assert_int_equal(register_spec(heap, spec, &type), TN_OK);
    expect_refused(heap, (tn_type_spec){.name = "Over", .base = base, .native = 17});
    expect_refused(heap, (tn_type_spec){.name = "Over", .base = type, .flags = TN_WEAK});
    expect_refused(heap, (tn_type_spec){.name = "Over", .base = type, .slots = two});
    tn_decref(tn_new(heap, type));
}

static void
what_cannot_be_a_base_is_refused(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *str = heap_str(heap, "x"), *list = tn_list_new(heap), *dict = tn_dict_new(heap);
    tn_object *tuple = tn_tuple_new(heap, NULL, 0);
    tn_type *acyclic = heap_type(heap, "Acyclic", one_slot, TN_ACYCLIC);
    tn_type *domain = heap_type(heap, "Domain", NULL, TN_DOMAIN);
    const tn_type *bases[] = {acyclic,          domain,           tn_type_of(str),
                              tn_type_of(list), tn_type_of(dict), tn_type_of(tuple)};
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        expect_refused(heap, (tn_type_spec){.name = "Bad", .base = bases[i]});
    tn_decref(str);
    tn_decref(list);
    tn_decref(dict);
    tn_decref(tuple);
}

static void
an_acyclic_type_and_a_domain_have_no_base(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *base = derive(heap, "Base", NULL, one_slot);
    expect_refused(heap, (tn_type_spec){.name = "Bad", .base = base, .flags = TN_ACYCLIC});
    expect_refused(heap, (tn_type_spec){.name = "Bad", .base = base, .flags = TN_DOMAIN});
}

// --- Weakness ------------------------------------------------------------------------------------

static void
expect_weak(tn_heap *heap, tn_type *type, tn_err expected)
{
    tn_object *o = tn_new(heap, type), *weak = NULL;
    assert_int_equal(tn_weak_new(o, &weak), expected);
    tn_slot_set(o, 0, tn_int(5)); // does not touch the weak word
    tn_object *got = weak != NULL ? tn_weak_get(weak) : NULL;
    assert_ptr_equal(got, expected == TN_OK ? o : NULL);
    tn_decref(got);
    tn_decref(o);
    assert_true(weak == NULL || tn_weak_get(weak) == NULL);
    tn_decref(weak);
}

static void
weak_references_are_inherited_or_added(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    static const char *const other[] = {"other", NULL};
    tn_type *strong = heap_type(heap, "Strong", one_slot, 0), *added;
    tn_type *weak = heap_type(heap, "Weak", one_slot, TN_WEAK);
    tn_type_spec spec = {.name = "Added", .base = strong, .slots = other, .flags = TN_WEAK};
    assert_int_equal(register_spec(heap, spec, &added), TN_OK);
    expect_weak(heap, strong, TN_ETYPE);
    expect_weak(heap, derive(heap, "Still", strong, other), TN_ETYPE);
    expect_weak(heap, weak, TN_OK);
    expect_weak(heap, derive(heap, "Inherited", weak, other), TN_OK);
    expect_weak(heap, added, TN_OK);
}

// --- Hooks ---------------------------------------------------------------------------------------

// Base and derived each have a counted reference and a buffer of their own.
typedef struct part {
    tn_object *child;
    char *buffer;
} part;

enum { BUFFER = 100 };

static char hooks[32];     // which ran, as letters
static tn_type *payers[2]; // of the buffers: base, derived

static part *
part_of(const tn_object *o, int which)
{
    return (part *)tn_payload(o) + which;
}

static void
clear_part(tn_object *o, int which)
{
    part *p = part_of(o, which);
    TN_CLEAR(p->child);
    tn_buffer_free(tn_heap_of(o), payers[which], p->buffer, BUFFER);
    if (p->buffer != NULL)
        strcat(hooks, which == 0 ? "b" : "d");
    p->buffer = NULL;
}

static void
traverse_base(tn_object *o, tn_visit *visit, void *arg)
{
    if (part_of(o, 0)->child != NULL)
        visit(part_of(o, 0)->child, arg);
}

static void
traverse_derived(tn_object *o, tn_visit *visit, void *arg)
{
    if (part_of(o, 1)->child != NULL)
        visit(part_of(o, 1)->child, arg);
}

static void
clear_base(tn_object *o)
{
    clear_part(o, 0);
}

static void
clear_derived(tn_object *o)
{
    clear_part(o, 1);
}

static size_t
size_of_base(const tn_object *o)
{
    return part_of(o, 0)->buffer != NULL ? tn_buffer_occupies(BUFFER) : 0;
}

static size_t
size_of_derived(const tn_object *o)
{
    return part_of(o, 1)->buffer != NULL ? tn_buffer_occupies(BUFFER) : 0;
}

static void
register_parts(tn_heap *heap)
{
    tn_type_spec base = {.name = "Base", .native = sizeof(part), .traverse = traverse_base};
    base.clear = clear_base;
    base.size_of = size_of_base;
    assert_int_equal(register_spec(heap, base, &payers[0]), TN_OK);
    tn_type_spec derived = {.name = "Derived", .base = payers[0], .native = sizeof(part)};
    derived.traverse = traverse_derived;
    derived.clear = clear_derived;
    derived.size_of = size_of_derived;
    assert_int_equal(register_spec(heap, derived, &payers[1]), TN_OK);
    hooks[0] = '\0';
}

static tn_object *
parts_new(tn_heap *heap)
{
    tn_object *o = tn_new(heap, payers[1]);
    for (int i = 0; i < 2; i++)
        part_of(o, i)->buffer = tn_buffer_alloc(heap, payers[i], BUFFER);
    return o;
}

static void
the_hooks_of_base_and_derived_both_run_derived_first(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    register_parts(heap);
    tn_object *o = parts_new(heap);
    assert_int_equal(tn_sizeof(o),
                     sizeof(tn_object) + 2 * sizeof(part) + 2 * tn_buffer_occupies(BUFFER));
    tn_decref(o);
    assert_string_equal(hooks, "db");
    tn_decref(tn_new(heap, payers[0])); // a base alone has only its own
}

static void
a_cycle_through_the_base_and_back_through_the_derived_part_is_found(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    register_parts(heap);
    tn_object *a = parts_new(heap), *b = parts_new(heap);
    part_of(a, 0)->child = b;
    part_of(b, 1)->child = tn_incref(a);
    assert_true(tn_heap_check(heap));
    assert_int_equal(heap_collect(heap, 2), 0);
    tn_decref(a);
    assert_int_equal(heap_collect(heap, 2), 2);
    assert_string_equal(hooks, "dbdb");
}

static void
derived_slots_die_before_the_bases_5(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    static const char *const two[] = {"a", "b", NULL};
    static const char *const more[] = {"c", "d", NULL};
    tn_type *base = derive(log.heap, "Base", NULL, two);
    tn_object *o = tn_new(log.heap, derive(log.heap, "Derived", base, more));
    for (int i = 0; i < 4; i++)
        tn_slot_set_steal(o, (size_t)i, tn_ref(recorder_new(&log, i)));
    tn_decref(o);
    recorder_expect(&log, "F2 D2 F3 D3 F0 D0 F1 D1");
}

static void
finalize_a(tn_object *o)
{
    strcat(hooks, "A");
}

static void
finalize_b(tn_object *o)
{
    strcat(hooks, "B");
}

static void
a_finalizer_is_inherited_until_it_is_replaced(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *a, *b;
    tn_type_spec spec = {.name = "A", .slots = one_slot, .finalize = finalize_a};
    assert_int_equal(register_spec(heap, spec, &a), TN_OK);
    tn_type *inherited = derive(heap, "Inherited", a, NULL);
    spec = (tn_type_spec){.name = "B", .base = inherited, .finalize = finalize_b};
    assert_int_equal(register_spec(heap, spec, &b), TN_OK);
    tn_type *last = derive(heap, "Last", b, NULL);
    hooks[0] = '\0';
    tn_decref(tn_new(heap, a));
    tn_decref(tn_new(heap, inherited));
    tn_decref(tn_new(heap, b));
    tn_decref(tn_new(heap, last));
    assert_string_equal(hooks, "AABB");
}

// --- Questions -----------------------------------------------------------------------------------

static void
kind_includes_the_bases_and_instance_does_not(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type *base = derive(heap, "Base", NULL, one_slot);
    tn_type *derived = derive(heap, "Derived", base, NULL);
    tn_type *sibling = derive(heap, "Sibling", base, NULL);
    tn_object *o = tn_new(heap, derived);
    assert_ptr_equal(tn_type_base(derived), base);
    assert_null(tn_type_base(base));
    assert_true(tn_is_kind_of(tn_ref(o), derived) && tn_is_kind_of(tn_ref(o), base));
    assert_true(tn_is_instance(tn_ref(o), derived) && !tn_is_instance(tn_ref(o), base));
    assert_false(tn_is_kind_of(tn_ref(o), sibling));
    assert_false(tn_is_kind_of(tn_int(1), base) || tn_is_kind_of(TN_NONE, base));
    assert_false(tn_is_kind_of(TN_ABSENT, base));
    tn_decref(o);
}

static void
a_line_of_a_thousand_types_works_as_one(void **state)
{
    enum { DEPTH = 1000 };
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    const tn_type *base = log.type;
    tn_type *type = NULL;
    for (int i = 0; i < DEPTH; i++)
        base = type = derive(log.heap, "Deep", base, NULL);
    tn_object *o = tn_new(log.heap, type);
    assert_true(tn_is_kind_of(tn_ref(o), log.type));
    tn_object *plain = recorder_new(&log, 1);
    memcpy(tn_payload(o), tn_payload(plain), tn_sizeof(plain) - sizeof(tn_object));
    tn_slot_set(o, 2, tn_ref(o));
    tn_decref(plain);
    tn_decref(o);
    assert_int_equal(heap_collect(log.heap, 2), 1);
    recorder_expect(&log, "F1 D1 F1 D1");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_bases_slots_come_first),
        HEAP_TEST(a_slot_of_any_base_may_not_be_repeated),
        HEAP_TEST(slots_behind_native_bytes_are_refused_and_native_bytes_behind_either_are_not),
        HEAP_TEST(a_types_whole_line_counts_towards_512_bytes),
        HEAP_TEST(what_cannot_be_a_base_is_refused),
        HEAP_TEST(an_acyclic_type_and_a_domain_have_no_base),
        HEAP_TEST(weak_references_are_inherited_or_added),
        HEAP_TEST(the_hooks_of_base_and_derived_both_run_derived_first),
        HEAP_TEST(a_cycle_through_the_base_and_back_through_the_derived_part_is_found),
        HEAP_TEST(derived_slots_die_before_the_bases_5),
        HEAP_TEST(a_finalizer_is_inherited_until_it_is_replaced),
        HEAP_TEST(kind_includes_the_bases_and_instance_does_not),
        HEAP_TEST(a_line_of_a_thousand_types_works_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
