// SPDX-License-Identifier: MIT
//
// objects: the tracked objects of a heap, and what they refer to; by serial all of them. The
// functions are public.
#ifndef TNI_INSPECT_OBJECTS_H
#define TNI_INSPECT_OBJECTS_H

#include "tenure/inspect.h"

#endif
