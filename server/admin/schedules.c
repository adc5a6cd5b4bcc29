// SPDX-License-Identifier: MIT
//
// schedules: the rule in the configuration's JSON, and how it does.
#include "admin/schedules.h"

#include "admin/admin.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/body.h"

#include <string.h>

static const struct json_limits LIMITS = {.depth = 4, .members = 16, .string = 256};

// --- Showing -----------------------------------------------------------------------------------

static void
add_next_run(struct text *t, const struct schedule *s, uint64_t now_ns)
{
    text_adds(t, ",\"next_run\":");
    if (s->due_ns == UINT64_MAX)
        text_adds(t, "null");
    else
        text_add_time(t, clock_ms() + ((int64_t)s->due_ns - (int64_t)now_ns) / 1000000);
}

static void
add_schedule(struct text *t, const struct schedule *s, uint64_t now_ns)
{
    text_adds(t, "{");
    rules_add_members(t, &s->rule);
    text_adds(t, ",\"last_run\":");
    if (s->last_at == 0)
        text_adds(t, "null");
    else
        text_add_time(t, s->last_at);
    add_next_run(t, s, now_ns);
    text_addf(t, ",\"runs\":%lu,\"skipped\":{", (unsigned long)s->runs);
    for (int i = 0; i < SKIP_REASONS; i++)
        text_addf(t, "%s\"%s\":%lu", i > 0 ? "," : "", skip_reason_name((enum skip_reason)i),
                  (unsigned long)s->skipped[i]);
    text_adds(t, "}}");
}

void
schedules_list(struct request *r)
{
    struct admin *admin = r->app;
    struct schedule rules[CONFIG_MAX_RULES];
    size_t count = jobs_read_rules(admin->jobs, rules);
    struct text t;
    text_init(&t);
    text_adds(&t, "{\"items\":[");
    for (size_t i = 0; i < count; i++) {
        text_adds(&t, i > 0 ? "," : "");
        add_schedule(&t, &rules[i], jobs_now_ns(admin->jobs));
    }
    text_adds(&t, "],\"next_cursor\":null}");
    reply_json(r, 200, &t);
}

void
schedules_add_rules(struct text *t, struct jobs *jobs)
{
    struct schedule rules[CONFIG_MAX_RULES];
    size_t count = jobs_read_rules(jobs, rules);
    text_adds(t, "[");
    for (size_t i = 0; i < count; i++) {
        text_adds(t, i > 0 ? ",{" : "{");
        rules_add_members(t, &rules[i].rule);
        text_adds(t, "}");
    }
    text_adds(t, "]");
}

// --- Changing ----------------------------------------------------------------------------------

static bool
find(struct admin *admin, struct span name, struct schedule *found)
{
    struct schedule rules[CONFIG_MAX_RULES];
    size_t count = jobs_read_rules(admin->jobs, rules);
    for (size_t i = 0; i < count; i++)
        if (span_is(name, rules[i].rule.name)) {
            *found = rules[i];
            return true;
        }
    return false;
}

static void
add_rule(struct text *t, const struct config_rule *rule)
{
    text_init(t);
    text_adds(t, rule ? "{" : "null");
    if (rule)
        rules_add_members(t, rule);
    text_adds(t, rule ? "}" : "");
}

// One line: what was, and what is. Either may be NULL.
static void
log_change(struct request *r, const struct config_rule *before, const struct config_rule *after)
{
    struct text was, is;
    char caller[POLICY_NAME_SIZE];
    request_name_caller(r, caller, sizeof caller);
    add_rule(&was, before);
    add_rule(&is, after);
    log_event(LOG_INFO, "schedule", "caller", "s", caller, "before", "s", was.data, "after", "s",
              is.data, NULL);
    text_fini(&was);
    text_fini(&is);
}

static bool
read_rule(struct request *r, struct config_rule *rule)
{
    char name[CONFIG_RULE_NAME_SIZE], error[256];
    json_t *body = NULL;
    if (!rules_is_name(r->params[0])) {
        reply_problem(r, "invalid-parameter", "A name is 1 to 64 letters, digits, _ or -.");
        return false;
    }
    memcpy(name, r->params[0].data, r->params[0].len);
    name[r->params[0].len] = '\0';
    if (!body_read(r, &LIMITS, NULL, &body))
        return false;
    if (!rules_read_one(rule, name, body, error, sizeof error))
        reply_problem(r, "invalid-body", "%s.", error);
    json_decref(body);
    return r->reply.status == 0;
}

static void
reply_schedule(struct request *r, unsigned status, struct span name)
{
    struct admin *admin = r->app;
    struct schedule now;
    struct text t;
    text_init(&t);
    if (find(admin, name, &now))
        add_schedule(&t, &now, jobs_now_ns(admin->jobs));
    reply_json(r, status, &t);
}

void
schedules_put(struct request *r)
{
    struct admin *admin = r->app;
    struct config_rule rule;
    struct schedule before;
    if (!read_rule(r, &rule))
        return;
    bool was = find(admin, r->params[0], &before);
    enum scheduler_answer answer = jobs_put_rule(admin->jobs, &rule);
    if (answer == SCHEDULER_FULL) {
        reply_problem(r, "schedule-limit", "There are %d already.", CONFIG_MAX_RULES);
        return;
    }
    log_change(r, was ? &before.rule : NULL, &rule);
    reply_schedule(r, answer == SCHEDULER_CREATED ? 201 : 200, r->params[0]);
}

void
schedules_delete(struct request *r)
{
    struct admin *admin = r->app;
    struct schedule before;
    if (!find(admin, r->params[0], &before) || !jobs_remove_rule(admin->jobs, before.rule.name)) {
        reply_problem(r, "schedule-not-found", "GET /v1/gc/schedules lists those that are there.");
        return;
    }
    log_change(r, &before.rule, NULL);
    reply_empty(r, 204);
}
