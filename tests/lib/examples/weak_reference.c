// SPDX-License-Identifier: MIT
//
// A strong reference keeps its object alive; a weak one does not.
#include "expect.h"

#include <tenure/containers.h>
#include <tenure/inspect.h>

static const char *const slots[] = {"name", NULL};

static tn_object *
expensive_new(tn_heap *heap, tn_type *type, const char *name, size_t len)
{
    tn_object *o = tn_new(heap, type);
    tn_object *str = tn_str_new(heap, name, len);
    EXPECT(o != NULL && str != NULL);
    tn_slot_set_steal(o, 0, tn_ref(str));
    return o;
}

static const char *
name_of(const tn_object *o)
{
    return tn_str_data(tn_as_object(tn_slot_borrow(o, 0)));
}

static void
strong_reference_keeps(tn_heap *heap, tn_type *type)
{
    tn_object *obj = expensive_new(heap, type, "strong", 6);
    tn_object *ref = tn_incref(obj); // ref = obj
    TN_CLEAR(obj);                   // del obj
    printf("ExpensiveObject(%s) is still alive\n", name_of(ref));
    EXPECT(tn_refcount(ref) == 1);
    TN_CLEAR(ref); // del ref
    tn_memory memory;
    tn_memory_get(heap, &memory);
    printf("strong destroyed! %zu bytes are left\n", memory.current);
    EXPECT(memory.current == 0);
}

static void
weak_reference_does_not(tn_heap *heap, tn_type *type)
{
    tn_object *obj = expensive_new(heap, type, "weak", 4), *weak;
    EXPECT(tn_weak_new(obj, &weak) == TN_OK); // weak_ref = weakref.ref(obj)
    EXPECT(tn_refcount(obj) == 1);

    tn_object *got = tn_weak_get(weak); // weak_ref()
    printf("weak_ref() is ExpensiveObject(%s)\n", name_of(got));
    EXPECT(got == obj);
    tn_decref(got);

    TN_CLEAR(obj); // del obj
    got = tn_weak_get(weak);
    printf("weak destroyed! weak_ref() is %s\n", got == NULL ? "None" : "alive");
    EXPECT(got == NULL);
    tn_decref(weak);
}

int
main(void)
{
    tn_heap *heap = tn_heap_new(NULL);
    tn_type_spec spec = {.name = "ExpensiveObject", .slots = slots, .flags = TN_WEAK};
    tn_type *type;
    EXPECT(tn_type_register(heap, &spec, &type) == TN_OK);
    strong_reference_keeps(heap, type);
    weak_reference_does_not(heap, type);
    EXPECT(tn_heap_free(heap) == 0);
    return 0;
}
