// SPDX-License-Identifier: MIT
//
// A program of somebody who has nothing but the installed library: every public header, inline
// functions of each kind, and calls of each part.
#include <tenure/containers.h>
#include <tenure/inspect.h>
#include <tenure/tenure.h>

#include <stdio.h>

static const char *const slots[] = {"name", "friend", NULL};

int
main(void)
{
    tn_heap *heap = tn_heap_new(NULL);
    tn_type_spec spec = {.name = "User", .slots = slots, .flags = TN_WEAK};
    tn_type *type;
    if (heap == NULL || tn_type_register(heap, &spec, &type) != TN_OK)
        return 1;
    tn_object *a = tn_new(heap, type), *b = tn_new(heap, type), *weak;
    tn_slot_set_steal(a, 0, tn_ref(tn_str_new(heap, "Ada", 3)));
    tn_slot_set(a, 1, tn_ref(b));
    tn_slot_set(b, 1, tn_ref(a));
    tn_err err = tn_weak_new(a, &weak);
    tn_decref(a);
    tn_decref(b);
    tn_gc_result result;
    if (err == TN_OK)
        err = tn_gc_collect(heap, 2, &result);
    if (err != TN_OK || result.collected != 2 || tn_weak_get(weak) != NULL)
        return 1;
    tn_decref(weak);
    tn_memory memory;
    tn_memory_get(heap, &memory);
    printf("%s: %zu objects collected, %zu bytes left\n", TN_VERSION, result.collected,
           memory.current);
    return memory.current == 0 && tn_heap_free(heap) == 0 ? 0 : 1;
}
