// SPDX-License-Identifier: MIT
#include "inspect/preview.h"

#include "gc/search.h"
#include "gc/step.h"
#include "gc/timing.h"
#include "object/object.h"
#include "object/reap.h"

// A full search settled its suspects. Who of them was proven alive is none; the garbage becomes
// suspect again, all of it, because what started the search is not kept apart.
static void
count_garbage(struct tni_gc *gc, int generation, tn_gc_result *result)
{
    result->collected = gc->garbage.len;
    for (size_t i = 0; i < gc->garbage.len; i++) {
        result->bytes_freed += tn_sizeof(gc->garbage.items[i]);
        if (generation == TN_GENERATIONS - 1)
            tni_log_by(gc->garbage.items[i], TNI_RULE_ABORT);
    }
    gc->garbage.len = 0;
}

tn_err
tn_gc_preview(tn_heap *heap, int generation, tn_gc_result *result)
{
    struct tni_gc *gc = (struct tni_gc *)heap;
    tni_assert_owner(&gc->objects.memory);
    *result = (tn_gc_result){.slices = 1};
    if (generation < 0 || generation >= TN_GENERATIONS)
        return TN_EINVAL;
    if (gc->collecting || gc->objects.reap.running)
        return TN_EBUSY;
    uint64_t started = tni_now_ns();
    tni_gc_abandon(gc);
    gc->collecting = true;
    tni_reap_backlog(&gc->objects);
    result->complete = tni_gc_search(gc, generation, result);
    if (result->complete)
        count_garbage(gc, generation, result);
    gc->collecting = false;
    result->ns = result->longest_ns = tni_now_ns() - started;
    return result->complete ? TN_OK : TN_ENOMEM;
}
