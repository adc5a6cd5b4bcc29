// SPDX-License-Identifier: MIT
//
// history: a ring.
#include "gc/history.h"

#include <stdio.h>

static struct history_run * /* borrowed */
place_of(struct history *h, uint64_t number)
{
    return &h->runs[number % HISTORY_SIZE];
}

void
history_add(struct history *h, const struct pass *pass, int64_t at)
{
    struct pass_sizes since = {0};
    if (h->count > 0)
        since = place_of(h, h->count)->pass.after;
    struct history_run *run = place_of(h, h->count + 1);
    *run = (struct history_run){.number = ++h->count,
                                .at = at,
                                .pass = *pass,
                                .hits = pass->before.hits - since.hits,
                                .misses = pass->before.misses - since.misses};
    snprintf(run->rule, sizeof run->rule, "%s", pass->title.rule ? pass->title.rule : "");
    run->pass.title.rule = NULL;
}

size_t
history_read(const struct history *h, uint64_t below, struct history_run *runs, size_t most)
{
    if (below == 0)
        return 0;
    uint64_t last = below > h->count ? h->count : below - 1;
    uint64_t first = h->count > HISTORY_SIZE ? h->count - HISTORY_SIZE + 1 : 1;
    size_t count = 0;
    for (uint64_t n = last; n >= first && count < most; n--)
        runs[count++] = h->runs[n % HISTORY_SIZE];
    return count;
}
