// SPDX-License-Identifier: MIT
//
// admin: every call of the admin plane in one table.
#include "admin/admin.h"

#include "admin/gc.h"
#include "admin/health.h"
#include "admin/memory.h"

const struct route admin_routes[] = {
    {"GET", "/livez", health_live},
    {"GET", "/readyz", health_ready},
    {"GET", "/v1/gc", gc_show},
    {"POST", "/v1/gc/collect", gc_collect},
    {"POST", "/v1/gc/freeze", gc_freeze},
    {"POST", "/v1/gc/unfreeze", gc_unfreeze},
    {"GET", "/v1/memory", memory_show},
    {"POST", "/v1/memory/peak/reset", memory_reset_peak},
    {NULL, NULL, NULL},
};
