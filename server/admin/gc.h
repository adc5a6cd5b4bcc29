// SPDX-License-Identifier: MIT
//
// gc: an operator looks at the collector, collects, freezes and unfreezes.
//
// What changes something is a job: the request is suspended until the maintenance thread has done
// it.
#ifndef ADMIN_GC_H
#define ADMIN_GC_H

#include "gc/jobs.h"
#include "http/request.h"

handler_fn gc_show;     // GET /v1/gc?shard=
handler_fn gc_collect;  // POST /v1/gc/collect {generation: 2, budget_ms?, wait: true, dry_run?}
handler_fn gc_freeze;   // POST /v1/gc/freeze {collect_first: true}
handler_fn gc_unfreeze; // POST /v1/gc/unfreeze

handler_fn gc_refreeze;     // POST /v1/gc/refreeze
handler_fn gc_show_history; // GET /v1/gc/history

// Says why jobs_submit refused a job.
void gc_refuse(struct request *r, enum jobs_answer why, const struct pass_title *running);

#endif
