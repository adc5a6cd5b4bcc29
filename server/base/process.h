// SPDX-License-Identifier: MIT
//
// process: what the system says about this process: cores, processor time, descriptors, resident
// bytes, and what its control group says of memory.
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdint.h>

struct process_memory {
    int64_t rss;                        // bytes; -1: not known
    int64_t cgroup_current, cgroup_max; // bytes; -1: not known, or no limit
    int64_t cgroup_held;                // of the group with that limit (cgroup.h)
};

// What the process has used and may use.
struct process_use {
    double cpu_seconds, start_seconds; // the start since 1970
    long open_fds, max_fds;            // -1: not known
};

// [wanted]; for 0 as many as there are cores that it may run on, or as the control group's quota
// amounts to, but at least [least].
unsigned process_cores(int64_t wanted, unsigned least);
// What was freed, and what the allocator kept for later, goes back to the system.
void process_give_memory_back(void);
void process_read_memory(struct process_memory *memory);
void process_read_use(struct process_use *use);

#endif
