// SPDX-License-Identifier: MIT
//
// unwind: the return addresses of the calling thread, by frame pointers.
#ifndef TNI_TRACE_UNWIND_H
#define TNI_TRACE_UNWIND_H

#include <stdint.h>

// Fills at most [max] addresses, the innermost first, and returns how many frames there are. Code
// without frame pointers ends the walk early or is left out; nothing outside of the stack is read.
uint32_t tni_unwind(uintptr_t *addresses, uint32_t max);

#endif
