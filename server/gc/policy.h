// SPDX-License-Identifier: MIT
//
// policy: whether crossed thresholds ask for a collection, and who said so.
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
    char changed_by[POLICY_NAME_SIZE];
};

// What the configuration says.
void policy_init(struct policy *p, const struct config *config);
// Notes the thresholds in every heap.
void policy_apply(const struct policy *p, struct domain *d);
// The oldest generation that the counters of any shard ask for; -1: none.
int policy_due(const struct policy *p, struct domain *d);

#endif
