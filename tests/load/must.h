// SPDX-License-Identifier: MIT
//
// must: what ends the program with one sentence when it does not hold.
#ifndef LOAD_MUST_H
#define LOAD_MUST_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_BROKEN = 1, EXIT_USAGE = 2, EXIT_LAGGED = 3 };

static inline void
must(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "tenure-load: %s\n", what);
    exit(EXIT_BROKEN);
}

static inline void * /* new */
must_calloc(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    must(memory != NULL, "out of memory");
    return memory;
}

#endif
