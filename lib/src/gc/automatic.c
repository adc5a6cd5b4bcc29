// SPDX-License-Identifier: MIT
#include "gc/automatic.h"

enum { LONG_LIVED_SHARE = 4 }; // a full collection waits until a quarter as many are new

void
tni_gc_automatic_init(struct tni_gc *gc)
{
    gc->settings = (tn_gc_settings){.thresholds = {700, 10, 10}};
    tni_gc_arm(gc);
}

void
tni_gc_arm(struct tni_gc *gc)
{
    const tn_gc_settings *set = &gc->settings;
    struct tni_memory *m = &gc->objects.memory;
    bool by_count = set->enabled && set->thresholds[0] != 0;
    bool by_bytes = set->enabled && set->byte_threshold != 0;
    size_t in_use = tni_in_use(m);
    bool unreachable = set->byte_threshold > SIZE_MAX - in_use;
    gc->objects.trigger = by_count ? set->thresholds[0] : SIZE_MAX;
    m->limit = by_bytes && !unreachable ? in_use + set->byte_threshold : SIZE_MAX;
    tni_memory_watch(m);
}

void
tni_gc_count_survivors(struct tni_gc *gc, int generation, size_t survivors)
{
    if (generation == 1)
        gc->pending += survivors;
    if (generation == 2) {
        gc->long_lived = survivors;
        gc->pending = 0;
    }
}

void
tni_gc_recount_long_lived(struct tni_gc *gc)
{
    gc->long_lived = gc->objects.population.generation[2];
    gc->pending = 0;
}

int
tni_gc_choose_generation(const struct tni_gc *gc)
{
    const size_t *thresholds = gc->settings.thresholds;
    bool enough_new = gc->pending >= gc->long_lived / LONG_LIVED_SHARE;
    if (gc->collections[1] > thresholds[2] && enough_new)
        return 2;
    return gc->collections[0] > thresholds[1] ? 1 : 0;
}
