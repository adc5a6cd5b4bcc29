// SPDX-License-Identifier: MIT
//
// health: is the process alive, and should it be sent work.
#ifndef ADMIN_HEALTH_H
#define ADMIN_HEALTH_H

#include "http/request.h"

handler_fn health_live;  // GET /livez
handler_fn health_ready; // GET /readyz

#endif
