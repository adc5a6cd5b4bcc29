// SPDX-License-Identifier: MIT
//
// rules: what cannot be honoured is refused, never ignored. A member that is null counts as one
// that is not there.
#include "base/rules.h"
#include "base/clock.h"
#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_MS (INT64_C(30) * 86400000)
#define MOST_COUNT (INT64_C(1) << 53)

// Where we are, for sentences.
struct reader {
    char prefix[32]; // of the member's name; may be ""
    char *error;
    size_t error_size;
};

static bool refuse(struct reader *r, const char *member, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool
refuse(struct reader *r, const char *member, const char *format, ...)
{
    char what[160];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    snprintf(r->error, r->error_size, "%s%s%.60s: %s", r->prefix,
             r->prefix[0] != '\0' && member[0] != '\0' ? "." : "", member, what);
    return false;
}

// --- Values --------------------------------------------------------------------------------------

bool
rules_is_name(struct span name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    for (size_t i = 0; i < name.len; i++)
        if (memchr(allowed, name.data[i], sizeof allowed - 1) == NULL)
            return false;
    return name.len > 0 && name.len < CONFIG_RULE_NAME_SIZE;
}

static bool
read_duration(struct reader *r, const char *member, const json_t *value, const char *least,
              int64_t *ms)
{
    const char *text = json_string_value(value);
    int64_t least_ms = 0;
    if (text == NULL || !duration_parse(text, ms))
        return refuse(r, member, "\"%.40s\" is not a duration such as 60s", text ? text : "");
    duration_parse(least, &least_ms);
    if (*ms < least_ms || *ms > LONGEST_MS)
        return refuse(r, member, "%.40s is outside of %s to 30d", text, least);
    return true;
}

static bool
read_count(struct reader *r, const char *member, const json_t *value, int64_t *count)
{
    *count = json_integer_value(value);
    return (json_is_integer(value) && *count >= 1 && *count <= MOST_COUNT) ||
           refuse(r, member, "must be a whole number from 1 to %jd", (intmax_t)MOST_COUNT);
}

// "80%", of the control group's limit.
static bool
read_share(const char *text, int64_t *percent)
{
    int end = 0, number = 0;
    bool read = sscanf(text, "%3d%%%n", &number, &end) == 1 && end > 0 && text[end] == '\0';
    *percent = number;
    return read && text[0] >= '0' && text[0] <= '9' && number >= 1 && number <= 100;
}

// --- when ----------------------------------------------------------------------------------------

static bool
read_every(struct reader *r, struct config_rule *rule, const json_t *value)
{
    return read_duration(r, "when.every", value, "10ms", &rule->amount);
}

static bool
read_every_requests(struct reader *r, struct config_rule *rule, const json_t *value)
{
    return read_count(r, "when.every_requests", value, &rule->amount);
}

static bool
read_idle_for(struct reader *r, struct config_rule *rule, const json_t *value)
{
    return read_duration(r, "when.idle_for", value, "100ms", &rule->amount);
}

static bool
read_memory_above(struct reader *r, struct config_rule *rule, const json_t *value)
{
    rule->is_share = json_is_string(value);
    if (!rule->is_share)
        return read_count(r, "when.memory_above", value, &rule->amount);
    return read_share(json_string_value(value), &rule->amount) ||
           refuse(r, "when.memory_above", "\"%.40s\" is not a share from 1%% to 100%%",
                  json_string_value(value));
}

static bool
read_allocations_above(struct reader *r, struct config_rule *rule, const json_t *value)
{
    return read_count(r, "when.allocations_above", value, &rule->amount);
}

typedef bool read_fn(struct reader *r, struct config_rule *rule, const json_t *value);

static const struct {
    const char *name;
    read_fn *read;
} triggers[RULE_TRIGGERS] = {
    [RULE_EVERY] = {"every", read_every},
    [RULE_EVERY_REQUESTS] = {"every_requests", read_every_requests},
    [RULE_IDLE_FOR] = {"idle_for", read_idle_for},
    [RULE_MEMORY_ABOVE] = {"memory_above", read_memory_above},
    [RULE_ALLOCATIONS_ABOVE] = {"allocations_above", read_allocations_above},
};

static bool
read_when(struct reader *r, struct config_rule *rule, const json_t *value)
{
    for (int i = 0; i < RULE_TRIGGERS; i++) {
        const json_t *amount = json_object_get(value, triggers[i].name);
        if (amount == NULL || json_object_size(value) != 1)
            continue;
        rule->trigger = (enum rule_trigger)i;
        return triggers[i].read(r, rule, amount);
    }
    return refuse(r, "when",
                  "must have one member: every, every_requests, idle_for, memory_above or "
                  "allocations_above");
}

// --- The other members ---------------------------------------------------------------------------

static const char *const actions[] = {"collect", "freeze", "refreeze"};

static bool
read_name(struct reader *r, struct config_rule *rule, const json_t *value)
{
    const char *name = json_string_value(value);
    if (name == NULL || !rules_is_name(span_of(name)))
        return refuse(r, "name", "must be 1 to 64 letters, digits, _ or -");
    if (rule->name[0] != '\0' && strcmp(rule->name, name) != 0)
        return refuse(r, "name", "must be that of the path, or be left out");
    snprintf(rule->name, sizeof rule->name, "%s", name);
    return true;
}

static bool
read_enabled(struct reader *r, struct config_rule *rule, const json_t *value)
{
    if (!json_is_boolean(value))
        return refuse(r, "enabled", "must be true or false");
    rule->enabled = json_is_true(value);
    return true;
}

static bool
read_action(struct reader *r, struct config_rule *rule, const json_t *value)
{
    const char *action = json_string_value(value);
    for (int i = RULE_COLLECT; action != NULL && i <= RULE_REFREEZE; i++)
        if (strcmp(action, actions[i]) == 0) {
            rule->action = (enum rule_action)i;
            return true;
        }
    return refuse(r, "action", "must be \"collect\", \"freeze\" or \"refreeze\"");
}

static bool
read_generation(struct reader *r, struct config_rule *rule, const json_t *value)
{
    json_int_t generation = json_integer_value(value);
    if (!json_is_integer(value) || generation < 0 || generation > 2)
        return refuse(r, "generation", "must be 0, 1 or 2");
    if (rule->action != RULE_COLLECT && generation != 2)
        return refuse(r, "generation", "must be 2: what is frozen was collected before");
    rule->generation = (int)generation;
    return true;
}

static bool
read_budget(struct reader *r, struct config_rule *rule, const json_t *value)
{
    json_int_t ms = json_integer_value(value);
    if (!json_is_integer(value) || ms < 0 || ms > CONFIG_MAX_BUDGET_MS)
        return refuse(r, "budget_ms", "must be a whole number from 0 to %d", CONFIG_MAX_BUDGET_MS);
    if (rule->generation != 2)
        return refuse(r, "budget_ms", "goes with generation 2 only");
    rule->budget_ms = (int)ms;
    return true;
}

static bool
read_min_interval(struct reader *r, struct config_rule *rule, const json_t *value)
{
    return read_duration(r, "min_interval", value, "0s", &rule->min_interval_ms);
}

static bool
read_jitter(struct reader *r, struct config_rule *rule, const json_t *value)
{
    if (!read_duration(r, "jitter", value, "0s", &rule->jitter_ms))
        return false;
    if (rule->trigger == RULE_EVERY && rule->jitter_ms > rule->amount)
        return refuse(r, "jitter", "must not be longer than the interval");
    return true;
}

static bool
read_max_defer(struct reader *r, struct config_rule *rule, const json_t *value)
{
    return read_duration(r, "max_defer", value, "0s", &rule->max_defer_ms);
}

// A member is read after those that it must agree with.
static const struct member {
    const char *name;
    bool required;
    read_fn *read;
} members[] = {
    {"name", true, read_name},
    {"enabled", false, read_enabled},
    {"when", true, read_when},
    {"action", true, read_action},
    {"generation", false, read_generation},
    {"budget_ms", false, read_budget},
    {"min_interval", false, read_min_interval},
    {"jitter", false, read_jitter},
    {"max_defer", false, read_max_defer},
};

enum { MEMBER_COUNT = sizeof members / sizeof members[0] };

// --- A rule --------------------------------------------------------------------------------------

static bool
is_member(const char *name)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        if (strcmp(members[i].name, name) == 0)
            return true;
    return false;
}

static bool
has_only_members(struct reader *r, const json_t *object)
{
    for (void *i = json_object_iter((json_t *)object); i != NULL;
         i = json_object_iter_next((json_t *)object, i))
        if (!is_member(json_object_iter_key(i)))
            return refuse(r, json_object_iter_key(i), "unknown key");
    return true;
}

static bool
read_members(struct reader *r, struct config_rule *rule, const json_t *object)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        const json_t *value = json_object_get(object, members[i].name);
        bool is_there = value != NULL && !json_is_null(value);
        bool is_known = members[i].read == read_name && rule->name[0] != '\0';
        if (!is_there && members[i].required && !is_known)
            return refuse(r, members[i].name, "is missing");
        if (is_there && !members[i].read(r, rule, value))
            return false;
    }
    return true;
}

// [rule] holds its name, or "".
static bool
read_rule(struct reader *r, struct config_rule *rule, const json_t *object)
{
    rule->enabled = true;
    rule->generation = 2;
    rule->budget_ms = CONFIG_DEFAULT_BUDGET;
    if (!json_is_object(object))
        return refuse(r, "", "must be an object");
    return has_only_members(r, object) && read_members(r, rule, object);
}

bool
rules_read_one(struct config_rule *rule, const char *name, const struct json_t *object, char *error,
               size_t error_size)
{
    struct reader r = {.error = error, .error_size = error_size};
    *rule = (struct config_rule){.enabled = true};
    snprintf(rule->name, sizeof rule->name, "%s", name);
    return read_rule(&r, rule, object);
}

// --- All of them ---------------------------------------------------------------------------------

static bool
has_name(const struct config_rule *rules, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rules[i].name, name) == 0)
            return true;
    return false;
}

bool
rules_read(struct config_rule rules[CONFIG_MAX_RULES], size_t *count, const struct json_t *list,
           char *error, size_t error_size)
{
    struct reader r = {.error = error, .error_size = error_size};
    size_t i = 0;
    for (; i < json_array_size(list); i++) {
        snprintf(r.prefix, sizeof r.prefix, "gc.schedules[%zu]", i);
        if (i == CONFIG_MAX_RULES)
            return refuse(&r, "", "more than %d rules", CONFIG_MAX_RULES);
        rules[i] = (struct config_rule){.enabled = true};
        if (!read_rule(&r, &rules[i], json_array_get(list, i)))
            return false;
        if (has_name(rules, i, rules[i].name))
            return refuse(&r, "name", "\"%s\" is there twice", rules[i].name);
    }
    *count = i;
    return true;
}

// --- Writing -------------------------------------------------------------------------------------

static void
add_duration(struct text *t, const char *name, int64_t ms)
{
    char text[DURATION_SIZE];
    duration_print(ms, text);
    text_addf(t, "\"%s\":\"%s\"", name, text);
}

static void
add_when(struct text *t, const struct config_rule *rule)
{
    const char *name = triggers[rule->trigger].name;
    text_adds(t, "\"when\":{");
    if (rule->trigger == RULE_EVERY || rule->trigger == RULE_IDLE_FOR)
        add_duration(t, name, rule->amount);
    else
        text_addf(t, rule->is_share ? "\"%s\":\"%jd%%\"" : "\"%s\":%jd", name,
                  (intmax_t)rule->amount);
    text_adds(t, "}");
}

void
rules_add_members(struct text *t, const struct config_rule *rule)
{
    text_addf(t, "\"name\":\"%s\",\"enabled\":%s,", rule->name, rule->enabled ? "true" : "false");
    add_when(t, rule);
    text_addf(t, ",\"action\":\"%s\",\"generation\":%d,", actions[rule->action], rule->generation);
    if (rule->budget_ms != CONFIG_DEFAULT_BUDGET)
        text_addf(t, "\"budget_ms\":%d,", rule->budget_ms);
    add_duration(t, "min_interval", rule->min_interval_ms);
    text_adds(t, ",");
    add_duration(t, "jitter", rule->jitter_ms);
    text_adds(t, ",");
    add_duration(t, "max_defer", rule->max_defer_ms);
}
