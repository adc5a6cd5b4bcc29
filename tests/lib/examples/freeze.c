// SPDX-License-Identifier: MIT
//
// gc.freeze after start-up: what will live long is set aside, and collections do not visit it.
#include "expect.h"

#include <tenure/containers.h>

enum { ROUTES = 1000 };

static tn_gc_result
collect(tn_heap *heap)
{
    tn_gc_result result;
    EXPECT(tn_gc_collect(heap, 2, &result) == TN_OK);
    printf("looked at %zu objects, collected %zu\n", result.candidates, result.collected);
    return result;
}

static tn_gc_population
population_of(const tn_heap *heap)
{
    tn_gc_population population;
    tn_gc_get_population(heap, &population);
    return population;
}

int
main(void)
{
    tn_heap *heap = tn_heap_new(NULL);
    tn_object *routes = tn_list_new(heap); // what a server builds when it starts
    for (int i = 0; i < ROUTES; i++)
        EXPECT(tn_list_append_steal(routes, tn_ref(tn_dict_new(heap))) == TN_OK);
    EXPECT(collect(heap).candidates == ROUTES + 1);

    EXPECT(tn_gc_freeze(heap, true) == TN_OK); // gc.collect(); gc.freeze()
    printf("frozen: %zu objects\n", population_of(heap).frozen);
    EXPECT(population_of(heap).frozen == ROUTES + 1);

    tn_object *request = tn_list_new(heap); // a request comes and leaves a cycle behind
    EXPECT(tn_list_append(request, tn_ref(request)) == TN_OK);
    EXPECT(tn_list_append(request, tn_ref(routes)) == TN_OK);
    tn_decref(request);
    tn_gc_result result = collect(heap);
    EXPECT(result.candidates == 1 && result.collected == 1);

    EXPECT(tn_list_delete(routes, 0) == TN_OK); // the frozen still die by their count
    EXPECT(population_of(heap).frozen == ROUTES);

    tn_gc_unfreeze(heap);
    EXPECT(population_of(heap).generation[2] == ROUTES);
    EXPECT(collect(heap).collected == 0);

    tn_decref(routes);
    EXPECT(tn_heap_free(heap) == 0);
    return 0;
}
