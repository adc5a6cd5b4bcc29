// SPDX-License-Identifier: MIT
//
// cache: sums over all shards. A dead entry is one whose user is gone and that is still there: a
// user leaves the map in the moment that it dies, so there is none.
#include "admin/cache.h"

#include "admin/admin.h"

static uint64_t
sum_loads(const struct counters *c)
{
    uint64_t sum = 0;
    for (int i = 0; i < LOAD_OUTCOMES; i++)
        sum += c->cache_loads[i];
    return sum;
}

void
cache_show(struct request *r)
{
    struct admin *admin = r->app;
    struct shard_figures f;
    struct text t;
    domain_read_figures(admin->domain, &f);
    text_init(&t);
    text_addf(&t, "{\"hits\":%lu,\"misses\":%lu,\"resident\":%zu,\"kept\":%zu,",
              (unsigned long)f.counters.cache_hits, (unsigned long)f.counters.cache_misses,
              f.users_resident, f.users_kept);
    text_addf(&t, "\"loads\":%lu,\"coalesced\":%lu,\"negative\":%lu,\"dead\":0}",
              (unsigned long)sum_loads(&f.counters), (unsigned long)f.counters.cache_coalesced,
              (unsigned long)f.counters.cache_negative);
    reply_json(r, 200, &t);
}
