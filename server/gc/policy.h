// SPDX-License-Identifier: MIT
//
// policy: what an operator may change of the collector while it runs, and who did: whether crossed
// thresholds ask for a collection, and the budget of a collection that has none of its own.
//
// A heap never collects by itself here, in the middle of a request: its own rule stays off, under
// lock and key from its first object on. The thresholds are the same for every shard, each of which
// counts for itself.
#ifndef GC_POLICY_H
#define GC_POLICY_H

#include "domain/domain.h"

enum { POLICY_NAME_SIZE = 96 };

struct policy {
    bool enabled;
    size_t thresholds[TN_GENERATIONS]; // as in tenure.h; the first one 0: never
    int default_budget_ms;             // 0: none, each shard in one go
    char changed_by[POLICY_NAME_SIZE];
};

// What the configuration says.
void policy_init(struct policy *p, const struct config *config);
// Notes the thresholds in every heap.
void policy_apply(const struct policy *p, struct domain *d);
// The oldest generation that the counters of any shard ask for; -1: none.
int policy_due(const struct policy *p, struct domain *d);

#endif
