// SPDX-License-Identifier: MIT
//
// settings: read what is, change what the body names, tell both. The admin plane has one thread, so
// nobody changes anything in between.
#include "admin/settings.h"

#include "admin/admin.h"
#include "http/body.h"

#include <limits.h>

static const struct json_limits LIMITS = {.depth = 4, .members = 16, .string = 256};

void
settings_add_json(struct text *t, const struct policy *p)
{
    text_addf(t, "\"enabled\":%s,\"changed_by\":", p->enabled ? "true" : "false");
    text_add_json(t, span_of(p->changed_by));
    for (int g = 0; g < TN_GENERATIONS; g++)
        text_addf(t, "%s%zu", g == 0 ? ",\"thresholds\":[" : ",", p->thresholds[g]);
    text_addf(t, "],\"default_budget_ms\":%d", p->default_budget_ms);
}

static bool
read_thresholds(struct request *r, const json_t *list, struct policy *p)
{
    bool good = json_array_size(list) == TN_GENERATIONS;
    for (size_t g = 0; good && g < TN_GENERATIONS; g++) {
        const json_t *item = json_array_get(list, g);
        json_int_t value = json_integer_value(item);
        good = json_is_integer(item) && value >= 0 && value <= INT_MAX;
        p->thresholds[g] = (size_t)value;
    }
    if (!good)
        reply_problem(r, "invalid-body", "thresholds must be %d whole numbers from 0 to %d.",
                      TN_GENERATIONS, INT_MAX);
    return good;
}

static bool
read_change(struct request *r, const json_t *body, struct policy *p)
{
    const json_t *thresholds = body_borrow(body, "thresholds");
    return body_get_bool(r, body, "enabled", &p->enabled) &&
           body_get_int(r, body, "default_budget_ms", 0, CONFIG_MAX_BUDGET_MS,
                        &p->default_budget_ms) &&
           (thresholds == NULL || read_thresholds(r, thresholds, p));
}

static void
reply_change(struct request *r, const struct policy *previous, const struct policy *current)
{
    struct text t;
    text_init(&t);
    text_adds(&t, "{\"previous\":{");
    settings_add_json(&t, previous);
    text_adds(&t, "},\"current\":{");
    settings_add_json(&t, current);
    text_adds(&t, "}}");
    reply_json(r, 200, &t);
}

void
settings_change(struct request *r)
{
    static const char *const names[] = {"enabled", "thresholds", "default_budget_ms", NULL};
    struct admin *admin = r->app;
    struct jobs_state state;
    json_t *body = NULL;
    jobs_read(admin->jobs, &state);
    struct policy changed = state.policy;
    bool read = body_read(r, &LIMITS, names, &body) && read_change(r, body, &changed);
    json_decref(body);
    if (!read)
        return;
    request_name_caller(r, changed.changed_by, sizeof changed.changed_by);
    jobs_change_policy(admin->jobs, &changed);
    reply_change(r, &state.policy, &changed);
}
