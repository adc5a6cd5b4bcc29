// SPDX-License-Identifier: MIT
//
// failing_realloc: realloc, which is how a text grows, fails when a test wants it to. For a test
// that is linked with --wrap=realloc, and has this in one file.
#ifndef TESTS_FAILING_REALLOC_H
#define TESTS_FAILING_REALLOC_H

#include <stdlib.h>

// So many succeed, and then each fails; negative: none does.
static long realloc_fails_after = -1;

void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *
__wrap_realloc(void *p, size_t size)
{
    if (realloc_fails_after == 0)
        return NULL;
    realloc_fails_after -= realloc_fails_after > 0;
    return __real_realloc(p, size);
}

#endif
