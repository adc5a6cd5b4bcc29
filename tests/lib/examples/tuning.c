// SPDX-License-Identifier: MIT
//
// gc.disable and a collection every so many requests: a server chooses when it pays, and says what
// it paid. A budget bounds each part of the price.
#include "expect.h"

#include <tenure/containers.h>

enum { REQUESTS = 1000, EVERY = 100, BUDGET_NS = 1000 * 1000 };

// Each request leaves a cycle behind, as a traceback or a parent link does.
static void
handle_request(tn_heap *heap)
{
    tn_object *request = tn_dict_new(heap), *reply = tn_list_new(heap);
    EXPECT(request != NULL && reply != NULL);
    EXPECT(tn_list_append(reply, tn_ref(request)) == TN_OK);
    EXPECT(tn_dict_set(request, tn_int(0), tn_ref(reply)) == TN_OK);
    tn_decref(reply);
    tn_decref(request);
}

// A full collection in slices. Requests could be handled between any two.
static size_t
periodic_gc(tn_heap *heap)
{
    tn_gc_result result;
    do
        EXPECT(tn_gc_step(heap, BUDGET_NS, &result) == TN_OK);
    while (!result.complete);
    printf("GC collected %zu in %zu slices, the longest of %llu us\n", result.collected,
           result.slices, (unsigned long long)result.longest_ns / 1000);
    return result.collected;
}

static void
set_thresholds(tn_heap *heap)
{
    tn_gc_settings settings;
    tn_gc_get_settings(heap, &settings);
    printf("gc.get_threshold() is (%zu, %zu, %zu)\n", settings.thresholds[0],
           settings.thresholds[1], settings.thresholds[2]);
    settings.thresholds[0] = 50000; // gc.set_threshold(50000, 20, 20)
    settings.thresholds[1] = settings.thresholds[2] = 20;
    EXPECT(tn_gc_set_settings(heap, &settings, 0) == TN_OK);
}

int
main(void)
{
    tn_heap *heap = tn_heap_new(NULL);
    set_thresholds(heap);

    EXPECT(tn_gc_disable(heap, 0) == TN_OK);
    size_t collected = 0;
    for (int i = 1; i <= REQUESTS; i++) {
        handle_request(heap);
        if (i % EVERY == 0)
            collected += periodic_gc(heap);
    }
    EXPECT(collected == (size_t)2 * REQUESTS);

    tn_gc_stats stats[TN_GENERATIONS];
    tn_gc_get_stats(heap, stats);
    EXPECT(stats[0].collections == 0 && stats[2].collections == REQUESTS / EVERY);

    EXPECT(tn_gc_enable(heap, 0) == TN_OK);
    EXPECT(tn_heap_free(heap) == 0);
    return 0;
}
