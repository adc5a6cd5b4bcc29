// SPDX-License-Identifier: MIT
//
// scheduler: which rule of the configuration falls due, and when the next one does. Knows times and
// nothing else: whoever asks says what time it is, and runs the rule.
//
// The first run of a rule is one interval after the start. Runs that were missed because others
// took long are made up by one, not by as many; the rhythm stays.
#ifndef GC_SCHEDULER_H
#define GC_SCHEDULER_H

#include "base/config.h"

struct scheduler {
    const struct config_rule *rules; // borrowed
    size_t count;
    uint64_t due_ns[CONFIG_MAX_RULES]; // monotonic; UINT64_MAX for a rule that is off
};

void scheduler_init(struct scheduler *s, const struct config_rule *rules, size_t count,
                    uint64_t now_ns);
// When the next rule falls due; UINT64_MAX: never.
uint64_t scheduler_next_ns(const struct scheduler *s);
// The rule that is overdue the longest, whose next run is set then; NULL when none is due.
const struct config_rule *scheduler_take_due(struct scheduler *s, uint64_t now_ns); /* borrowed */

#endif
