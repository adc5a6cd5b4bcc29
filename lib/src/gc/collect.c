// SPDX-License-Identifier: MIT
#include "gc/collect.h"

#include "gc/automatic.h"
#include "gc/debug.h"
#include "gc/exhaustive.h"
#include "gc/finish.h"
#include "gc/observers.h"
#include "gc/search.h"
#include "gc/step.h"
#include "gc/timing.h"
#include "object/reap.h"
#include "object/track.h"

// Survivors are promoted before anything dies, so that what is made meanwhile stays in generation
// 0.
static void
carry_out(struct tni_gc *gc, int generation, tn_gc_result *result)
{
    size_t before = tni_in_use(&gc->objects.memory);
    uint64_t started = tni_now_ns();
    tni_gc_count_survivors(gc, generation, result->candidates - gc->garbage.len);
    tni_gc_promote(gc, generation);
    tni_gc_reset_counts(gc, generation);
    tni_gc_finish(gc, generation, result);
    size_t after = tni_in_use(&gc->objects.memory);
    result->bytes_freed = before > after ? before - after : 0;
    if (generation == 2)
        tni_pages_trim(&gc->objects.memory.pages);
    result->finish_ns = tni_now_ns() - started;
}

// The backlog goes first: what only it holds is no garbage before.
static bool
run(struct tni_gc *gc, int generation, tni_search *search, tn_gc_result *result)
{
    uint64_t started = tni_now_ns();
    tni_reap_backlog(&gc->objects);
    bool found = search(gc, generation, result);
    if (found)
        carry_out(gc, generation, result);
    result->ns = tni_now_ns() - started;
    if (found)
        tni_gc_record(gc, generation, result);
    return found;
}

static void
tell_stop(struct tni_gc *gc, int generation, const tn_gc_result *result)
{
    tn_gc_info info = {generation, result->collected, result->uncollectable, result->candidates,
                       result->ns};
    tni_gc_tell(gc, TN_GC_STOP, &info);
}

static tn_err
collect(struct tni_gc *gc, int generation, tni_search *search, tn_gc_result *result)
{
    tni_assert_owner(&gc->objects.memory);
    *result = (tn_gc_result){0};
    if (generation < 0 || generation >= TN_GENERATIONS)
        return TN_EINVAL;
    bool stepping = gc->run.phase != TNI_IDLE;
    if (gc->collecting || gc->objects.reap.running || (stepping && generation < 2))
        return TN_EBUSY;
    tni_gc_abandon(gc);
    gc->collecting = true;
    tni_gc_tell(gc, TN_GC_START, &(tn_gc_info){.generation = generation});
    tni_gc_debug_start(gc, generation);
    bool found = run(gc, generation, search, result);
    result->slices = 1;
    result->longest_ns = result->ns;
    result->complete = found;
    tni_gc_debug_stop(gc, result);
    tell_stop(gc, generation, result);
    gc->collecting = false;
    tni_gc_arm(gc);
    return found ? TN_OK : TN_ENOMEM;
}

tn_err
tni_gc_collect(struct tni_gc *gc, int generation, tn_gc_result *result)
{
    return collect(gc, generation, tni_gc_search, result);
}

// Tests: in turn a slice, a full collection and young ones.
static void
stress(struct tni_gc *gc)
{
    enum { TURNS = 5 };
    tn_gc_result ignored;
    unsigned turn = gc->objects.memory.stress++ % TURNS;
    if (turn == 0 || gc->run.phase != TNI_IDLE)
        (void)tn_gc_step((tn_heap *)gc, 0, &ignored);
    else
        (void)tni_gc_collect(gc, turn == 1 ? 2 : 0, &ignored);
}

// A collection that gets no memory is not asked for again with every object that follows.
void
tni_gc_fire(struct tni_objects *s)
{
    struct tni_gc *gc = TNI_CAST_UP(struct tni_gc, s);
    tn_gc_result result;
    if (TN_CHECKS > 0 && s->memory.stress != 0) {
        stress(gc);
        return;
    }
    if (gc->collecting || s->reap.running || gc->run.phase != TNI_IDLE)
        return;
    if (tni_gc_collect(gc, tni_gc_choose_generation(gc), &result) != TN_OK)
        s->young_net = 0;
}

// --- Public ----------------------------------------------------------------------------------

tn_err
tn_gc_collect(tn_heap *heap, int generation, tn_gc_result *result)
{
    tn_gc_result ignored;
    return tni_gc_collect((struct tni_gc *)heap, generation, result != NULL ? result : &ignored);
}

tn_err
tn_gc_collect_exhaustive(tn_heap *heap, int generation, tn_gc_result *result)
{
    tn_gc_result ignored;
    return collect((struct tni_gc *)heap, generation, tni_gc_find_garbage,
                   result != NULL ? result : &ignored);
}

bool
tn_gc_is_tracked(const tn_object *o)
{
    return tni_is_tracked(o);
}

bool
tn_gc_is_finalized(const tn_object *o)
{
    struct tni_place at = tni_place_of(o);
    return at.row->finalized & at.bit;
}

int
tn_gc_generation(const tn_object *o)
{
    return tni_generation_at(tni_place_of(o));
}

void
tn_gc_get_population(const tn_heap *heap, tn_gc_population *population)
{
    *population = ((const struct tni_gc *)heap)->objects.population;
}

void
tn_gc_get_stats(const tn_heap *heap, tn_gc_stats stats[TN_GENERATIONS])
{
    for (int g = 0; g < TN_GENERATIONS; g++)
        stats[g] = ((const struct tni_gc *)heap)->stats[g];
}

void
tn_gc_get_count(const tn_heap *heap, size_t count[TN_GENERATIONS])
{
    const struct tni_gc *gc = (const struct tni_gc *)heap;
    count[0] = gc->objects.young_net;
    count[1] = gc->collections[0];
    count[2] = gc->collections[1];
}
