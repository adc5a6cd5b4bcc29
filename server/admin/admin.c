// SPDX-License-Identifier: MIT
//
// admin: every call of the admin plane in one table.
#include "admin/admin.h"

#include "admin/cache.h"
#include "admin/census.h"
#include "admin/description.h"
#include "admin/doctor.h"
#include "admin/dump.h"
#include "admin/gc.h"
#include "admin/health.h"
#include "admin/heap.h"
#include "admin/info.h"
#include "admin/inventory.h"
#include "admin/memory.h"
#include "admin/metrics.h"
#include "admin/operations.h"
#include "admin/page.h"
#include "admin/retainers.h"
#include "admin/schedules.h"
#include "admin/settings.h"
#include "admin/snapshots.h"
#include "admin/tracing.h"

const struct route admin_routes[] = {
    {"GET", "/", page_show, ACCESS_OPEN},
    {"GET", "/assets/{file}", page_show_asset, ACCESS_OPEN},
    {"GET", "/livez", health_live, ACCESS_OPEN},
    {"GET", "/readyz", health_ready, ACCESS_OPEN},
    {"GET", "/openapi.json", description_show, ACCESS_READ},
    {"POST", "/v1/drain", health_drain, ACCESS_OPERATE},
    {"GET", "/v1/gc", gc_show, ACCESS_READ},
    {"PATCH", "/v1/gc", settings_change, ACCESS_OPERATE},
    {"POST", "/v1/gc/collect", gc_collect, ACCESS_OPERATE},
    {"POST", "/v1/gc/freeze", gc_freeze, ACCESS_OPERATE},
    {"POST", "/v1/gc/unfreeze", gc_unfreeze, ACCESS_OPERATE},
    {"POST", "/v1/gc/refreeze", gc_refreeze, ACCESS_OPERATE},
    {"GET", "/v1/gc/history", gc_show_history, ACCESS_READ},
    {"GET", "/v1/gc/schedules", schedules_list, ACCESS_READ},
    {"PUT", "/v1/gc/schedules/{name}", schedules_put, ACCESS_OPERATE},
    {"DELETE", "/v1/gc/schedules/{name}", schedules_delete, ACCESS_OPERATE},
    {"GET", "/v1/operations/{id}", operations_show, ACCESS_READ},
    {"DELETE", "/v1/operations/{id}", operations_delete, ACCESS_OPERATE},
    {"PUT", "/v1/log-level", info_set_log_level, ACCESS_OPERATE},
    {"GET", "/v1/cache", cache_show, ACCESS_READ},
    {"GET", "/v1/cache/users/{id}", cache_show_user, ACCESS_READ},
    {"DELETE", "/v1/cache/users/{id}", cache_evict, ACCESS_OPERATE},
    {"POST", "/v1/cache/sweep", cache_sweep, ACCESS_OPERATE},
    {"GET", "/v1/doctor", doctor_show, ACCESS_READ},
    {"GET", "/metrics", metrics_show, ACCESS_READ},
    {"GET", "/v1/memory", memory_show, ACCESS_READ},
    {"POST", "/v1/memory/peak/reset", memory_reset_peak, ACCESS_OPERATE},
    {"PATCH", "/v1/memory/tracing", tracing_change, ACCESS_OPERATE},
    {"GET", "/v1/memory/routes", tracing_routes, ACCESS_READ},
    {"POST", "/v1/memory/snapshots", snapshots_take, ACCESS_OPERATE},
    {"GET", "/v1/memory/snapshots", snapshots_list, ACCESS_READ},
    {"GET", "/v1/memory/snapshots/{id}", snapshots_show, ACCESS_READ},
    {"DELETE", "/v1/memory/snapshots/{id}", snapshots_delete, ACCESS_OPERATE},
    {"GET", "/v1/memory/snapshots/{id}/top", snapshots_top, ACCESS_READ},
    {"GET", "/v1/memory/diff", snapshots_diff, ACCESS_READ},
    {"GET", "/v1/heap/census", census_show, ACCESS_READ},
    {"GET", "/v1/heap/objects", inventory_list, ACCESS_READ},
    {"GET", "/v1/heap/objects/{oid}", heap_show_object, ACCESS_READ},
    {"GET", "/v1/heap/objects/{oid}/referents", heap_show_referents, ACCESS_READ},
    {"GET", "/v1/heap/objects/{oid}/size", heap_show_size, ACCESS_READ},
    {"GET", "/v1/heap/objects/{oid}/referrers", retainers_show_referrers, ACCESS_READ},
    {"GET", "/v1/heap/objects/{oid}/roots", retainers_show_roots, ACCESS_READ},
    {"GET", "/debug/pprof/heap", snapshots_pprof, ACCESS_DUMP},
    {"POST", "/v1/heap/dump", dump_take, ACCESS_DUMP},
    {"GET", "/v1/info", info_show, ACCESS_READ},
    {"GET", "/v1/config", info_show_config, ACCESS_READ},
    {NULL, NULL, NULL, 0},
};
