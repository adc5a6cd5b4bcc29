// SPDX-License-Identifier: MIT
//
// filter: the traces of a snapshot that somebody wants to see.
#ifndef TNI_INSPECT_FILTER_H
#define TNI_INSPECT_FILTER_H

#include "inspect/snapshot.h"

#endif
