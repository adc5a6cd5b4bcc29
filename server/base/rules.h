// SPDX-License-Identifier: MIT
//
// rules: reads gc.schedules, the list of what the maintenance thread does by itself.
#ifndef BASE_RULES_H
#define BASE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CONFIG_MAX_RULES = 32,
    CONFIG_MAX_BUDGET_MS = 60000,
    CONFIG_DEFAULT_BUDGET = -1, // gc.default_budget_ms, as it is when the rule runs
};

// A rule of gc.schedules. For now only when.every.
struct config_rule {
    char name[65];
    bool enabled;
    int64_t every_ms;
    int generation;
    int budget_ms; // with generation 2; 0: none
};

struct json_t;

// Reads the JSON array [list] into [rules] and [count]. False: [error] is a sentence that names the
// member, without the place.
bool rules_read(struct config_rule rules[CONFIG_MAX_RULES], size_t *count,
                const struct json_t *list, char *error, size_t error_size);

#endif
