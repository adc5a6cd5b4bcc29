// SPDX-License-Identifier: MIT
//
// usage: how many bytes, in all and by type.
#ifndef TNI_INSPECT_USAGE_H
#define TNI_INSPECT_USAGE_H

#include "object/type.h"
#include "tenure/inspect.h"

// Bytes taken from the system for objects and buffers.
size_t tni_reserved(const struct tni_memory *m);

#endif
