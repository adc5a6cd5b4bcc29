// SPDX-License-Identifier: MIT
//
// jobs: the maintenance thread. It runs one job at a time over all shards, holding one shard's lock
// at a time: what an operator asked for, and what the rules of the configuration make due.
//
// One job is under way at most: a second one is refused, naming the first. A rule that falls due
// meanwhile runs when the job is over.
// Locking: the jobs' lock guards the title of the job under way and the last runs; no shard's lock
// is ever taken under it, and a job's fields belong to the thread from jobs_submit until [done].
#ifndef GC_JOBS_H
#define GC_JOBS_H

#include "domain/domain.h"

struct jobs;

enum job_kind { JOB_COLLECT, JOB_FREEZE, JOB_UNFREEZE };
enum job_cause { CAUSE_STARTUP, CAUSE_MANUAL, CAUSE_TIMER };

// What a job is, in words that may be shown.
struct job_title {
    enum job_kind kind;
    enum job_cause cause;
    int generation;   // what is collected; -1: nothing
    const char *rule; // the rule that asked for it, or NULL; borrowed from the configuration
};

struct job_sizes {
    size_t objects; // that the collector knows, the frozen ones included
    size_t bytes;   // of the heaps: current
    size_t users_resident;
    size_t frozen, frozen_bytes;
};

struct job {
    struct job_title title;
    // On the maintenance thread, when the next job may be submitted; owns [j] from then on. May be
    // NULL.
    void (*done)(struct job *j);
    // The result.
    tn_gc_result found;    // sums of its objects and bytes over the shards; its times stay 0
    uint64_t ns;           // in all
    uint64_t pause_max_ns; // the longest hold of one shard's lock
    unsigned slices;       // how often a lock was held
    bool complete;         // false: cancelled, or [error]
    tn_err error;          // the first one; the other shards were done nevertheless
    struct job_sizes before, after;
};

struct jobs_state {
    bool busy;
    struct job_title running; // while busy
    struct {
        int64_t at_ms; // 0: never
        enum job_cause cause;
    } last[TN_GENERATIONS]; // by the generation that was asked for
};

enum jobs_answer { JOBS_ACCEPTED, JOBS_BUSY, JOBS_CANCELLED };

const char *job_kind_name(enum job_kind kind);    /* borrowed */
const char *job_cause_name(enum job_cause cause); /* borrowed */

// NULL: no memory or no thread.
struct jobs *jobs_start(struct domain *domain); /* new */
// [job] stays the caller's unless it was accepted. [state], which may be NULL, is then what
// jobs_read would have said.
enum jobs_answer jobs_submit(struct jobs *j, struct job *job /* stolen on success */,
                             struct jobs_state *state);
void jobs_read(struct jobs *j, struct jobs_state *state);
// The job under way ends after its shard; later ones are refused, rules run no more.
void jobs_cancel(struct jobs *j);
void jobs_stop(struct jobs *j /* stolen */); // cancels and waits

#endif
