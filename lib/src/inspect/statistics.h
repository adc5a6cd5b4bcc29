// SPDX-License-Identifier: MIT
//
// statistics: the traces of a snapshot, or of two, in groups.
#ifndef TNI_INSPECT_STATISTICS_H
#define TNI_INSPECT_STATISTICS_H

#include "inspect/snapshot.h"

#endif
