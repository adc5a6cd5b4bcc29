// SPDX-License-Identifier: MIT
//
// resident: a user of the cache as an operator sees them. Looking is no use: nothing is counted,
// loaded or prolonged.
#ifndef DOMAIN_RESIDENT_H
#define DOMAIN_RESIDENT_H

#include "domain/domain.h"

struct resident {
    unsigned shard;
    int64_t version, created_at, updated_at; // times in ms since 1970
    size_t live;                             // sessions
    bool has_past;                           // a session that ended, which refers back to them
    bool frozen;
    uint32_t references; // counted, whoever holds them
    size_t bytes;        // of their own block and buffers
};

// These take the shard's lock for a moment. False: they are not in memory.
bool resident_read(struct domain *d, struct span id, struct resident *r);
// The user leaves memory as if a collection had found them. OUTCOME_ABSENT: they were not there;
// OUTCOME_BUSY: a live session, a reader or a write needs them, and they are kept (cache.keep) no
// more.
enum outcome resident_evict(struct domain *d, struct span id);
// Looks at all live sessions now, as the sweeper does in a lap; returns how many it ended.
size_t resident_sweep(struct domain *d, int64_t now);

#endif
