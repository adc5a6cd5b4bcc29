// SPDX-License-Identifier: MIT
//
// ndjson: a recording as one JSON object a line, an object each.
#ifndef TNI_INSPECT_NDJSON_H
#define TNI_INSPECT_NDJSON_H

#include "tenure/dump.h"

#endif
