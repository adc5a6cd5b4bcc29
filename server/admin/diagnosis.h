// SPDX-License-Identifier: MIT
//
// diagnosis: what is not as it should be, by rules: what was seen, and a command against it.
#ifndef ADMIN_DIAGNOSIS_H
#define ADMIN_DIAGNOSIS_H

#include "gc/jobs.h"

struct facts {
    struct shard_figures figures;
    struct jobs_state jobs;
    struct history_run runs[HISTORY_SIZE]; // the last one first
    size_t run_count;
    int64_t rss; // bytes; -1: not known
    struct writer_stats store;
    unsigned port; // of the admin plane
};

// {"items":[{severity, code, message, evidence, suggestion}…],"next_cursor":null}
void diagnosis_add(struct text *t, const struct facts *f);

#endif
