// SPDX-License-Identifier: MIT
//
// info: what runs here, since when, and with which configuration.
//
// The configuration is shown as config_load noted it: tokens are masked there.
#include "admin/info.h"

#include "admin/admin.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/process.h"
#include "base/secret.h"
#include "http/listener.h"
#include "revision.h"
#include "store/db.h"

#include <tenure/tenure.h>

static void
add_libraries(struct text *t)
{
    const char *const libraries[][2] = {
        {"libmicrohttpd", listener_library()},
        {"jansson", jansson_version_str()},
        {"sqlite", db_library()},
        {"libsodium", secret_library()},
    };
    text_adds(t, "\"libraries\":{");
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++)
        text_addf(t, "%s\"%s\":\"%s\"", i > 0 ? "," : "", libraries[i][0], libraries[i][1]);
    text_adds(t, "}");
}

void
info_show(struct request *r)
{
    const struct domain *d = ((struct admin *)r->app)->domain;
    struct text t;
    text_init(&t);
    text_adds(&t, "{\"version\":\"" TN_VERSION "\",\"revision\":\"" REVISION "\",\"started_at\":");
    text_add_time(&t, d->started_at);
    text_addf(&t, ",\"uptime_seconds\":%.3f", (clock_monotonic_ns() - d->started_ns) / 1e9);
    text_addf(&t, ",\"shards\":%u,\"threads\":%u", d->shard_count,
              process_cores(d->config->http_threads, 2));
    text_addf(&t, ",\"store\":{\"kind\":\"%s\",\"durability\":\"%s\"},", d->store->ops->name,
              d->store->ops->durability);
    add_libraries(&t);
    text_adds(&t, "}");
    reply_json(r, 200, &t);
}

void
info_show_config(struct request *r)
{
    const struct domain *d = ((struct admin *)r->app)->domain;
    struct text t;
    text_init(&t);
    text_adds(&t, d->config->shown);
    reply_json(r, 200, &t);
}
