// SPDX-License-Identifier: MIT
//
// passes: what a pass over the shards is called, and what it did, as JSON.
#ifndef ADMIN_PASSES_H
#define ADMIN_PASSES_H

#include "gc/history.h"

void passes_add_title(struct text *t, const struct pass_title *title);
// Of one that is over: what it found, or what is frozen now.
void passes_add_result(struct text *t, const struct pass *pass);
void passes_add_run(struct text *t, const struct history_run *run);

#endif
