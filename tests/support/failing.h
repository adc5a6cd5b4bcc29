// SPDX-License-Identifier: MIT
//
// failing: one allocation of a call fails, in checked builds; the hook is lib/src/memory/alloc.h's.
#ifndef TESTS_FAILING_H
#define TESTS_FAILING_H

#include "memory/alloc.h"
#include "support.h"

// The value of [call] while the n-th allocation of [w]'s heap fails, counted from 0. [w] points to
// a struct with the members heap and n.
#define FAILING(w, call)                                                                           \
    (__extension__({                                                                               \
        struct tni_memory *failing_memory = (struct tni_memory *)(w)->heap;                        \
        tni_fail_after(failing_memory, (w)->n);                                                    \
        __typeof__(call) failing_result = (call);                                                  \
        tni_fail_after(failing_memory, -1);                                                        \
        failing_result;                                                                            \
    }))

// False for TN_ENOMEM; there is no other error.
bool succeeded(tn_err err);
// Whether there is one. Drops it.
bool was_made(tn_object *o /* stolen */);

#endif
