// SPDX-License-Identifier: MIT
//
// users: the calls about users.
#ifndef API_USERS_H
#define API_USERS_H

#include "http/request.h"

handler_fn users_put;           // PUT /v1/users/{id}
handler_fn users_patch;         // PATCH /v1/users/{id}
handler_fn users_delete;        // DELETE /v1/users/{id}
handler_fn users_show;          // GET /v1/users/{id}
handler_fn users_show_sessions; // GET /v1/users/{id}/sessions
handler_fn users_find_sessions; // GET /v1/sessions?user_id={id}

#endif
