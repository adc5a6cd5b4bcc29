// SPDX-License-Identifier: MIT
//
// small_stack: runs a part of a test where nothing can recurse far, on a stack that is no thread's
// own.
#ifndef TESTS_SMALL_STACK_H
#define TESTS_SMALL_STACK_H

#include "heap_fixture.h"

enum { SMALL_STACK = 1 << 17 }; // bytes; what sanitizers need of it included

// [fn] owns [heap] meanwhile. A failed assertion in it ends the program.
void small_stack_run(tn_heap *heap, void (*fn)(tn_heap *heap, void *arg), void *arg);

#endif
