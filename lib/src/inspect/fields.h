// SPDX-License-Identifier: MIT
//
// fields: what an object holds, each thing with its place.
#ifndef TNI_INSPECT_FIELDS_H
#define TNI_INSPECT_FIELDS_H

#include "tenure/inspect.h"

#endif
