// SPDX-License-Identifier: MIT
//
// What every test leans on: numbers from a seed that can be replayed, numbers from the environment,
// and a directory that goes with the test.
//
// No global state: a test owns its dice and its directory.
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// Random numbers by splitmix64, which has no bad seed.
typedef struct dice {
    uint64_t seed, state;
} dice;

// Seeds from TN_SEED, or from the time, and prints the seed with the name of the test.
void dice_init(dice *d, const char *test);
uint64_t dice_next(dice *d);
// A number from 0 to n - 1; n is at least 1.
size_t dice_below(dice *d, size_t n);
// True n times in a hundred.
bool dice_chance(dice *d, unsigned percent);

// An assertion of a test with dice: its failure says how to see it again.
#define DICE_ASSERT(d, condition)                                                                  \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("%s:%d: %s does not hold; replay with TN_SEED=%llu", __FILE__, __LINE__,      \
                     #condition, (unsigned long long)(d)->seed);                                   \
    } while (0)

// The environment variable [name] as a number, or [fallback] where it is not set.
size_t support_number(const char *name, size_t fallback);
// [n] divided by TN_SCALE, at least 1: how slow tools run the large tests.
size_t support_scaled(size_t n);

// A new empty directory; [tempdir_free] removes it with everything in it.
char *tempdir_new(void);
void tempdir_free(char *path);

#endif
