// SPDX-License-Identifier: MIT
//
// census: how many objects and bytes each type has, and how many more than before. The functions
// are public.
#ifndef TNI_INSPECT_CENSUS_H
#define TNI_INSPECT_CENSUS_H

#include "tenure/inspect.h"

#endif
