// SPDX-License-Identifier: MIT
//
// pprof: a snapshot as a heap profile; the door to protobuf-c and zlib.
//
// Everything that the message refers to stands in one arena until it is written.
#ifndef TNI_INSPECT_PPROF_H
#define TNI_INSPECT_PPROF_H

#include "inspect/snapshot.h"

#endif
