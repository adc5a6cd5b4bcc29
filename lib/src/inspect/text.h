// SPDX-License-Identifier: MIT
//
// text: statistics and tracebacks as Python writes them.
#ifndef TNI_INSPECT_TEXT_H
#define TNI_INSPECT_TEXT_H

#include "inspect/snapshot.h"

#endif
