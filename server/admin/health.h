// SPDX-License-Identifier: MIT
//
// health: is the process alive, should it be sent work, and the order that it should not.
#ifndef ADMIN_HEALTH_H
#define ADMIN_HEALTH_H

#include "http/request.h"

handler_fn health_live;  // GET /livez
handler_fn health_ready; // GET /readyz
handler_fn health_drain; // POST /v1/drain

#endif
