// SPDX-License-Identifier: MIT
//
// collapsed: a snapshot as collapsed stacks, a line a traceback.
#ifndef TNI_INSPECT_COLLAPSED_H
#define TNI_INSPECT_COLLAPSED_H

#include "inspect/snapshot.h"

#endif
