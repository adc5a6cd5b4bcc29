// SPDX-License-Identifier: MIT
//
// scheduler: a list of due times. At most CONFIG_MAX_RULES of them, so looking at all is the whole
// algorithm.
#include "gc/scheduler.h"

#include "base/assert.h"

static uint64_t
interval_ns(const struct config_rule *rule)
{
    return (uint64_t)rule->every_ms * 1000000;
}

void
scheduler_init(struct scheduler *s, const struct config_rule *rules, size_t count, uint64_t now_ns)
{
    ASSERT(count <= CONFIG_MAX_RULES);
    s->rules = rules;
    s->count = count;
    for (size_t i = 0; i < count; i++)
        s->due_ns[i] = rules[i].enabled ? now_ns + interval_ns(&rules[i]) : UINT64_MAX;
}

static size_t
earliest(const struct scheduler *s)
{
    size_t best = 0;
    for (size_t i = 1; i < s->count; i++)
        if (s->due_ns[i] < s->due_ns[best])
            best = i;
    return best;
}

uint64_t
scheduler_next_ns(const struct scheduler *s)
{
    return s->count == 0 ? UINT64_MAX : s->due_ns[earliest(s)];
}

const struct config_rule *
scheduler_take_due(struct scheduler *s, uint64_t now_ns)
{
    if (scheduler_next_ns(s) > now_ns)
        return NULL;
    size_t i = earliest(s);
    uint64_t every = interval_ns(&s->rules[i]);
    s->due_ns[i] += ((now_ns - s->due_ns[i]) / every + 1) * every;
    return &s->rules[i];
}
