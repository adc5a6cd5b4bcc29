// SPDX-License-Identifier: MIT
//
// Every object counts its references, and is freed in the instant in which the last one goes.
#include "expect.h"

#include <tenure/containers.h>
#include <tenure/inspect.h>

// sys.getrefcount(a), without the one that Python's own argument adds.
static void
show_count(const char *step, const tn_object *a, unsigned expected)
{
    printf("%-12s refcount = %u\n", step, tn_refcount(a));
    EXPECT(tn_refcount(a) == expected);
}

int
main(void)
{
    tn_heap *heap = tn_heap_new(NULL);

    tn_object *a = tn_list_new(heap); // a = [1, 2, 3]
    for (int i = 1; i <= 3; i++)
        EXPECT(tn_list_append(a, tn_int(i)) == TN_OK);
    show_count("a = [1,2,3]", a, 1);

    tn_object *b = tn_incref(a); // b = a
    show_count("b = a", a, 2);

    tn_object *c = tn_incref(a); // c = a
    show_count("c = a", a, 3);

    TN_CLEAR(b); // del b
    show_count("del b", a, 2);

    TN_CLEAR(c); // c = None
    show_count("c = None", a, 1);

    TN_CLEAR(a); // del a
    tn_memory memory;
    tn_memory_get(heap, &memory);
    printf("%-12s freed: %zu bytes are left\n", "del a", memory.current);
    EXPECT(memory.current == 0);

    EXPECT(tn_heap_free(heap) == 0);
    return 0;
}
