// SPDX-License-Identifier: MIT
//
// memory: how many bytes the heaps hold, by type, and how many the process takes from the system.
#ifndef ADMIN_MEMORY_H
#define ADMIN_MEMORY_H

#include "http/request.h"

handler_fn memory_show;       // GET /v1/memory?shard=
handler_fn memory_reset_peak; // POST /v1/memory/peak/reset?shard=

#endif
