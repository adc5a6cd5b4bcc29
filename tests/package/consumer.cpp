// SPDX-License-Identifier: MIT
//
// The same from C++: the headers compile there, and what is inline and what is a macro works.
#include <tenure/containers.h>
#include <tenure/inspect.h>
#include <tenure/tenure.h>

#include <cstdio>

int
main()
{
    static const char *const slots[] = {"name", "friend", nullptr};
    tn_heap *heap = tn_heap_new(nullptr);
    tn_type_spec spec{};
    spec.name = "User";
    spec.slots = slots;
    tn_type *type = nullptr;
    if (heap == nullptr || tn_type_register(heap, &spec, &type) != TN_OK)
        return 1;
    tn_object *user = tn_new(heap, type), *list = tn_list_new(heap);
    tn_slot_set_steal(user, 0, tn_ref(tn_str_new(heap, "Ada", 3)));
    tn_slot_set(user, 1, tn_ref(user));
    bool held =
        tn_list_append(list, tn_int(1)) == TN_OK && tn_is(tn_list_borrow(list, 0), tn_int(1));
    tn_value name = TN_ABSENT;
    tn_err err = tn_set(user, "email", TN_NONE);
    bool told = err == TN_EATTRIBUTE && tn_get(user, "name", &name) == TN_OK;
    std::printf("%s\n", tn_last_message(heap));
    tn_decref_value(name);
    TN_CLEAR(list);
    tn_decref(user);
    tn_gc_result result;
    if (!held || !told || tn_gc_collect(heap, 2, &result) != TN_OK || result.collected != 1)
        return 1;
    return tn_heap_free(heap) == 0 ? 0 : 1;
}
