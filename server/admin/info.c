// SPDX-License-Identifier: MIT
//
// info: what runs here, since when, and with which configuration.
//
// The configuration is shown as config_load noted it: tokens are masked there. What was changed
// since, rules and the level of the log, is shown as it is now.
#include "admin/info.h"

#include "admin/admin.h"
#include "admin/schedules.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/process.h"
#include "base/secret.h"
#include "http/body.h"
#include "http/listener.h"
#include "revision.h"
#include "store/db.h"
#include "store/feed.h"

#include <tenure/tenure.h>

#include <stdlib.h>

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

// Null where no other instance changes the store.
static void
add_feed(struct text *t, const struct domain *d)
{
    if (!d->feed) {
        text_adds(t, "\"feed\":null,");
        return;
    }
    struct feed_stats feed = feed_get_stats(d->feed);
    text_addf(t, "\"feed\":{\"up\":%s,\"beat_age_seconds\":", feed.is_up ? "true" : "false");
    if (feed.age_seconds < 0)
        text_adds(t, "null");
    else
        text_addf(t, "%.3f", feed.age_seconds);
    text_addf(t, ",\"bound_ms\":%lld,\"losses\":%llu},", (long long)d->config->store_bound_ms,
              (unsigned long long)feed.losses);
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
    add_feed(&t, d);
    add_libraries(&t);
    text_adds(&t, "}");
    reply_json(r, 200, &t);
}

static json_t * /* new */
read_rules(struct jobs *jobs)
{
    struct text t;
    text_init(&t);
    schedules_add_rules(&t, jobs);
    json_t *rules = t.failed ? NULL : json_loads(t.data, 0, NULL);
    text_fini(&t);
    return rules;
}

void
info_show_config(struct request *r)
{
    const struct admin *admin = r->app;
    json_t *config = json_loads(admin->domain->config->shown, 0, NULL);
    json_object_set_new(json_object_get(config, "gc"), "schedules", read_rules(admin->jobs));
    json_object_set_new(json_object_get(config, "log"), "level",
                        json_string(log_level_name(log_get_level())));
    char *shown = json_dumps(config, JSON_INDENT(2));
    json_decref(config);
    struct text t;
    text_init(&t);
    text_adds(&t, shown ? shown : "");
    t.failed |= shown == NULL;
    json_free_text(shown);
    reply_json(r, 200, &t);
}

void
info_set_log_level(struct request *r)
{
    static const char *const names[] = {"level", NULL};
    static const struct json_limits limits = {.depth = 2, .members = 16, .string = 64};
    enum log_level level, previous = log_get_level();
    json_t *body = NULL;
    if (!body_read(r, &limits, names, &body))
        return;
    const char *word = json_string_value(body_borrow(body, "level"));
    bool known = word != NULL && log_level_parse(word, &level);
    json_decref(body);
    if (!known) {
        reply_problem(r, "invalid-body", "level must be debug, info, warn or error.");
        return;
    }
    log_set_level(level);
    struct text t;
    text_init(&t);
    text_addf(&t, "{\"previous\":\"%s\",\"current\":\"%s\"}", log_level_name(previous),
              log_level_name(level));
    reply_json(r, 200, &t);
}
