// SPDX-License-Identifier: MIT
//
// gc.collect, gc.get_count and gc.get_stats: new objects are looked at often, old ones seldom.
#include "expect.h"

#include <tenure/containers.h>

// l = []; l.append(l); del l
static void
make_garbage(tn_heap *heap)
{
    tn_object *list = tn_list_new(heap);
    EXPECT(tn_list_append(list, tn_ref(list)) == TN_OK);
    tn_decref(list);
}

static size_t
collect(tn_heap *heap, int generation)
{
    tn_gc_result result;
    EXPECT(tn_gc_collect(heap, generation, &result) == TN_OK);
    printf("gc.collect(%d) collected %zu objects\n", generation, result.collected);
    return result.collected;
}

static void
show_count(const tn_heap *heap)
{
    size_t count[TN_GENERATIONS];
    tn_gc_get_count(heap, count);
    printf("gc.get_count() is (%zu, %zu, %zu)\n", count[0], count[1], count[2]);
}

int
main(void)
{
    tn_heap *heap = tn_heap_new(NULL);
    tn_object *kept = tn_list_new(heap);

    for (int i = 0; i < 3; i++)
        make_garbage(heap);
    show_count(heap);
    EXPECT(collect(heap, 0) == 3);
    show_count(heap);

    // What survived is older now, and a young collection does not look at it.
    EXPECT(tn_gc_generation(kept) == 1);
    EXPECT(tn_list_append(kept, tn_ref(kept)) == TN_OK);
    tn_decref(kept);
    EXPECT(collect(heap, 0) == 0);
    EXPECT(collect(heap, 1) == 1);

    make_garbage(heap);
    EXPECT(collect(heap, 2) == 1);
    EXPECT(collect(heap, 2) == 0);

    tn_gc_stats stats[TN_GENERATIONS];
    tn_gc_get_stats(heap, stats);
    for (int g = 0; g < TN_GENERATIONS; g++)
        printf("generation %d: %llu collections, %llu collected\n", g,
               (unsigned long long)stats[g].collections, (unsigned long long)stats[g].collected);
    EXPECT(stats[0].collected == 3 && stats[1].collected == 1 && stats[2].collected == 1);

    EXPECT(tn_heap_free(heap) == 0);
    return 0;
}
