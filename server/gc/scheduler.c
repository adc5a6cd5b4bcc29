// SPDX-License-Identifier: MIT
//
// scheduler: at most CONFIG_MAX_RULES of them, so looking at all is the whole algorithm.
#include "gc/scheduler.h"

#include "base/assert.h"

#include <string.h>

enum { QUIET_MS = 100, HYSTERESIS = 20 }; // a moment without requests; 5 points are 1/20 of 100

static uint64_t
ns_of(int64_t ms)
{
    return (uint64_t)ms * 1000000;
}

const char *
skip_reason_name(enum skip_reason reason)
{
    static const char *const names[] = {"min_interval", "requests", "busy", "done", "no_limit"};
    return names[reason];
}

// splitmix64: nobody gains by guessing it.
static uint64_t
draw(struct scheduler *s, int64_t most_ms)
{
    uint64_t x = s->chance += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return most_ms > 0 ? (x ^ (x >> 31)) % (ns_of(most_ms) + 1) : 0;
}

static void
count_skip(struct schedule *r, enum skip_reason reason)
{
    r->skipped[reason] += !r->is_noted;
    r->is_noted = true;
}

// --- The list --------------------------------------------------------------------------------

static void
set_beat(struct scheduler *s, struct schedule *r, uint64_t beat_ns)
{
    r->beat_ns = beat_ns;
    r->due_ns = beat_ns + draw(s, r->rule.jitter_ms);
    r->is_noted = false;
}

static void
begin(struct scheduler *s, struct schedule *r, const struct config_rule *rule,
      const struct senses *now)
{
    r->rule = *rule;
    r->due_ns = UINT64_MAX;
    r->began_ns = now->now_ns;
    r->seen = now->requests;
    r->is_armed = true;
    r->is_noted = r->is_blind = false;
    if (rule->enabled && rule->trigger == RULE_EVERY)
        set_beat(s, r, now->now_ns + ns_of(rule->amount));
}

static struct schedule * /* borrowed */
find(struct scheduler *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->rules[i].rule.name, name) == 0)
            return &s->rules[i];
    return NULL;
}

const struct schedule *
scheduler_find(const struct scheduler *s, const char *name)
{
    return find((struct scheduler *)s, name);
}

enum scheduler_answer
scheduler_put(struct scheduler *s, const struct config_rule *rule, const struct senses *now)
{
    struct schedule *r = find(s, rule->name);
    bool is_new = r == NULL;
    if (is_new && s->count == CONFIG_MAX_RULES)
        return SCHEDULER_FULL;
    if (is_new) {
        r = &s->rules[s->count++];
        *r = (struct schedule){.due_ns = UINT64_MAX};
    }
    begin(s, r, rule, now);
    return is_new ? SCHEDULER_CREATED : SCHEDULER_CHANGED;
}

bool
scheduler_remove(struct scheduler *s, const char *name)
{
    struct schedule *r = find(s, name);
    if (!r)
        return false;
    s->count--;
    memmove(r, r + 1, (size_t)(&s->rules[s->count] - r) * sizeof *r);
    return true;
}

static bool
is_same_rule(const struct config_rule *a, const struct config_rule *b)
{
    return a->enabled == b->enabled && a->trigger == b->trigger && a->amount == b->amount &&
           a->is_share == b->is_share && a->action == b->action && a->generation == b->generation &&
           a->budget_ms == b->budget_ms && a->min_interval_ms == b->min_interval_ms &&
           a->jitter_ms == b->jitter_ms && a->max_defer_ms == b->max_defer_ms;
}

void
scheduler_replace(struct scheduler *s, const struct config_rule *rules, size_t count,
                  const struct senses *now)
{
    struct scheduler old = *s;
    s->count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct schedule *known = scheduler_find(&old, rules[i].name);
        struct schedule *r = &s->rules[s->count++];
        *r = known ? *known : (struct schedule){.due_ns = UINT64_MAX};
        if (!known || !is_same_rule(&known->rule, &rules[i]))
            begin(s, r, &rules[i], now);
    }
}

void
scheduler_init(struct scheduler *s, const struct config_rule *rules, size_t count,
               const struct senses *now, uint64_t seed)
{
    ASSERT(count <= CONFIG_MAX_RULES);
    *s = (struct scheduler){.chance = seed, .requests = now->requests, .quiet_ns = now->now_ns};
    for (size_t i = 0; i < count; i++)
        scheduler_put(s, &rules[i], now);
}

// --- What a rule waits for -------------------------------------------------------------------

static bool
is_idle(const struct scheduler *s, const struct schedule *r, const struct senses *now)
{
    uint64_t defer = ns_of(r->rule.max_defer_ms);
    if (r->runs > 0 && now->requests == r->seen)
        return false; // nothing happened since
    return now->now_ns - s->quiet_ns >= ns_of(r->rule.amount) ||
           (defer > 0 && now->now_ns - r->began_ns >= defer);
}

// A share of a limit is a share of all that the system would kill for; a number of bytes is of the
// heaps alone.
static uint64_t
use_of(const struct schedule *r, const struct senses *now)
{
    return r->rule.is_share && now->held > now->traced ? now->held : now->traced;
}

static bool
is_above(struct schedule *r, const struct senses *now)
{
    uint64_t use = use_of(r, now), bound = (uint64_t)r->rule.amount, whole = bound;
    if (r->rule.is_share && now->limit < 0) {
        r->skipped[SKIP_NO_LIMIT] += !r->is_blind;
        r->is_blind = true;
        return false;
    }
    if (r->rule.is_share) {
        whole = (uint64_t)now->limit;
        bound = whole / 100 * bound;
    }
    uint64_t step = whole / HYSTERESIS;
    r->is_armed |= use + step <= bound;
    return use > bound && (r->is_armed || use > r->left + step);
}

static bool
has_come(const struct scheduler *s, struct schedule *r, const struct senses *now)
{
    switch (r->rule.trigger) {
    case RULE_EVERY_REQUESTS:
        return now->requests - r->seen >= (uint64_t)r->rule.amount;
    case RULE_IDLE_FOR:
        return is_idle(s, r, now);
    case RULE_MEMORY_ABOVE:
        return is_above(r, now);
    case RULE_ALLOCATIONS_ABOVE:
        return now->allocations > (uint64_t)r->rule.amount;
    default:
        return true; // its time is known
    }
}

// What has come and gone again, before its rule could run, is forgotten.
static void
look(struct scheduler *s, struct schedule *r, const struct senses *now)
{
    if (!r->rule.enabled || r->rule.trigger == RULE_EVERY)
        return;
    if (!has_come(s, r, now)) {
        r->due_ns = UINT64_MAX;
        r->is_noted = false;
    } else if (r->due_ns == UINT64_MAX) {
        r->due_ns = now->now_ns + draw(s, r->rule.jitter_ms);
    }
}

static void
look_at_all(struct scheduler *s, const struct senses *now)
{
    if (now->requests != s->requests)
        s->quiet_ns = now->now_ns;
    s->requests = now->requests;
    for (size_t i = 0; i < s->count; i++)
        look(s, &s->rules[i], now);
}

// --- Whether it may run ----------------------------------------------------------------------

// The occasion is over: the next one of an interval is the one that ends after now.
static void
settle(struct scheduler *s, struct schedule *r, uint64_t now_ns)
{
    uint64_t every = ns_of(r->rule.amount);
    r->is_noted = false;
    if (r->rule.trigger != RULE_EVERY) {
        r->due_ns = UINT64_MAX;
        return;
    }
    uint64_t missed = now_ns > r->beat_ns ? (now_ns - r->beat_ns) / every : 0;
    r->skipped[SKIP_BUSY] += missed;
    set_beat(s, r, r->beat_ns + (missed + 1) * every);
}

static bool
is_too_near(const struct schedule *r, const struct senses *now)
{
    return r->runs > 0 && now->now_ns - r->began_ns < ns_of(r->rule.min_interval_ms);
}

static bool
waits_for_quiet(const struct scheduler *s, const struct schedule *r, const struct senses *now)
{
    return r->rule.trigger != RULE_IDLE_FOR && r->rule.max_defer_ms > 0 &&
           now->now_ns - s->quiet_ns < ns_of(QUIET_MS) && s->requests > 0 &&
           now->now_ns - r->due_ns < ns_of(r->rule.max_defer_ms);
}

static bool
may_run(struct scheduler *s, struct schedule *r, const struct senses *now)
{
    if (r->due_ns > now->now_ns)
        return false;
    if (is_too_near(r, now)) {
        count_skip(r, SKIP_MIN_INTERVAL);
        if (r->rule.trigger == RULE_EVERY)
            settle(s, r, now->now_ns);
        return false;
    }
    if (waits_for_quiet(s, r, now)) {
        count_skip(r, SKIP_REQUESTS);
        return false;
    }
    return true;
}

uint64_t
scheduler_next_ns(const struct scheduler *s)
{
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < s->count; i++)
        next = s->rules[i].due_ns < next ? s->rules[i].due_ns : next;
    return next;
}

bool
scheduler_watches(const struct scheduler *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->rules[i].rule.enabled && s->rules[i].rule.trigger != RULE_EVERY)
            return true;
    return false;
}

const struct schedule *
scheduler_take_due(struct scheduler *s, const struct senses *now, int64_t wall_ms)
{
    struct schedule *first = NULL;
    look_at_all(s, now);
    for (size_t i = 0; i < s->count; i++)
        if (may_run(s, &s->rules[i], now) && (!first || s->rules[i].due_ns < first->due_ns))
            first = &s->rules[i];
    if (!first)
        return NULL;
    settle(s, first, now->now_ns);
    first->began_ns = now->now_ns;
    first->last_at = wall_ms;
    first->seen = now->requests;
    first->left = use_of(first, now);
    first->is_armed = false;
    first->runs++;
    return first;
}

static bool
does(const struct schedule *r, enum rule_action action, int generation)
{
    return r->rule.action == action && r->rule.generation <= generation;
}

void
scheduler_note_pass(struct scheduler *s, enum rule_action action, int generation, uint64_t began_ns,
                    const struct senses *now)
{
    for (size_t i = 0; i < s->count; i++) {
        struct schedule *r = &s->rules[i];
        if (!r->is_armed)
            r->left = use_of(r, now);
        if (!does(r, action, generation) || r->due_ns > began_ns || r->beat_ns > began_ns)
            continue;
        r->skipped[SKIP_DONE]++;
        settle(s, r, now->now_ns);
    }
}
