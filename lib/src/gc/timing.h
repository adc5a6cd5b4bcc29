// SPDX-License-Identifier: MIT
//
// timing: the clock that collections are measured with.
#ifndef TNI_GC_TIMING_H
#define TNI_GC_TIMING_H

#include <stdint.h>
#include <time.h>

static inline uint64_t
tni_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#endif
