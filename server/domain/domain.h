// SPDX-License-Identifier: MIT
//
// domain: all shards, and the store behind them. Read-only after domain_open but for the atomics.
#ifndef DOMAIN_DOMAIN_H
#define DOMAIN_DOMAIN_H

#include "domain/shard.h"
#include "store/lanes.h"

struct domain {
    const struct config *config;
    struct store *store;
    struct lanes *lanes;
    struct feed *feed;       // NULL where the store is not shared
    struct sweeper *sweeper; // NULL until everything is loaded
    struct shard *shards;
    unsigned shard_count;
    _Atomic int64_t next_k;
    _Atomic bool retired;
    uint64_t started_ns; // monotonic
    int64_t started_at;  // ms since 1970
};

// Loads every live session of [store] with its user, collects and freezes. NULL: [error] is one
// sentence.
struct domain *domain_open(const struct config *config, struct store *store /* stolen */,
                           char *error, size_t error_size); /* new */
// Whoever waits for an answer has it by then: nothing is asked of the domain any more. Flushes.
void domain_close(struct domain *d /* stolen */);

struct shard *domain_shard_of_slot(struct domain *d, uint16_t slot);
uint16_t domain_slot_of_user(const struct domain *d, struct span id);

// Whether it is asked something for longer than a request may take.
bool domain_store_hangs(const struct domain *d);
// Whether clients should be sent here; else [why] is a sentence.
bool domain_is_ready(const struct domain *d, const char **why);
// From now on it says that it is not, because the service stops. False: it did so already.
bool domain_retire(struct domain *d);

// Everybody's sessions ended in a store that is shared: nothing that was read before is believed.
void domain_spoil_all(struct domain *d);

// Sums over all shards, each asked in turn.
void domain_read_figures(struct domain *d, struct shard_figures *sum);

#endif
