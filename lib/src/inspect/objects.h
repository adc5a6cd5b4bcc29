// SPDX-License-Identifier: MIT
//
// objects: the tracked objects of a heap, what they refer to, and who has a serial. The functions
// are public.
#ifndef TNI_INSPECT_OBJECTS_H
#define TNI_INSPECT_OBJECTS_H

#include "tenure/inspect.h"

#endif
