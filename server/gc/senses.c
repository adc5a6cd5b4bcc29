// SPDX-License-Identifier: MIT
//
// senses: what rules are judged by, read at one moment.
#include "gc/senses.h"

#include "base/cgroup.h"
#include "base/clock.h"

uint64_t
senses_now_ns(const struct outlook *o)
{
    return o->now_ns ? o->now_ns(o->arg) : clock_monotonic_ns();
}

static void
read_group(struct senses *s, const struct outlook *o)
{
    struct cgroup_memory memory = {-1, -1, -1};
    if (o->limit)
        memory.max = o->limit(o->arg);
    else
        cgroup_read_memory(&memory);
    s->limit = memory.max;
    s->held = memory.held < 0 ? 0 : (uint64_t)memory.held;
}

void
senses_read(struct senses *s, const struct outlook *o, struct domain *d)
{
    *s = (struct senses){.now_ns = senses_now_ns(o),
                         .requests = o->requests ? o->requests(o->arg) : 0};
    read_group(s, o);
    for (unsigned i = 0; i < d->shard_count; i++) {
        size_t count[TN_GENERATIONS];
        tn_memory memory;
        shard_take(&d->shards[i]);
        tn_gc_get_count(d->shards[i].heap, count);
        tn_memory_get(d->shards[i].heap, &memory);
        shard_give(&d->shards[i]);
        s->traced += memory.current;
        s->allocations += count[0];
    }
}
