// SPDX-License-Identifier: MIT
//
// summary: a recording as a snapshot: what each traceback made of each type is one row.
#ifndef TNI_INSPECT_SUMMARY_H
#define TNI_INSPECT_SUMMARY_H

#include "tenure/dump.h"

#endif
