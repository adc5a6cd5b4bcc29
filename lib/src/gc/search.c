// SPDX-License-Identifier: MIT
#include "gc/search.h"

#include "gc/closure.h"
#include "gc/exhaustive.h"
#include "gc/probe.h"
#include "gc/suspects.h"
#include "gc/timing.h"

// Beyond these parts of the candidates the order of pages is faster than the order of references.
// Among few objects nothing is gained by that, and the other ways are tested.
enum { DENSE_ROOTS = 8, DENSE_CLOSURE = 3, MOST_SPARSE = 1000 };

static size_t
count_candidates(const struct tni_gc *gc, int generation)
{
    size_t count = 0;
    for (int g = 0; g <= generation; g++)
        count += gc->objects.population.generation[g];
    return count;
}

// What the probes leave unresolved is searched exactly; where that grows too large, everything is.
static bool
search_roots(struct tni_gc *gc, int generation, tn_gc_result *result)
{
    size_t candidates = result->candidates, unresolved;
    if (gc->roots.len > candidates / DENSE_ROOTS && candidates > MOST_SPARSE)
        return tni_gc_find_garbage(gc, generation, result);
    tni_gc_next_epoch(gc);
    if (!tni_gc_probe(gc, generation, candidates, &unresolved, &result->visited))
        return false;
    if (unresolved > candidates / DENSE_ROOTS)
        return tni_gc_find_garbage(gc, generation, result);
    size_t limit = candidates / DENSE_CLOSURE;
    switch (tni_gc_close(gc, generation, unresolved, limit, &result->visited)) {
    case TNI_CLOSURE_DONE:
        return tni_stack_reserve(gc, &gc->stack, gc->garbage.len);
    case TNI_CLOSURE_TOO_LARGE:
        return tni_gc_find_garbage(gc, generation, result);
    case TNI_CLOSURE_NO_MEMORY:
        break;
    }
    return false;
}

bool
tni_gc_search(struct tni_gc *gc, int generation, tn_gc_result *result)
{
    uint64_t started = tni_now_ns();
    gc->garbage.len = 0;
    if (!tni_gc_take_suspects(gc, generation))
        return false;
    result->candidates = count_candidates(gc, generation);
    result->suspects = gc->roots.len;
    bool found = gc->roots.len == 0 || search_roots(gc, generation, result);
    if (!found)
        tni_gc_return_suspects(gc, TNI_RULE_ABORT);
    else if (generation < 2)
        tni_gc_return_suspects(gc, TNI_RULE_YOUNG);
    result->count_ns = tni_now_ns() - started;
    return found;
}
