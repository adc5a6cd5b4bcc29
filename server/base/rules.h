// SPDX-License-Identifier: MIT
//
// rules: reads and writes a rule of gc.schedules: when the maintenance thread does what by itself.
//
// The file, the environment and the admin plane speak of a rule in the same JSON.
#ifndef BASE_RULES_H
#define BASE_RULES_H

#include "base/text.h"

enum {
    CONFIG_MAX_RULES = 32,
    CONFIG_MAX_BUDGET_MS = 60000,
    CONFIG_DEFAULT_BUDGET = -1, // gc.default_budget_ms, as it is when the rule runs
    CONFIG_RULE_NAME_SIZE = 65,
};

// What a rule waits for; the member of `when`.
enum rule_trigger {
    RULE_EVERY,
    RULE_EVERY_REQUESTS,
    RULE_IDLE_FOR,
    RULE_MEMORY_ABOVE,
    RULE_ALLOCATIONS_ABOVE,
    RULE_TRIGGERS
};

enum rule_action { RULE_COLLECT, RULE_FREEZE, RULE_REFREEZE };

struct config_rule {
    char name[CONFIG_RULE_NAME_SIZE];
    bool enabled;
    enum rule_trigger trigger;
    int64_t amount; // of what it waits for: ms, requests, bytes, or objects
    bool is_share;  // of RULE_MEMORY_ABOVE: hundredths of the control group's limit instead
    enum rule_action action;
    int generation;
    int budget_ms;                                    // with generation 2; 0: none
    int64_t min_interval_ms, jitter_ms, max_defer_ms; // 0: none
};

struct json_t;

// Reads the JSON array [list] into [rules] and [count]. False: [error] is a sentence that names the
// member, without the place.
bool rules_read(struct config_rule rules[CONFIG_MAX_RULES], size_t *count,
                const struct json_t *list, char *error, size_t error_size);
// Reads the JSON object [object] as the rule [name], which it may repeat.
bool rules_read_one(struct config_rule *rule, const char *name, const struct json_t *object,
                    char *error, size_t error_size);
bool rules_is_name(struct span name);
// The members of [rule], without the braces, so that a writer may add its own. A budget that is the
// default one is left out.
void rules_add_members(struct text *t, const struct config_rule *rule);

#endif
