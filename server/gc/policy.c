// SPDX-License-Identifier: MIT
//
// policy: what the configuration says at first, and whether thresholds are crossed.
//
// The library makes a full collection wait until a quarter of all survivors is new, because it
// would look at all of them; here it looks at what became suspect, so a crossed threshold is
// enough.
#include "gc/policy.h"

#include "base/assert.h"

#include <stdio.h>

void
policy_init(struct policy *p, const struct config *config)
{
    *p = (struct policy){.default_budget_ms = (int)config->gc_default_budget_ms};
    for (int g = 0; g < TN_GENERATIONS; g++)
        p->thresholds[g] = (size_t)config->gc_thresholds[g];
    snprintf(p->changed_by, sizeof p->changed_by, "startup");
}

void
policy_apply(const struct policy *p, struct domain *d)
{
    tn_gc_settings settings = {.enabled = false};
    for (int g = 0; g < TN_GENERATIONS; g++)
        settings.thresholds[g] = p->thresholds[g];
    for (unsigned i = 0; i < d->shard_count; i++) {
        struct shard *s = &d->shards[i];
        shard_take(s);
        tn_err err = tn_gc_set_settings(s->heap, &settings, s->gc_key);
        shard_give(s);
        ASSERT(err == TN_OK);
    }
}

static int
due_in_heap(const struct policy *p, const tn_heap *heap)
{
    size_t count[TN_GENERATIONS];
    tn_gc_get_count(heap, count);
    if (p->thresholds[0] == 0 || count[0] <= p->thresholds[0])
        return -1;
    int g = TN_GENERATIONS - 1;
    while (count[g] <= p->thresholds[g])
        g--;
    return g;
}

int
policy_due(const struct policy *p, struct domain *d)
{
    int oldest = -1;
    for (unsigned i = 0; i < d->shard_count; i++) {
        shard_take(&d->shards[i]);
        int g = due_in_heap(p, d->shards[i].heap);
        shard_give(&d->shards[i]);
        oldest = g > oldest ? g : oldest;
    }
    return oldest;
}
