// SPDX-License-Identifier: MIT
//
// heapsnapshot: a recording as V8 writes heaps, for its tools.
#ifndef TNI_INSPECT_HEAPSNAPSHOT_H
#define TNI_INSPECT_HEAPSNAPSHOT_H

#include "tenure/dump.h"

#endif
