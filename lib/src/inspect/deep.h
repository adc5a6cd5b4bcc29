// SPDX-License-Identifier: MIT
//
// deep: what can be reached from an object, and which part of it nobody else keeps alive.
#ifndef TNI_INSPECT_DEEP_H
#define TNI_INSPECT_DEEP_H

#include "tenure/inspect.h"

#endif
