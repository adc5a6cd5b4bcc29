// SPDX-License-Identifier: MIT
//
// dump: the objects of a heap as records, slice by slice.
//
// Nothing is remembered of an object between two slices but where it stands and its serial: if the
// slot has another object by then, or none, the walk goes on behind it.
#ifndef TNI_INSPECT_DUMP_H
#define TNI_INSPECT_DUMP_H

#include "inspect/records.h"
#include "tenure/dump.h"

#endif
