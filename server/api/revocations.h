// SPDX-License-Identifier: MIT
//
// revocations: the calls that end many sessions at once.
#ifndef API_REVOCATIONS_H
#define API_REVOCATIONS_H

#include "http/request.h"

handler_fn revocations_of_user; // DELETE /v1/users/{id}/sessions?except={session_id}
handler_fn revocations_of_all;  // DELETE /v1/sessions?all=true&confirm={count}

#endif
