// SPDX-License-Identifier: MIT
//
// scope: the shards that a request is about: all of them, or the one of ?shard=.
#ifndef ADMIN_SCOPE_H
#define ADMIN_SCOPE_H

#include "domain/domain.h"
#include "http/request.h"

struct scope {
    struct shard *shards; // borrowed
    unsigned count;
};

// False: there is no such shard, and the reply is filled with a problem.
bool scope_read(struct request *r, struct domain *d, struct scope *scope);

#endif
