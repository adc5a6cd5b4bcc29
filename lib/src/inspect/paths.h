// SPDX-License-Identifier: MIT
//
// paths: the shortest way from a root to an object. The function is public.
//
// A root is held by more than the heap's own objects hold of it. Objects are numbered in the order
// of their addresses for the time of a question.
#ifndef TNI_INSPECT_PATHS_H
#define TNI_INSPECT_PATHS_H

#include "tenure/inspect.h"

#endif
