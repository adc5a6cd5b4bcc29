// SPDX-License-Identifier: MIT
//
// probe: is the process alive, and should the data plane be sent work.
#ifndef API_PROBE_H
#define API_PROBE_H

#include "http/request.h"

handler_fn probe_live;  // GET /livez
handler_fn probe_ready; // GET /readyz

#endif
