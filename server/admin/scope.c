// SPDX-License-Identifier: MIT
//
// scope: a number, checked.
#include "admin/scope.h"

#include <stdlib.h>

bool
scope_read(struct request *r, struct domain *d, struct scope *scope)
{
    *scope = (struct scope){d->shards, d->shard_count};
    const char *query = request_query(r, "shard");
    if (!query)
        return true;
    char *end;
    unsigned long number = strtoul(query, &end, 10);
    if (query[0] < '0' || query[0] > '9' || *end || number >= d->shard_count) {
        reply_problem(r, "invalid-parameter", "shard must be a number from 0 to %u.",
                      d->shard_count - 1);
        return false;
    }
    *scope = (struct scope){&d->shards[number], 1};
    return true;
}
