// SPDX-License-Identifier: MIT
//
// api: every call of the data plane in one table.
#include "api/api.h"

#include "api/batch.h"
#include "api/describe.h"
#include "api/probe.h"
#include "api/revocations.h"
#include "api/session_writes.h"
#include "api/sessions.h"
#include "api/user_list.h"
#include "api/users.h"

const struct route api_routes[] = {
    {"GET", "/v1/sessions/{id}", sessions_show, ACCESS_DATA},
    {"HEAD", "/v1/sessions/{id}", sessions_show, ACCESS_DATA},
    {"GET", "/v1/sessions", users_find_sessions, ACCESS_DATA},
    {"DELETE", "/v1/sessions", revocations_of_all, ACCESS_DATA},
    {"POST", "/v1/sessions/batch", batch_run, ACCESS_DATA},
    {"POST", "/v1/sessions/verify", sessions_verify, ACCESS_DATA},
    {"POST", "/v1/sessions", sessions_create, ACCESS_DATA},
    {"DELETE", "/v1/sessions/{id}", sessions_delete, ACCESS_DATA},
    {"PUT", "/v1/sessions/{id}/data", session_writes_put, ACCESS_DATA},
    {"PATCH", "/v1/sessions/{id}/data", session_writes_patch, ACCESS_DATA},
    {"POST", "/v1/sessions/{id}/touch", sessions_touch, ACCESS_DATA},
    {"POST", "/v1/sessions/{id}/rotate", session_writes_rotate, ACCESS_DATA},
    {"GET", "/v1/users/{id}", users_show, ACCESS_DATA},
    {"HEAD", "/v1/users/{id}", users_show, ACCESS_DATA},
    {"PUT", "/v1/users/{id}", users_put, ACCESS_DATA},
    {"PATCH", "/v1/users/{id}", users_patch, ACCESS_DATA},
    {"DELETE", "/v1/users/{id}", users_delete, ACCESS_DATA},
    {"GET", "/v1/users", user_list_show, ACCESS_DATA},
    {"GET", "/v1/users/{id}/sessions", users_show_sessions, ACCESS_DATA},
    {"DELETE", "/v1/users/{id}/sessions", revocations_of_user, ACCESS_DATA},
    {"GET", "/openapi.json", describe_show, ACCESS_DATA},
    {"GET", "/livez", probe_live, ACCESS_OPEN},
    {"GET", "/readyz", probe_ready, ACCESS_OPEN},
    {NULL, NULL, NULL, 0},
};
