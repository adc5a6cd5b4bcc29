// SPDX-License-Identifier: MIT
//
// random: numbers from a seed, by splitmix64, which has no bad seed. Each thread has its own.
#ifndef LOAD_RANDOM_H
#define LOAD_RANDOM_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t
random_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

// From 0 to below 1.
static inline double
random_share(uint64_t *state)
{
    return (double)(random_next(state) >> 11) * 0x1p-53;
}

// From 0 to [n] - 1; [n] is at least 1.
static inline size_t
random_below(uint64_t *state, size_t n)
{
    return (size_t)(((unsigned __int128)random_next(state) * n) >> 64);
}

#endif
