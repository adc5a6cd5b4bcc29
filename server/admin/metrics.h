// SPDX-License-Identifier: MIT
//
// metrics: every figure of the service as Prometheus reads them.
#ifndef ADMIN_METRICS_H
#define ADMIN_METRICS_H

#include "http/request.h"

handler_fn metrics_show; // GET /metrics

#endif
