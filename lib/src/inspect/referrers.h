// SPDX-License-Identifier: MIT
//
// referrers: who refers to given objects, and where. The function is public.
#ifndef TNI_INSPECT_REFERRERS_H
#define TNI_INSPECT_REFERRERS_H

#include "tenure/inspect.h"

#endif
