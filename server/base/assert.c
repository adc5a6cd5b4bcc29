// SPDX-License-Identifier: MIT
//
// assert: says on stderr what does not hold, and stops the program where a debugger can look.
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void
assert_failed(const char *file, int line, const char *function, const char *condition)
{
    fprintf(stderr, "%s:%d: %s: this does not hold: %s\n", file, line, function, condition);
    abort();
}
