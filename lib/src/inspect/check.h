// SPDX-License-Identifier: MIT
//
// check: every invariant of the heap, by brute force.
#ifndef TNI_INSPECT_CHECK_H
#define TNI_INSPECT_CHECK_H

#include "tenure/inspect.h"

#endif
