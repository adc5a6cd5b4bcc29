// SPDX-License-Identifier: MIT
#include "gc/step.h"

#include "gc/automatic.h"
#include "gc/debug.h"
#include "gc/marks.h"
#include "gc/observers.h"
#include "gc/suspects.h"
#include "gc/timing.h"
#include "object/object.h"

// A slice looks at the clock after so many pieces of work, and ends a twentieth before its budget
// does.
enum { CLOCK_EVERY = 16, RESERVE = 20 };

static tni_phase_fn *const phase_fns[TNI_PHASE_END] = {
    [TNI_PHASE_DRAIN] = tni_slice_drain,     [TNI_PHASE_FORGET] = tni_slice_forget,
    [TNI_PHASE_PROMOTE] = tni_slice_promote, [TNI_PHASE_TAKE] = tni_slice_take,
    [TNI_PHASE_REACH] = tni_slice_reach,     [TNI_PHASE_RESCUE] = tni_slice_rescue,
    [TNI_PHASE_SIFT] = tni_slice_sift,       [TNI_PHASE_COUNT] = tni_slice_count,
    [TNI_PHASE_JUDGE] = tni_slice_judge,     [TNI_PHASE_CULL] = tni_slice_cull,
    [TNI_PHASE_HOLD] = tni_slice_hold,       [TNI_PHASE_FINALIZE] = tni_slice_finalize,
    [TNI_PHASE_ZERO] = tni_slice_zero,       [TNI_PHASE_UNTRACK] = tni_slice_untrack,
    [TNI_PHASE_CLEAR] = tni_slice_clear,     [TNI_PHASE_RELEASE] = tni_slice_release,
    [TNI_PHASE_CALL] = tni_slice_call,       [TNI_PHASE_TIDY] = tni_slice_tidy,
};

// --- From phase to phase ---------------------------------------------------------------------

// Finalizers may have changed everything: then the members are counted once more.
static enum tni_phase
phase_after(const struct tni_run *run)
{
    switch (run->phase) {
    case TNI_PHASE_CULL:
        return run->rechecking ? TNI_PHASE_UNTRACK : TNI_PHASE_HOLD;
    case TNI_PHASE_FINALIZE:
        return run->rechecking ? TNI_PHASE_ZERO : TNI_PHASE_UNTRACK;
    case TNI_PHASE_ZERO:
        return TNI_PHASE_COUNT;
    case TNI_PHASE_TIDY:
        return TNI_IDLE;
    default:
        return run->phase + 1;
    }
}

// The question is put: what is logged from here on belongs to the next run.
static void
flip_planes(struct tni_gc *gc)
{
    struct tni_objects *s = &gc->objects;
    for (int g = 0; g < TN_GENERATIONS; g++)
        gc->run.result.candidates += s->population.generation[g];
    gc->run.plane = s->plane;
    s->plane ^= 1;
    tni_pages_set_quiet(&s->memory.pages, TNI_UNTRACKED | (uint32_t)TNI_LOGGED << s->plane);
    tni_gc_reset_counts(gc, 2);
}

// In the slice in which nothing was left to judge.
static void
condemn(struct tni_gc *gc)
{
    gc->objects.condemned = gc->epoch;
    gc->objects.disturbed.on = false;
}

static void
enter(struct tni_gc *gc, enum tni_phase phase)
{
    struct tni_run *run = &gc->run;
    run->phase = phase;
    run->page = NULL;
    run->at = run->kept = run->span = 0;
    if (phase == TNI_PHASE_FORGET)
        flip_planes(gc);
    if (phase == TNI_PHASE_SIFT || phase == TNI_PHASE_ZERO) {
        gc->objects.disturbed.on = true;
        gc->objects.disturbed.len = 0;
    }
    if (phase == TNI_PHASE_CULL)
        condemn(gc);
    if (phase == TNI_PHASE_TIDY)
        run->page = tni_pages_next(&gc->objects.memory.pages, NULL);
    run->committed |= phase == TNI_PHASE_HOLD;
}

// --- Begin and end ---------------------------------------------------------------------------

static void
begin(struct tni_gc *gc)
{
    struct tni_objects *s = &gc->objects;
    gc->run = (struct tni_run){.plane = s->plane ^ 1, .bytes_before = tni_in_use(&s->memory)};
    s->memory.pages.held = true;
    gc->visited.len = gc->stack.len = gc->garbage.len = 0;
    tni_gc_tell(gc, TN_GC_START, &(tn_gc_info){.generation = 2});
    tni_gc_debug_start(gc, 2);
    enter(gc, TNI_PHASE_DRAIN);
}

static void
end(struct tni_gc *gc)
{
    struct tni_objects *s = &gc->objects;
    s->disturbed.on = s->disturbed.failed = false;
    s->disturbed.len = 0;
    s->condemned = 0;
    s->memory.pages.held = false;
    gc->run.phase = TNI_IDLE;
    gc->garbage.len = gc->visited.len = gc->stack.len = 0;
    tni_gc_arm(gc);
}

static void
tell_end(struct tni_gc *gc)
{
    const tn_gc_result *r = &gc->run.result;
    if (r->complete)
        tni_gc_record(gc, 2, r);
    tni_gc_debug_stop(gc, r);
    tni_gc_tell(gc, TN_GC_STOP,
                &(tn_gc_info){2, r->collected, r->uncollectable, r->candidates, r->ns});
}

static void
complete(struct tni_gc *gc)
{
    struct tni_run *run = &gc->run;
    size_t after = tni_in_use(&gc->objects.memory);
    run->result.suspects = run->roots;
    run->result.bytes_freed = run->bytes_before > after ? run->bytes_before - after : 0;
    run->result.complete = true;
    tni_gc_recount_long_lived(gc);
    end(gc);
}

// False: the run is over.
static bool
advance(struct tni_gc *gc)
{
    if (phase_fns[gc->run.phase](gc))
        return true;
    enum tni_phase next = phase_after(&gc->run);
    if (next == TNI_IDLE)
        complete(gc);
    else
        enter(gc, next);
    return next != TNI_IDLE;
}

// --- Giving up -------------------------------------------------------------------------------

// The suspects of the run are suspects again; those that it had not taken yet change the plane.
static void
return_roots(struct tni_gc *gc)
{
    tni_gc_move_suspects(gc, gc->run.plane);
    for (size_t i = 0; i < gc->run.roots; i++) {
        tn_object *o = gc->visited.items[i];
        struct tni_place at = tni_place_of(o);
        if (at.row->alloc & at.row->tracked & at.bit)
            tni_log_by(o, TNI_RULE_ABORT);
    }
}

void
tni_gc_abandon(struct tni_gc *gc)
{
    bool collecting = gc->collecting;
    if (gc->run.phase == TNI_IDLE)
        return;
    gc->collecting = true;
    if (gc->run.committed) {
        while (advance(gc))
            continue;
    } else {
        gc->objects.disturbed.on = false;
        gc->epoch += gc->run.phase == TNI_PHASE_SIFT; // some members have the second one already
        return_roots(gc);
        end(gc);
    }
    tell_end(gc);
    gc->collecting = collecting;
}

// --- One slice -------------------------------------------------------------------------------

// A page of suspects is a large piece.
static bool
is_spent(enum tni_phase phase, uint64_t started, uint64_t budget, size_t pieces)
{
    if (budget == 0)
        return true;
    bool looks =
        pieces % CLOCK_EVERY == 0 || (phase >= TNI_PHASE_FORGET && phase <= TNI_PHASE_TAKE);
    return looks && tni_now_ns() - started >= budget - budget / RESERVE;
}

static bool
run_slice(struct tni_gc *gc, uint64_t started, uint64_t budget)
{
    bool more = true;
    for (size_t pieces = 1; more; pieces++) {
        more = advance(gc);
        if (gc->objects.disturbed.failed && !gc->run.committed)
            return false;
        if (is_spent(gc->run.phase, started, budget, pieces))
            break;
    }
    return true;
}

static void
count_slice(struct tni_gc *gc, uint64_t ns)
{
    tn_gc_result *r = &gc->run.result;
    r->slices++;
    r->ns += ns;
    r->longest_ns = ns > r->longest_ns ? ns : r->longest_ns;
}

static tn_err
step(struct tni_gc *gc, uint64_t budget, tn_gc_result *result)
{
    *result = (tn_gc_result){0};
    if (gc->collecting || gc->objects.reap.running)
        return TN_EBUSY;
    uint64_t started = tni_now_ns();
    gc->collecting = true;
    if (gc->run.phase == TNI_IDLE)
        begin(gc);
    bool fine = run_slice(gc, started, budget);
    count_slice(gc, tni_now_ns() - started);
    if (!fine)
        tni_gc_abandon(gc);
    else if (gc->run.phase == TNI_IDLE)
        tell_end(gc);
    gc->collecting = false;
    *result = gc->run.result;
    return fine ? TN_OK : TN_ENOMEM;
}

// --- Public ----------------------------------------------------------------------------------

tn_err
tn_gc_step(tn_heap *heap, uint64_t budget_ns, tn_gc_result *result)
{
    tn_gc_result ignored;
    return step((struct tni_gc *)heap, budget_ns, result != NULL ? result : &ignored);
}

bool
tn_gc_in_progress(const tn_heap *heap)
{
    return ((const struct tni_gc *)heap)->run.phase != TNI_IDLE;
}

void
tn_gc_abandon(tn_heap *heap)
{
    tni_gc_abandon((struct tni_gc *)heap);
}
