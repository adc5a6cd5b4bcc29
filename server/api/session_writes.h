// SPDX-License-Identifier: MIT
//
// session_writes: the calls that give a session other data or another token.
#ifndef API_SESSION_WRITES_H
#define API_SESSION_WRITES_H

#include "http/request.h"

handler_fn session_writes_put;    // PUT /v1/sessions/{id}/data
handler_fn session_writes_patch;  // PATCH /v1/sessions/{id}/data
handler_fn session_writes_rotate; // POST /v1/sessions/{id}/rotate

#endif
