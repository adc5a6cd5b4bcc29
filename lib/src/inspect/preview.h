// SPDX-License-Identifier: MIT
//
// preview: what a collection would find, without it.
#ifndef TNI_INSPECT_PREVIEW_H
#define TNI_INSPECT_PREVIEW_H

#include "gc/generations.h"
#include "tenure/inspect.h"

#endif
