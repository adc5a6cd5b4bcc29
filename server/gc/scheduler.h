// SPDX-License-Identifier: MIT
//
// scheduler: which rule falls due, and what became of each so far. Knows what its caller's senses
// say and nothing else; whoever asks runs the rule.
//
// A rule falls due when what it waits for has come, and up to its jitter later. It runs then,
// unless its last run is too near, or it waits for a moment without requests. What is not run is
// counted, once an occasion, by its reason. Runs `every` so often that were missed because others
// took long are made up by one; the rhythm stays. Locking: the owner's.
#ifndef GC_SCHEDULER_H
#define GC_SCHEDULER_H

#include "base/config.h"
#include "gc/senses.h"

// Why a run that was due did not take place, or not yet.
enum skip_reason {
    SKIP_MIN_INTERVAL, // the last run was too near
    SKIP_REQUESTS,     // requests came, and it waits for a moment without
    SKIP_BUSY,         // intervals passed while the thread was busy
    SKIP_DONE,         // what it would have done was begun after it fell due
    SKIP_NO_LIMIT,     // the control group has no limit to take a share of
    SKIP_REASONS
};

// A rule, and how it does.
struct schedule {
    struct config_rule rule;
    uint64_t due_ns;   // UINT64_MAX: it is not
    uint64_t beat_ns;  // RULE_EVERY: when the interval under way ends
    uint64_t began_ns; // the last run; without one, when the rule was made
    uint64_t seen;     // requests at that time
    uint64_t left;     // bytes that the last run left
    bool is_armed;     // memory was low enough since the last run
    bool is_noted;     // the skip of this occasion is counted
    bool is_blind;     // there is no limit, and that is counted
    int64_t last_at;   // ms since 1970; 0: never
    uint64_t runs, skipped[SKIP_REASONS];
};

struct scheduler {
    struct schedule rules[CONFIG_MAX_RULES];
    size_t count;
    uint64_t chance;   // state of the jitter's numbers
    uint64_t requests; // at the last look
    uint64_t quiet_ns; // when they last grew
};

enum scheduler_answer { SCHEDULER_CREATED, SCHEDULER_CHANGED, SCHEDULER_FULL };

const char *skip_reason_name(enum skip_reason reason); /* borrowed */

// [seed] of the jitter.
void scheduler_init(struct scheduler *s, const struct config_rule *rules, size_t count,
                    const struct senses *now, uint64_t seed);
// The rule of this name begins anew as [rule]; its counts stay.
enum scheduler_answer scheduler_put(struct scheduler *s, const struct config_rule *rule,
                                    const struct senses *now);
// False: there is none.
bool scheduler_remove(struct scheduler *s, const char *name);
// These rules and no other. One that is there already, to the letter, is not disturbed.
void scheduler_replace(struct scheduler *s, const struct config_rule *rules, size_t count,
                       const struct senses *now);
const struct schedule *scheduler_find(const struct scheduler *s, const char *name); /* borrowed */

// When the next rule falls due as far as that is known; UINT64_MAX: never.
uint64_t scheduler_next_ns(const struct scheduler *s);
// Whether a rule waits for something whose time nobody knows.
bool scheduler_watches(const struct scheduler *s);
// The rule that is overdue the longest of those that may run, which counts as run then; NULL: none.
const struct schedule *scheduler_take_due(struct scheduler *s, const struct senses *now,
                                          int64_t wall_ms); /* borrowed */
// The pass that does [action] with [generation], and began at [began_ns], is over.
void scheduler_note_pass(struct scheduler *s, enum rule_action action, int generation,
                         uint64_t began_ns, const struct senses *now);

#endif
