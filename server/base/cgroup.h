// SPDX-License-Identifier: MIT
//
// cgroup: what the control groups of this process allow it: memory and processors (version 2, or
// version 1's controllers).
//
// Read anew for each question; any thread may ask. Tests may put other files in the place of /proc
// and /sys: TENURED_TEST_ROOT.
#ifndef BASE_CGROUP_H
#define BASE_CGROUP_H

#include <stdint.h>

// Bytes; -1: not known, or no limit.
struct cgroup_memory {
    int64_t current; // of the group that the process is in
    int64_t max;     // the smallest limit, of that group or of one above
    int64_t held;    // what the group with that limit cannot give back: all but files it has cached
};

void cgroup_read_memory(struct cgroup_memory *memory);
// Processors that the quota amounts to, a part of one counted as one; 0: there is no quota.
unsigned cgroup_read_cores(void);

#endif
