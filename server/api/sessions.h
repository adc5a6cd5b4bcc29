// SPDX-License-Identifier: MIT
//
// sessions: the calls about sessions.
#ifndef API_SESSIONS_H
#define API_SESSIONS_H

#include "http/request.h"

handler_fn sessions_create; // POST /v1/sessions
handler_fn sessions_verify; // POST /v1/sessions/verify
handler_fn sessions_show;   // GET /v1/sessions/{id}
handler_fn sessions_touch;  // POST /v1/sessions/{id}/touch
handler_fn sessions_delete; // DELETE /v1/sessions/{id}

#endif
