// SPDX-License-Identifier: MIT
//
// pass: one pass over all shards that collects, freezes or unfreezes each of them under its lock,
// or tells what a collection would find; its sums, and its line in the log.
//
// One shard's lock is held at a time: for one heap's whole collection, or with a budget for slices
// of it, one shard after the other. Unfreezing and freezing, which take less than a millisecond for
// a million objects, belong to the first and the last slice. Nothing keeps two passes apart here:
// gc/jobs does.
#ifndef DOMAIN_PASS_H
#define DOMAIN_PASS_H

#include "domain/domain.h"

// PASS_REFREEZE unfreezes before it collects and freezes; PASS_PREVIEW frees nothing.
enum pass_kind { PASS_COLLECT, PASS_FREEZE, PASS_UNFREEZE, PASS_REFREEZE, PASS_PREVIEW };

// What a pass is, in words that may be shown.
struct pass_title {
    enum pass_kind kind;
    enum pass_cause cause;
    int generation;   // what is collected, before freezing too; -1: nothing
    const char *rule; // the rule that asked for it, or NULL; borrowed
};

// How long a pass may hold a shard's lock, and how often. All 0: as long as it takes, once.
struct pass_pace {
    uint64_t budget_ns; // of a slice; only where pass_may_have_budget
    double share;       // of a shard's time, where others want the shard; with a budget
    uint64_t limit_ns;  // no hold begins so long after the start of the pass; 0: no limit
};

struct pass_sizes {
    size_t objects; // that the collector knows, the frozen ones included
    size_t bytes;   // of the heaps: current
    size_t users_resident;
    size_t frozen, frozen_bytes;
    uint64_t hits, misses; // of the cache, since the start
};

struct pass {
    struct pass_title title;
    struct pass_pace pace;
    // The result.
    tn_gc_result found;    // sums of its objects and bytes over the shards; its times stay 0
    uint64_t ns;           // in all
    uint64_t pause_max_ns; // the longest hold of one shard's lock
    unsigned slices;       // how often a lock was held
    bool complete;         // false: stopped, or [error]
    const char *stopped;   // "cancelled", "deadline" or NULL; the run that it cut off was abandoned
    tn_err error;          // the first one; the other shards were done nevertheless
    struct pass_sizes before, after;
};

const char *pass_kind_name(enum pass_kind kind); /* borrowed */
// Whether it collects the oldest generation, which alone can be done in slices.
bool pass_may_have_budget(const struct pass_title *title);

// Does what [pass]'s title says, fills in its result and logs it. Ends after the slice in hand once
// [cancelled] is true; that may be NULL.
void pass_run(struct domain *d, struct pass *pass, const _Atomic bool *cancelled);

#endif
