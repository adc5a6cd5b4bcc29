// SPDX-License-Identifier: MIT
//
// Two nodes that refer to each other stay although nobody holds them, until the collector finds
// them.
#include "expect.h"

#include <tenure/containers.h>
#include <tenure/inspect.h>

enum { PARENT, CHILDREN };

static const char *const node_slots[] = {"parent", "children", NULL};

// Node(): self.parent = None; self.children = []
static tn_object *
node_new(tn_heap *heap, tn_type *type)
{
    tn_object *node = tn_new(heap, type);
    EXPECT(node != NULL);
    tn_slot_set(node, PARENT, TN_NONE);
    tn_slot_set_steal(node, CHILDREN, tn_ref(tn_list_new(heap)));
    return node;
}

static size_t
tracked_objects(const tn_heap *heap)
{
    tn_gc_population population;
    tn_gc_get_population(heap, &population);
    return population.generation[0] + population.generation[1] + population.generation[2];
}

int
main(void)
{
    tn_heap *heap = tn_heap_new(NULL);
    tn_type_spec spec = {.name = "Node", .slots = node_slots};
    tn_type *type;
    EXPECT(tn_type_register(heap, &spec, &type) == TN_OK);

    tn_object *a = node_new(heap, type); // a = Node()
    tn_object *b = node_new(heap, type); // b = Node()

    // a.children.append(b); b.parent = a
    tn_object *children = tn_as_object(tn_slot_borrow(a, CHILDREN));
    EXPECT(tn_list_append(children, tn_ref(b)) == TN_OK);
    tn_slot_set(b, PARENT, tn_ref(a));
    printf("a has %u references, b has %u\n", tn_refcount(a), tn_refcount(b));
    EXPECT(tn_refcount(a) == 2 && tn_refcount(b) == 2);

    tn_decref(a); // del a
    tn_decref(b); // del b
    printf("after del a and del b: %zu objects are still there\n", tracked_objects(heap));
    EXPECT(tracked_objects(heap) == 4); // two nodes, two lists

    tn_gc_result result;
    EXPECT(tn_gc_collect(heap, 2, &result) == TN_OK);
    printf("collected %zu objects, %zu bytes\n", result.collected, result.bytes_freed);
    EXPECT(result.collected == 4);
    EXPECT(tracked_objects(heap) == 0);

    EXPECT(tn_heap_free(heap) == 0);
    return 0;
}
