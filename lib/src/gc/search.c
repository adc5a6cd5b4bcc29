// SPDX-License-Identifier: MIT
#include "gc/search.h"

#include "gc/closure.h"
#include "gc/exhaustive.h"
#include "gc/probe.h"
#include "gc/suspects.h"
#include "gc/timing.h"

// Parts of the candidates. Fewer suspects than the first are searched all at once, because their
// closure is fetched from memory many objects at a time. More are probed first: neighbours in
// memory, and often of each other. Beyond the others the order of pages is faster than that of
// references.
enum { SPARSE = 32, DENSE_ROOTS = 8, DENSE_CLOSURE = 3, MOST_SPARSE = 1000 };

static size_t
count_candidates(const struct tni_gc *gc, int generation)
{
    size_t count = 0;
    for (int g = 0; g <= generation; g++)
        count += gc->objects.population.generation[g];
    return count;
}

// More roots are searched in the order of pages. Among few objects nothing is gained by that, and
// the other ways are tested.
static size_t
most_roots(size_t candidates)
{
    return candidates > MOST_SPARSE ? candidates / DENSE_ROOTS : candidates;
}

static bool
take(tn_object *o, void *arg)
{
    struct tni_gc *gc = arg;
    return tni_stack_push(gc, &gc->roots, o);
}

static bool
find_roots(struct tni_gc *gc, int generation, tn_gc_result *result)
{
    if (gc->objects.suspects[gc->objects.plane] > result->candidates / SPARSE)
        return tni_gc_probe(gc, generation, most_roots(result->candidates), result);
    tni_gc_next_epoch(gc);
    bool taken = tni_gc_each_suspect(gc, generation, take, gc);
    result->suspects = gc->roots.len;
    return taken;
}

// What the roots reach is searched exactly; where that grows too large, everything is.
static bool
search_roots(struct tni_gc *gc, int generation, tn_gc_result *result)
{
    size_t candidates = result->candidates;
    if (gc->roots.len > most_roots(candidates))
        return tni_gc_find_garbage(gc, generation, result);
    switch (tni_gc_close(gc, generation, candidates / DENSE_CLOSURE, &result->visited)) {
    case TNI_CLOSURE_DONE:
        return tni_stack_reserve(gc, &gc->stack, gc->garbage.len);
    case TNI_CLOSURE_TOO_LARGE:
        return tni_gc_find_garbage(gc, generation, result);
    case TNI_CLOSURE_NO_MEMORY:
        break;
    }
    return false;
}

static void
settle(struct tni_gc *gc, int generation, bool found)
{
    const struct tni_memory *m = &gc->objects.memory;
    bool keeps =
        found ? generation < 2 && !tni_breaks(m, TNI_RULE_YOUNG) : !tni_breaks(m, TNI_RULE_ABORT);
    if (!keeps)
        tni_gc_settle_suspects(gc, generation);
}

bool
tni_gc_search(struct tni_gc *gc, int generation, tn_gc_result *result)
{
    uint64_t started = tni_now_ns();
    gc->garbage.len = gc->roots.len = 0;
    result->candidates = count_candidates(gc, generation);
    if (gc->objects.suspects[gc->objects.plane] == 0)
        return true;
    bool found = find_roots(gc, generation, result) && search_roots(gc, generation, result);
    settle(gc, generation, found);
    result->count_ns = tni_now_ns() - started;
    return found;
}
