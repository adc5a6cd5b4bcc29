// SPDX-License-Identifier: MIT
//
// heapdump: the objects of all shards as records in a file, one shard after the other, in slices
// between which everybody else has their turn.
//
// It is a question that the maintenance thread asks (gc/jobs.h): collections that fall due go
// first. What a slice found is written between two slices, without the shard's lock.
#ifndef GC_HEAPDUMP_H
#define GC_HEAPDUMP_H

#include "gc/jobs.h"

#include <semaphore.h>
#include <tenure/dump.h>

struct heapdump {
    struct question question; // first; how often and how long it held a lock
    // The caller's.
    struct domain *domain;
    FILE *records; // borrowed
    bool include_values;
    bool (*may_go_on)(void *arg); // asked between slices, by the maintenance thread
    void *arg;
    // The result.
    tn_err error;
    bool complete;        // false: an error, somebody said no, or the question was stopped
    uint64_t work_max_ns; // the most processor time that a slice took: less than it held the lock
                          // where it had to wait for a processor
    // Its own.
    tn_dump *dump; // of the question's shard; NULL: not begun
    bool written;  // all of that shard
    sem_t done;
};

// Waits until it is over. JOBS_BUSY: [running] is what is asked instead.
enum jobs_answer heapdump_take(struct heapdump *h, struct jobs *jobs, const char **running);

#endif
