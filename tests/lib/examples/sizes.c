// SPDX-License-Identifier: MIT
//
// sys.getsizeof, and the function that Python's users write to go deeper. Prints what Python's
// expression would be and how many bytes it takes here, a tab between the two; tests/sizes.py puts
// what it takes in CPython beside it.
#include "expect.h"

#include <stdlib.h>
#include <string.h>
#include <tenure/containers.h>
#include <tenure/inspect.h>

// An inline integer takes none.
static size_t
size_of_value(tn_value v)
{
    return tn_is_object(v) ? tn_sizeof(tn_as_object(v)) : 0;
}

static void
show(const char *expression, tn_value v /* stolen */)
{
    printf("%s\t%zu\n", expression, size_of_value(v));
    tn_decref_value(v);
}

// print(f"Deep: {deep_getsizeof(data)} bytes")
static void
show_deep(const char *expression, tn_object *o /* stolen */)
{
    tn_deep_size size;
    EXPECT(tn_sizeof_deep(o, &size) == TN_OK);
    EXPECT(size.shared_objects == 0 && size.bytes >= tn_sizeof(o));
    printf("%s\t%zu\n", expression, tn_sizeof(o));
    printf("deep(%s)\t%zu\n", expression, size.bytes);
    tn_decref(o);
}

// --- Values --------------------------------------------------------------------------------------

static tn_value
integer(tn_heap *heap, const char *digits)
{
    tn_value v;
    EXPECT(tn_int_from_decimal(heap, digits, strlen(digits), &v) == TN_OK);
    return v;
}

static tn_object *
repeated(tn_heap *heap, char c, size_t len)
{
    char *data = malloc(len);
    EXPECT(data != NULL);
    memset(data, c, len);
    tn_object *str = tn_str_new(heap, data, len);
    free(data);
    EXPECT(str != NULL);
    return str;
}

static tn_object *
text(tn_heap *heap, const char *s)
{
    tn_object *str = tn_str_new(heap, s, strlen(s));
    EXPECT(str != NULL);
    return str;
}

// list(range(first, last))
static tn_object *
range(tn_heap *heap, int first, int last)
{
    tn_object *list = tn_list_new(heap);
    for (int i = first; i < last; i++)
        EXPECT(tn_list_append(list, tn_int(i)) == TN_OK);
    return list;
}

// [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
static tn_object *
nested(tn_heap *heap)
{
    tn_object *outer = tn_list_new(heap);
    for (int i = 1; i < 9; i += 3)
        EXPECT(tn_list_append_steal(outer, tn_ref(range(heap, i, i + 3))) == TN_OK);
    return outer;
}

static void
put(tn_object *dict, const char *key, tn_object *value /* stolen */)
{
    tn_object *str = text(tn_heap_of(dict), key);
    EXPECT(tn_dict_set(dict, tn_ref(str), tn_ref(value)) == TN_OK);
    tn_decref(str);
    tn_decref(value);
}

// {"users": [{"name": "Sid", "scores": [1, 2, 3]}]}
static tn_object *
data(tn_heap *heap)
{
    tn_object *dict = tn_dict_new(heap), *user = tn_dict_new(heap), *users = tn_list_new(heap);
    put(user, "name", text(heap, "Sid"));
    put(user, "scores", range(heap, 1, 4));
    EXPECT(tn_list_append_steal(users, tn_ref(user)) == TN_OK);
    put(dict, "users", users);
    return dict;
}

// --- Instances -----------------------------------------------------------------------------------

// UserNormal("Sid", 25, "sid@example.com"), UserSlots(...)
static tn_object *
user(tn_heap *heap, tn_type_spec spec)
{
    tn_type *type;
    EXPECT(tn_type_register(heap, &spec, &type) == TN_OK);
    tn_object *o = tn_new(heap, type), *name = text(heap, "Sid"),
              *email = text(heap, "sid@example.com");
    EXPECT(tn_set(o, "name", tn_ref(name)) == TN_OK);
    EXPECT(tn_set(o, "age", tn_int(25)) == TN_OK);
    EXPECT(tn_set(o, "email", tn_ref(email)) == TN_OK);
    tn_decref(name);
    tn_decref(email);
    return o;
}

static void
show_instances(tn_heap *heap)
{
    static const char *const slots[] = {"name", "age", "email", NULL};
    show("normal",
         tn_ref(user(heap, (tn_type_spec){
                               .name = "UserNormal", .layout = TN_LAYOUT_DICT, .flags = TN_WEAK})));
    show("slotted", tn_ref(user(heap, (tn_type_spec){.name = "UserSlots", .slots = slots})));
}

int
main(void)
{
    const tn_value three[] = {tn_int(1), tn_int(2), tn_int(3)};
    tn_heap *heap = tn_heap_new(NULL);
    show("0", tn_int(0));
    show("1", tn_int(1));
    show("2**60", integer(heap, "1152921504606846976"));
    show("10**100", integer(heap, "1"
                                  "0000000000"
                                  "0000000000"
                                  "0000000000"
                                  "0000000000"
                                  "0000000000"
                                  "0000000000"
                                  "0000000000"
                                  "0000000000"
                                  "0000000000"
                                  "0000000000"));
    show("0.5", tn_ref(tn_float_new(heap, 0.5)));
    show("\"\"", tn_ref(text(heap, "")));
    show("\"hello\"", tn_ref(text(heap, "hello")));
    show("\"a\" * 1000", tn_ref(repeated(heap, 'a', 1000)));
    show("[]", tn_ref(tn_list_new(heap)));
    show("[1, 2, 3]", tn_ref(range(heap, 1, 4)));
    show("list(range(1000))", tn_ref(range(heap, 0, 1000)));
    show("{}", tn_ref(tn_dict_new(heap)));
    show("set()", tn_ref(tn_set_new(heap)));
    show("frozenset((1, 2, 3))", tn_ref(tn_frozenset_new(heap, three, 3)));
    show("()", tn_ref(tn_tuple_new(heap, NULL, 0)));
    show("(1, 2, 3)", tn_ref(tn_tuple_new(heap, three, 3)));
    show_deep("[[1, 2, 3], [4, 5, 6], [7, 8, 9]]", nested(heap));
    show_deep("{\"users\": [{\"name\": \"Sid\", \"scores\": [1, 2, 3]}]}", data(heap));
    show_instances(heap);
    EXPECT(tn_heap_free(heap) == 0);
    return 0;
}
