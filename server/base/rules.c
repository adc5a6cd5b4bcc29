// SPDX-License-Identifier: MIT
//
// rules: reads gc.schedules. What this version does not honour is refused, never ignored.
#include "base/rules.h"
#include "base/clock.h"
#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// Where we are, for sentences.
struct reader {
    size_t number;
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
    snprintf(r->error, r->error_size, "gc.schedules[%zu]%s%.60s: %s", r->number,
             member[0] != '\0' ? "." : "", member, what);
    return false;
}

static bool
is_name(const char *s)
{
    size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return len > 0 && len <= 64 && s[len] == '\0';
}

static bool
read_name(struct reader *r, struct config_rule *rule, const json_t *value)
{
    const char *name = json_string_value(value);
    if (name == NULL || !is_name(name))
        return refuse(r, "name", "must be 1 to 64 letters, digits, _ or -");
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
read_when(struct reader *r, struct config_rule *rule, const json_t *value)
{
    const char *every = json_string_value(json_object_get(value, "every"));
    if (json_object_size(value) != 1 || every == NULL)
        return refuse(r, "when", "must be {\"every\": DURATION}; this version has no other rule");
    if (!duration_parse(every, &rule->every_ms))
        return refuse(r, "when.every", "\"%.40s\" is not a duration such as 60s", every);
    if (rule->every_ms < 10 || rule->every_ms > INT64_C(30) * 86400000)
        return refuse(r, "when.every", "%.40s is outside of 10ms to 30d", every);
    return true;
}

static bool
read_action(struct reader *r, struct config_rule *rule, const json_t *value)
{
    if (!json_is_string(value) || strcmp(json_string_value(value), "collect") != 0)
        return refuse(r, "action", "must be \"collect\"; this version has no other action");
    return true;
}

static bool
read_generation(struct reader *r, struct config_rule *rule, const json_t *value)
{
    json_int_t generation = json_integer_value(value);
    if (!json_is_integer(value) || generation < 0 || generation > 2)
        return refuse(r, "generation", "must be 0, 1 or 2");
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

static const struct member {
    const char *name;
    bool required;
    bool (*read)(struct reader *r, struct config_rule *rule, const json_t *value);
} members[] = {
    {"name", true, read_name},
    {"enabled", false, read_enabled},
    {"when", true, read_when},
    {"action", true, read_action},
    {"generation", false, read_generation},
    {"budget_ms", false, read_budget}, // after the generation that it goes with
};

enum { MEMBER_COUNT = sizeof members / sizeof members[0] };

static bool
is_member(const char *name)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        if (strcmp(members[i].name, name) == 0)
            return true;
    return false;
}

static bool
read_rule(struct reader *r, struct config_rule *rule, json_t *object)
{
    const char *name;
    json_t *value;
    if (!json_is_object(object))
        return refuse(r, "", "must be an object");
    json_object_foreach(object, name, value) if (!is_member(name)) return refuse(r, name,
                                                                                 "unknown key");
    *rule =
        (struct config_rule){.enabled = true, .generation = 2, .budget_ms = CONFIG_DEFAULT_BUDGET};
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        value = json_object_get(object, members[i].name);
        if (value == NULL && members[i].required)
            return refuse(r, members[i].name, "is missing");
        if (value != NULL && !members[i].read(r, rule, value))
            return false;
    }
    return true;
}

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
    for (; r.number < json_array_size(list); r.number++) {
        if (r.number == CONFIG_MAX_RULES)
            return refuse(&r, "", "more than %d rules", CONFIG_MAX_RULES);
        struct config_rule *rule = &rules[r.number];
        if (!read_rule(&r, rule, json_array_get(list, r.number)))
            return false;
        if (has_name(rules, r.number, rule->name))
            return refuse(&r, "name", "\"%s\" is there twice", rule->name);
    }
    *count = r.number;
    return true;
}
