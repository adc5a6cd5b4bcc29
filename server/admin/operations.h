// SPDX-License-Identifier: MIT
//
// operations: orders that nobody waits for.
#ifndef ADMIN_OPERATIONS_H
#define ADMIN_OPERATIONS_H

#include "gc/operations.h"
#include "http/request.h"

handler_fn operations_show;   // GET /v1/operations/{id}
handler_fn operations_delete; // DELETE /v1/operations/{id}

// Submits a job and answers with 202 and where it can be looked for, or with a refusal.
void operations_begin(struct request *r, enum pass_kind kind, int generation, int budget_ms);

#endif
