// SPDX-License-Identifier: MIT
//
// settings: an operator lets crossed thresholds ask for collections, or not, and sets the budget of
// those that have none of their own.
#ifndef ADMIN_SETTINGS_H
#define ADMIN_SETTINGS_H

#include "gc/policy.h"
#include "http/request.h"

handler_fn settings_change; // PATCH /v1/gc {enabled?, thresholds?, default_budget_ms?}

// "enabled":…,"changed_by":…,"thresholds":[…],"default_budget_ms":…
void settings_add_json(struct text *t, const struct policy *p);

#endif
