// SPDX-License-Identifier: MIT
//
// base: assertions in three prices. A disabled one still compiles, so that it cannot rot.
//
//   TN_ASSERT    always on: a broken promise that would corrupt memory
//   TN_DEBUG     TN_CHECKS >= 1: cheap, on hot paths
//   TN_PARANOID  TN_CHECKS >= 2: walks a structure
//
// None of them is ever reached by what a user of the service sends.
#ifndef TNI_BASE_H
#define TNI_BASE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef TN_CHECKS
#define TN_CHECKS 0
#endif

__attribute__((noreturn, cold)) static inline void
tni_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "tenure: %s:%d: %s\n", file, line, what);
    abort();
}

#define TN_ASSERT(cond)                                                                            \
    (__builtin_expect(!!(cond), 1) ? (void)0 : tni_fail(__FILE__, __LINE__, "not true: " #cond))
#define TN_UNREACHABLE(why) tni_fail(__FILE__, __LINE__, "not reachable: " why)

#if TN_CHECKS >= 1
#define TN_DEBUG(cond) TN_ASSERT(cond)
#else
#define TN_DEBUG(cond) ((void)sizeof(!(cond)))
#endif

#if TN_CHECKS >= 2
#define TN_PARANOID(cond) TN_ASSERT(cond)
#else
#define TN_PARANOID(cond) ((void)sizeof(!(cond)))
#endif

// The struct of type [type] whose first member [part] points to. The floors' states are nested like
// this: the heap starts with the collector's, that with the objects', that with the memory's.
#define TNI_CAST_UP(type, part) ((type *)(void *)(part))

#endif
