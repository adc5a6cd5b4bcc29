// SPDX-License-Identifier: MIT
//
// snapfile: snapshots in files.
//
// A line a record, fields divided by tabs; tab, newline and backslash in a field are escaped:
//
//   tenure-snapshot 1
//   note   NAME TEXT
//   trace  DOMAIN TYPE TAG BYTES COUNT MADE_BYTES MADE_COUNT TOTAL_FRAMES, then FILE LINE FUNCTION
//          for each frame, the innermost first
//   end    NUMBER_OF_TRACES
#ifndef TNI_INSPECT_SNAPFILE_H
#define TNI_INSPECT_SNAPFILE_H

#include "inspect/snapshot.h"

#endif
