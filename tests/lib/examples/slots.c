// SPDX-License-Identifier: MIT
//
// __slots__: instances with and without a dictionary, what slots do not allow, what they do, and
// how they are inherited.
#include "expect.h"

#include <string.h>
#include <tenure/containers.h>
#include <tenure/inspect.h>

static const char *const user_fields[] = {"name", "age", "email", NULL};

static tn_type *
register_type(tn_heap *heap, tn_type_spec spec)
{
    tn_type *type;
    EXPECT(tn_type_register(heap, &spec, &type) == TN_OK);
    return type;
}

static tn_object *
text(tn_heap *heap, const char *s)
{
    tn_object *str = tn_str_new(heap, s, strlen(s));
    EXPECT(str != NULL);
    return str;
}

static void
set_text(tn_object *o, const char *name, const char *s)
{
    tn_object *str = text(tn_heap_of(o), s);
    EXPECT(tn_set(o, name, tn_ref(str)) == TN_OK);
    tn_decref(str);
}

// --- class UserNormal, class UserSlots -----------------------------------------------------------

// __init__(self, name, age, email), which is the same for both.
static tn_object *
user_new(tn_heap *heap, tn_type *type)
{
    tn_object *user = tn_new(heap, type);
    set_text(user, "name", "Sid");
    EXPECT(tn_set(user, "age", tn_int(25)) == TN_OK);
    set_text(user, "email", "sid@example.com");
    return user;
}

static void
compare_memory(tn_heap *heap)
{
    tn_type *with_dict =
        register_type(heap, (tn_type_spec){.name = "UserNormal", .layout = TN_LAYOUT_DICT});
    tn_type *with_slots =
        register_type(heap, (tn_type_spec){.name = "UserSlots", .slots = user_fields});
    tn_object *normal = user_new(heap, with_dict), *slotted = user_new(heap, with_slots);
    printf("%zu bytes with a dictionary, the dictionary included\n", tn_sizeof(normal));
    printf("%zu bytes with slots\n", tn_sizeof(slotted));
    EXPECT(tn_sizeof(normal) == 64 && tn_sizeof(slotted) == 40);
    tn_decref(normal);
    tn_decref(slotted);
}

// --- class User: rules ---------------------------------------------------------------------------

static void
show_refusal(tn_heap *heap, tn_err err)
{
    EXPECT(err == TN_EATTRIBUTE);
    printf("AttributeError: %s\n", tn_last_message(heap));
}

static void
show_rules(tn_heap *heap, tn_type *user_type)
{
    tn_object *u = tn_new(heap, user_type);
    set_text(u, "name", "Sid");
    EXPECT(tn_set(u, "age", tn_int(25)) == TN_OK);

    tn_object *email = text(heap, "sid@example.com");
    show_refusal(heap, tn_set(u, "email", tn_ref(email))); // u.email = "sid@example.com"
    tn_decref(email);
    tn_value dict;
    show_refusal(heap, tn_get(u, "__dict__", &dict)); // print(u.__dict__)
    tn_decref(u);
}

// --- class Product: a class variable, a property, and here a method too --------------------------

// @property: return self._price
static tn_err
get_price(tn_object *self, tn_value *result)
{
    return tn_get(self, "_price", result);
}

// A price below another one's.
static tn_err
is_cheaper_than(tn_object *self, const tn_value *args, size_t count, tn_value *result)
{
    tn_value price;
    tn_err err = tn_get(self, "price", &price);
    if (err != TN_OK)
        return err;
    bool cheaper = count == 1 && tn_int_compare(price, args[0]) < 0;
    tn_decref_value(price);
    *result = cheaper ? TN_TRUE : TN_FALSE;
    return TN_OK;
}

static tn_type *
product_type(tn_heap *heap)
{
    static const char *const slots[] = {"name", "_price", NULL};
    static const tn_property properties[] = {{"price", get_price, NULL}, {NULL, NULL, NULL}};
    static const tn_named_method methods[] = {{"is_cheaper_than", is_cheaper_than}, {NULL, NULL}};
    tn_object *general = text(heap, "General");
    const tn_class_attribute shared[] = {{"category", tn_ref(general)}, {NULL, TN_ABSENT}};
    tn_type *type = register_type(heap, (tn_type_spec){.name = "Product",
                                                       .slots = slots,
                                                       .attributes = shared,
                                                       .properties = properties,
                                                       .methods = methods});
    tn_decref(general); // the type has a reference of its own
    return type;
}

static void
show_product(tn_heap *heap)
{
    tn_object *product = tn_new(heap, product_type(heap));
    set_text(product, "name", "Tea");
    EXPECT(tn_set(product, "_price", tn_int(12)) == TN_OK);
    tn_value price, category, cheaper, limit = tn_int(15);
    EXPECT(tn_get(product, "price", &price) == TN_OK && tn_is(price, tn_int(12)));
    EXPECT(tn_get(product, "category", &category) == TN_OK);
    printf("a product of category %s costs %lld\n", tn_str_data(tn_as_object(category)),
           (long long)tn_int_get(price));
    EXPECT(tn_call(product, "is_cheaper_than", &limit, 1, &cheaper) == TN_OK);
    EXPECT(tn_is(cheaper, TN_TRUE));
    show_refusal(heap, tn_set(product, "price", tn_int(13))); // no setter
    show_refusal(heap, tn_set(product, "category", TN_NONE)); // the type's
    tn_decref_value(category);
    tn_decref(product);
}

// --- class Admin(User): __slots__ = ("role",) ----------------------------------------------------

static void
show_admin(tn_heap *heap, const tn_type *user_type)
{
    static const char *const role[] = {"role", NULL};
    tn_type *type =
        register_type(heap, (tn_type_spec){.name = "Admin", .base = user_type, .slots = role});
    tn_object *admin = tn_new(heap, type);
    set_text(admin, "name", "Ada"); // the parent's slots
    EXPECT(tn_set(admin, "age", tn_int(36)) == TN_OK);
    set_text(admin, "role", "root"); // its own
    EXPECT(tn_is_kind_of(tn_ref(admin), user_type) && tn_sizeof(admin) == 40);
    tn_object *vars = tn_vars(admin);
    tn_iterator it;
    tn_value name;
    EXPECT(tn_iterate(vars, &it) == TN_OK);
    printf("Admin has:");
    while (tn_iterator_next(&it, &name, NULL) == TN_OK && !tn_is_absent(name))
        printf(" %s", tn_str_data(tn_as_object(name)));
    puts("");
    EXPECT(tn_dict_len(vars) == 3);
    tn_decref(vars);
    tn_decref(admin);
}

int
main(void)
{
    static const char *const user_slots[] = {"name", "age", NULL};
    tn_heap *heap = tn_heap_new(NULL);
    compare_memory(heap);
    tn_type *user_type = register_type(heap, (tn_type_spec){.name = "User", .slots = user_slots});
    show_rules(heap, user_type);
    show_product(heap);
    show_admin(heap, user_type);
    EXPECT(tn_heap_free(heap) == 0);
    return 0;
}
