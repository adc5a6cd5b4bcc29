// SPDX-License-Identifier: MIT
//
// What an example asserts about itself: a false expectation ends it with status 1.
#ifndef EXAMPLES_EXPECT_H
#define EXAMPLES_EXPECT_H

#include <stdio.h>
#include <stdlib.h>

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not as expected: %s\n", __FILE__, __LINE__, #condition);       \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#endif
