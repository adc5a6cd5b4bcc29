// SPDX-License-Identifier: MIT
//
// assert: checks for errors of the programmer, on in every build. Never on what a user sent.
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

#define ASSERT(condition)                                                                          \
    ((condition) ? (void)0 : assert_failed(__FILE__, __LINE__, __func__, #condition))

_Noreturn void assert_failed(const char *file, int line, const char *function,
                             const char *condition);

#endif
