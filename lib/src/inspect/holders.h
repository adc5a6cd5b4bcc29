// SPDX-License-Identifier: MIT
//
// holders: who keeps an object, and who keeps those, level by level and in slices.
#ifndef TNI_INSPECT_HOLDERS_H
#define TNI_INSPECT_HOLDERS_H

#include "object/objects.h"
#include "tenure/inspect.h"

#endif
