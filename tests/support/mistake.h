// SPDX-License-Identifier: MIT
//
// Deliberate mistakes, each made in a child process, whose end and words are examined.
#ifndef TESTS_MISTAKE_H
#define TESTS_MISTAKE_H

#include "support.h"

typedef struct mistake_child {
    int status;        // as waitpid gives it; 0: nobody caught the mistake
    char words[16384]; // what it wrote to stderr
} mistake_child;

mistake_child mistake_run(void (*mistake)(void));
// Asserts that it ended the child, which wrote [words] among others.
void mistake_expect(void (*mistake)(void), const char *words);

#endif
