// SPDX-License-Identifier: MIT
//
// api: every call of the data plane in one table.
#include "api/api.h"

#include "api/probe.h"
#include "api/sessions.h"
#include "api/users.h"

const struct route api_routes[] = {
    {"GET", "/v1/sessions/{id}", sessions_show},
    {"POST", "/v1/sessions/verify", sessions_verify},
    {"POST", "/v1/sessions", sessions_create},
    {"DELETE", "/v1/sessions/{id}", sessions_delete},
    {"GET", "/v1/users/{id}", users_show},
    {"PUT", "/v1/users/{id}", users_put},
    {"GET", "/v1/users/{id}/sessions", users_show_sessions},
    {"GET", "/livez", probe_live},
    {"GET", "/readyz", probe_ready},
    {NULL, NULL, NULL},
};
