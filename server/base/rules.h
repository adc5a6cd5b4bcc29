// SPDX-License-Identifier: MIT
//
// rules: reads gc.schedules, the list of what the maintenance thread does by itself.
#ifndef BASE_RULES_H
#define BASE_RULES_H

#include "base/config.h"
#include "base/json.h"

// Reads [list] into [config]. False: [error] says what is wrong with which member, without a place.
bool rules_read(struct config *config, const json_t *list, char *error, size_t error_size);

#endif
