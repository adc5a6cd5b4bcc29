// SPDX-License-Identifier: MIT
//
// As out_of_memory.c, for types, attributes and the values that came with them: each allocation of
// each call fails once, and the heap holds and is what it was.
#include "failing.h"
#include "heap_fixture.h"

#include <tenure/containers.h>
#include <tenure/inspect.h>

enum { SHARED = 30 }; // names that the instances of a type share

typedef struct world {
    tn_heap *heap;
    tn_type *open, *other; // types with a dictionary
    tn_object *instance;   // of [open]
    long n;                // allocations that succeed before one fails
} world;

// --- Types and attributes ------------------------------------------------------------------------

static bool
register_type(world *w)
{
    static const char *const slots[] = {"name", NULL};
    const tn_class_attribute attributes[] = {{"first", tn_ref(w->instance)}, {NULL, TN_ABSENT}};
    tn_type_spec spec = {.name = "New", .slots = slots, .attributes = attributes};
    uint32_t before = tn_refcount(w->instance);
    tn_type *type;
    bool done = succeeded(FAILING(w, tn_type_register(w->heap, &spec, &type)));
    if (done)
        assert_int_equal(tn_type_set(type, "first", TN_NONE), TN_OK);
    assert_int_equal(tn_refcount(w->instance), before);
    return done;
}

static bool
set_and_delete(world *w, const char *name)
{
    tn_value v;
    bool done = succeeded(FAILING(w, tn_set(w->instance, name, TN_TRUE)));
    assert_int_equal(tn_get(w->instance, name, &v), done ? TN_OK : TN_EATTRIBUTE);
    if (done)
        assert_int_equal(tn_delete(w->instance, name), TN_OK);
    return done;
}

static bool
set_attribute(world *w)
{
    return set_and_delete(w, "name");
}

static void
fill_names(tn_object *o)
{
    char name[16];
    for (int i = 0; i < SHARED; i++) {
        snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(tn_set(o, name, tn_int(i)), TN_OK);
    }
}

static bool
set_one_name_too_many(world *w)
{
    fill_names(w->instance);
    return set_and_delete(w, "last");
}

static bool
delete_from_a_dict(world *w)
{
    fill_names(w->instance);
    assert_int_equal(tn_set(w->instance, "last", TN_NONE), TN_OK);
    return succeeded(FAILING(w, tn_delete(w->instance, "last")));
}

static bool
list_attributes(world *w)
{
    assert_int_equal(tn_set(w->instance, "name", TN_NONE), TN_OK);
    return was_made(FAILING(w, tn_vars(w->instance)));
}

static bool
change_type(world *w)
{
    assert_int_equal(tn_set(w->instance, "name", TN_NONE), TN_OK);
    bool done = succeeded(FAILING(w, tn_set_type(w->instance, w->other)));
    assert_ptr_equal(tn_type_of(w->instance), done ? w->other : w->open);
    return done;
}

static bool
make_set(world *w)
{
    return was_made(FAILING(w, tn_set_new(w->heap)));
}

static bool
make_frozenset(world *w)
{
    const tn_value values[] = {tn_int(1), tn_int(2)};
    return was_made(FAILING(w, tn_frozenset_new(w->heap, values, 2)));
}

static bool
add_to_set(world *w)
{
    tn_object *set = tn_set_new(w->heap);
    for (int i = 0; i < 4; i++)
        assert_int_equal(tn_set_add(set, tn_int(i)), TN_OK);
    bool done = succeeded(FAILING(w, tn_set_add(set, tn_ref(w->instance))));
    assert_int_equal(tn_set_len(set), done ? 5 : 4);
    assert_int_equal(tn_refcount(w->instance), done ? 2 : 1);
    tn_decref(set);
    return done;
}

static bool
insert_into_list(world *w)
{
    tn_object *list = tn_list_new(w->heap);
    bool done = succeeded(FAILING(w, tn_list_insert(list, 0, tn_ref(w->instance))));
    assert_int_equal(tn_list_len(list), done);
    tn_decref(list);
    return done;
}

static bool
set_default_of_dict(world *w)
{
    tn_object *dict = tn_dict_new(w->heap);
    tn_value v;
    bool done = succeeded(FAILING(w, tn_dict_set_default(dict, TN_NONE, tn_ref(w->instance), &v)));
    assert_int_equal(tn_refcount(w->instance), done ? 3 : 1);
    tn_decref_value(v);
    tn_decref(dict);
    return done;
}

// Of more digits than have room on the stack, so that scratch is needed too.
enum { MANY_DIGITS = 6000 };

static bool
read_a_large_integer(world *w)
{
    char digits[MANY_DIGITS];
    tn_value v;
    memset(digits, '9', sizeof digits);
    bool done = succeeded(FAILING(w, tn_int_from_decimal(w->heap, digits, sizeof digits, &v)));
    assert_int_equal(tn_is_absent(v), !done);
    tn_decref_value(v);
    return done;
}

static bool
write_a_large_integer(world *w)
{
    char digits[MANY_DIGITS];
    tn_value v;
    memset(digits, '9', sizeof digits);
    assert_int_equal(tn_int_from_decimal(w->heap, digits, sizeof digits, &v), TN_OK);
    bool done = was_made(FAILING(w, tn_int_to_decimal(w->heap, v)));
    tn_decref_value(v);
    return done;
}

static bool
measure_deeply(world *w)
{
    tn_deep_size size;
    return succeeded(FAILING(w, tn_sizeof_deep(w->instance, &size)));
}

static bool
measure_many(world *w)
{
    tn_object *list = tn_list_new(w->heap);
    for (int i = 0; i < 200; i++)
        assert_int_equal(tn_list_append_steal(list, tn_ref(heap_str(w->heap, "x"))), TN_OK);
    tn_usage rows[4];
    size_t count;
    bool done = succeeded(FAILING(w, tn_sizeof_deep_by_type(list, rows, 4, &count)));
    assert_int_equal(count, done ? 2 : 0);
    tn_decref(list);
    return done;
}

// --- The run -------------------------------------------------------------------------------------

static const struct attempt {
    const char *name;
    bool (*run)(world *w);
} attempts[] = {
    {"register a type", register_type},
    {"set an attribute", set_attribute},
    {"set an attribute with one name too many", set_one_name_too_many},
    {"delete an attribute from a dict", delete_from_a_dict},
    {"list all attributes", list_attributes},
    {"change the type", change_type},
    {"make a set", make_set},
    {"make a frozen set", make_frozenset},
    {"add to a set", add_to_set},
    {"insert into a list", insert_into_list},
    {"set a default", set_default_of_dict},
    {"read a large integer", read_a_large_integer},
    {"write a large integer", write_a_large_integer},
    {"measure deeply", measure_deeply},
    {"measure many by type", measure_many},
};

static tn_type *
open_type(tn_heap *heap, const char *name)
{
    tn_type_spec spec = {.name = name, .layout = TN_LAYOUT_DICT};
    tn_type *type = NULL;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    return type;
}

// Each in a heap of its own, which knows no names yet.
static bool
attempt_once(void **state, const struct attempt *attempt, long n)
{
    heap_fixture_setup(state);
    world w = {.heap = heap_fixture_heap(state), .n = n};
    w.open = open_type(w.heap, "Open");
    w.other = open_type(w.heap, "Other");
    w.instance = tn_new(w.heap, w.open);
    bool done = attempt->run(&w);
    assert_true(tn_heap_check(w.heap));
    tn_decref(w.instance);
    assert_int_equal(heap_fixture_teardown(state), 0);
    return done;
}

static void
every_allocation_of_every_call_may_fail(void **state)
{
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        long n = 0;
        while (!attempt_once(state, &attempts[i], n))
            n++;
        printf("%s: %ld allocations\n", attempts[i].name, n);
        assert_true(n > 0 && n < 100);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_of_every_call_may_fail)};
    return TN_CHECKS > 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
