// SPDX-License-Identifier: MIT
//
// cache: how well the map of users does.
#ifndef ADMIN_CACHE_H
#define ADMIN_CACHE_H

#include "http/request.h"

handler_fn cache_show; // GET /v1/cache

#endif
