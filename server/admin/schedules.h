// SPDX-License-Identifier: MIT
//
// schedules: an operator looks at the rules, and changes them while they run.
#ifndef ADMIN_SCHEDULES_H
#define ADMIN_SCHEDULES_H

#include "gc/jobs.h"
#include "http/request.h"

handler_fn schedules_list;   // GET /v1/gc/schedules
handler_fn schedules_put;    // PUT /v1/gc/schedules/{name}
handler_fn schedules_delete; // DELETE /v1/gc/schedules/{name}

// The rules that hold now, in the JSON of the configuration.
void schedules_add_rules(struct text *t, struct jobs *jobs);

#endif
