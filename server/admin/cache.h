// SPDX-License-Identifier: MIT
//
// cache: how well the map of users does.
#ifndef ADMIN_CACHE_H
#define ADMIN_CACHE_H

#include "http/request.h"

handler_fn cache_show; // GET /v1/cache

handler_fn cache_show_user; // GET /v1/cache/users/{id}
handler_fn cache_evict;     // DELETE /v1/cache/users/{id}
handler_fn cache_sweep;     // POST /v1/cache/sweep

#endif
