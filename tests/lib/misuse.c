// SPDX-License-Identifier: MIT
//
// A checked build tells a misused object's type, address and call site before it ends the program.
#include "heap_fixture.h"
#include "mistake.h"

#include <tenure/containers.h>

static const char *const slots[] = {"value", NULL};

static volatile uint64_t seen;

// The call site of what will be misused.
static const char *made_by;
static int made_at;
#define MAKE(expression) (made_by = __func__, made_at = __LINE__, (expression))

// For the parent, which cannot know it.
static void
announce(const tn_object *o, const char *type)
{
    fprintf(stderr, "expected: a %s at %p, made by %s at %s:%d,\n", type, (const void *)o, made_by,
            __FILE__, made_at);
}

static tn_object *
new_user(void)
{
    tn_heap *heap = tn_heap_new(NULL);
    tn_object *o = MAKE(tn_new(heap, heap_type(heap, "User", slots, 0)));
    announce(o, "User");
    return o;
}

// --- Given back too often --------------------------------------------------------------------

static void
drop_twice(void)
{
    tn_object *o = new_user();
    tn_decref(o);
    tn_decref(o);
}

static void
take_what_was_dropped(void)
{
    tn_object *o = new_user();
    tn_decref(o);
    tn_incref(o);
}

static void
drop_a_borrowed_item(void)
{
    tn_object *user = new_user(), *list = tn_list_new(tn_heap_of(user));
    (void)tn_list_append_steal(list, tn_ref(user));
    tn_decref(tn_as_object(tn_list_borrow(list, 0)));
    tn_decref(list);
}

static void
store_what_was_dropped(void)
{
    tn_object *user = new_user(), *list = tn_list_new(tn_heap_of(user));
    tn_decref(user);
    (void)tn_list_append(list, tn_ref(user));
}

// --- Used after it was freed -----------------------------------------------------------------

static void
read_a_slot(void)
{
    tn_object *o = new_user();
    tn_decref(o);
    seen = tn_slot_borrow(o, 0).bits;
}

static void
write_a_slot(void)
{
    tn_object *o = new_user();
    tn_decref(o);
    tn_slot_set(o, 0, tn_int(1));
}

static void
ask_a_freed_list(void)
{
    tn_heap *heap = tn_heap_new(NULL);
    tn_object *list = MAKE(tn_list_new(heap));
    announce(list, "list");
    tn_decref(list);
    seen = tn_list_len(list);
}

// --- In the wrong place ----------------------------------------------------------------------

static void
store_in_another_heap(void)
{
    tn_object *user = new_user();
    tn_heap *other = tn_heap_new(NULL);
    tn_object *holder = tn_new(other, heap_type(other, "Holder", slots, 0));
    tn_slot_set(holder, 0, tn_ref(user));
}

static void
append_in_another_heap(void)
{
    tn_object *user = new_user();
    (void)tn_list_append(tn_list_new(tn_heap_new(NULL)), tn_ref(user));
}

static void
store_in_an_acyclic_object(void)
{
    tn_object *user = new_user();
    tn_heap *heap = tn_heap_of(user);
    tn_object *leaf = tn_new(heap, heap_type(heap, "Leaf", slots, TN_ACYCLIC));
    tn_slot_set(leaf, 0, tn_ref(user));
}

// --- A traverse that is wrong ------------------------------------------------------------------

typedef struct native {
    tn_object *child;
} native;

static native *
native_of(const tn_object *o)
{
    return tn_payload(o);
}

static void
visit_twice(tn_object *o, tn_visit *visit, void *arg)
{
    native *n = native_of(o);
    if (n->child != NULL) {
        visit(n->child, arg);
        visit(n->child, arg);
    }
}

static void
visit_once(tn_object *o, tn_visit *visit, void *arg)
{
    native *n = native_of(o);
    if (n->child != NULL)
        visit(n->child, arg);
}

static void
drop_child(tn_object *o)
{
    native *n = native_of(o);
    TN_CLEAR(n->child);
}

static void
keep_child(tn_object *o)
{
}

// An object whose bytes hold a list, with these hooks.
static tn_object *
new_native(void (*traverse)(tn_object *o, tn_visit *visit, void *arg), void (*clear)(tn_object *o))
{
    tn_heap *heap = tn_heap_new(NULL);
    tn_type_spec spec = {
        .name = "Native", .native = sizeof(native), .traverse = traverse, .clear = clear};
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    tn_object *o = MAKE(tn_new(heap, type));
    native_of(o)->child = tn_list_new(heap);
    return o;
}

static void
report_a_reference_too_much(void)
{
    tn_object *o = new_native(visit_twice, drop_child);
    announce(o, "Native");
    tn_incref(native_of(o)->child); // so that its count allows for both
    tn_decref(o);
}

static void
report_what_is_not_given_back(void)
{
    tn_object *o = new_native(visit_once, keep_child);
    announce(o, "Native");
    tn_decref(o);
}

static void
report_a_freed_object(void)
{
    tn_object *o = new_native(visit_once, keep_child);
    announce(o, "Native");
    tn_decref(native_of(o)->child);
    tn_decref(o);
}

// The collector does not wait until it dies.
static void
collect_with_a_reference_too_much(void)
{
    tn_object *o = new_native(visit_twice, drop_child);
    tn_decref(native_of(o)->child);
    native_of(o)->child = MAKE(tn_list_new(tn_heap_of(o)));
    announce(native_of(o)->child, "list");
    tn_decref(tn_incref(o)); // a suspect, so that it is looked at
    tn_gc_collect(tn_heap_of(o), 2, NULL);
}

static void
a_correct_traverse(void)
{
    tn_object *o = new_native(visit_once, drop_child);
    tn_heap *heap = tn_heap_of(o);
    tn_decref(o);
    exit(tn_heap_free(heap) == 0 ? 0 : 1);
}

// --- What the child says -----------------------------------------------------------------------

// What was announced, and what is wrong.
static void
expect_told(void (*mistake)(void), const char *what)
{
    mistake_child c = mistake_run(mistake);
    assert_int_not_equal(c.status, 0);
    char *begins = strstr(c.words, "expected: "), told[300];
    assert_non_null(begins);
    char *end = strchr(begins, '\n');
    assert_non_null(end);
    snprintf(told, sizeof told, "tenure: %.*s ", (int)(end - begins) - 10, begins + 10);
    const char *sentence = strstr(c.words, told);
    if (sentence == NULL || strstr(sentence, what) == NULL)
        fail_msg("\"%s\" and \"%s\" are not in:\n%s", told, what, c.words);
}

static void
a_reference_that_is_given_back_too_often_is_told(void **state)
{
    void (*const mistakes[])(void) = {drop_twice, take_what_was_dropped, drop_a_borrowed_item,
                                      store_what_was_dropped};
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
        expect_told(mistakes[i], "given back too often");
}

static void
use_after_free_is_told(void **state)
{
    void (*const mistakes[])(void) = {read_a_slot, write_a_slot, ask_a_freed_list};
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
        expect_told(mistakes[i], "is freed");
}

static void
an_object_in_the_wrong_place_is_told(void **state)
{
    expect_told(store_in_another_heap, "is stored in a Holder at ");
    expect_told(append_in_another_heap, "of another heap");
    expect_told(store_in_an_acyclic_object, "whose type is registered as acyclic");
}

static void
a_wrong_traverse_is_told(void **state)
{
    expect_told(report_a_reference_too_much, "more references than its clear gives back");
    expect_told(report_what_is_not_given_back, "more references than its clear gives back");
    expect_told(report_a_freed_object, "reports what is no live object");
    expect_told(collect_with_a_reference_too_much, "and objects hold 2 references to it");
}

static void
a_correct_traverse_is_left_alone(void **state)
{
    mistake_child c = mistake_run(a_correct_traverse);
    assert_int_equal(c.status, 0);
    assert_string_equal(c.words, "");
}

static int
only_in_checked_builds(void **state)
{
    if (TN_CHECKS == 0)
        skip();
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_reference_that_is_given_back_too_often_is_told,
                               only_in_checked_builds),
        cmocka_unit_test_setup(use_after_free_is_told, only_in_checked_builds),
        cmocka_unit_test_setup(an_object_in_the_wrong_place_is_told, only_in_checked_builds),
        cmocka_unit_test_setup(a_wrong_traverse_is_told, only_in_checked_builds),
        cmocka_unit_test(a_correct_traverse_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
