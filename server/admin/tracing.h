// SPDX-License-Identifier: MIT
//
// tracing: how the heaps are traced, by whom memory was allocated, and for which route.
#ifndef ADMIN_TRACING_H
#define ADMIN_TRACING_H

#include "domain/domain.h"
#include "http/request.h"

handler_fn tracing_change; // PATCH /v1/memory/tracing
handler_fn tracing_routes; // GET /v1/memory/routes

// As all shards are traced.
tn_trace_options tracing_read(struct domain *d);
const char *tracing_mode_name(tn_trace_mode mode); /* borrowed */

#endif
