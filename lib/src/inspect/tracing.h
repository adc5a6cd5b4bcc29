// SPDX-License-Identifier: MIT
//
// tracing: the switch of the tracer, and what it knows so far.
#ifndef TNI_INSPECT_TRACING_H
#define TNI_INSPECT_TRACING_H

#include "object/type.h"
#include "tenure/trace.h"

// Whose account [trace] is.
const tn_type *tni_trace_owner(const struct tni_trace *trace);

#endif
