// SPDX-License-Identifier: MIT
//
// shard: one heap, one lock, and what lives in it: the users and sessions of a part of all slots.
//
// What is in it is put there by the modules above; here it is only begun, locked and ended.
#include "domain/shard.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/purpose.h"

// Of the thousands of sessions that a user may have, one request frees at most so many objects.
enum { DROP_BUDGET = 256 };

static void
report(void *arg, const char *sentence)
{
    const struct shard *s = arg;
    log_event(LOG_ERROR, "heap", "shard", "d", (long)s->number, "message", "s", sentence, NULL);
}

bool
shard_init(struct shard *s, unsigned number)
{
    *s = (struct shard){.number = number};
    s->heap = tn_heap_new(&(tn_heap_options){.report = report, .report_arg = s});
    if (s->heap && tn_gc_lock_settings(s->heap, "tenured", &s->gc_key) == TN_OK)
        s->users = tn_weakmap_new(s->heap);
    if (!s->users) {
        if (s->heap)
            tn_heap_free(s->heap);
        return false;
    }
    tn_set_drop_budget(s->heap, DROP_BUDGET);
    lock_init(&s->lock, LOCK_SHARD);
    pending_init(&s->pending);
    absent_init(&s->absent);
    absent_init(&s->absent_keys);
    return true;
}

// One collection is for the users and sessions that refer to each other.
void
shard_fini(struct shard *s)
{
    shard_take(s);
    index_fini(&s->sessions);
    index_fini(&s->tokens);
    tn_gc_unfreeze(s->heap);
    tn_gc_collect(s->heap, TN_GENERATIONS - 1, NULL);
    TN_CLEAR(s->users);
    size_t leaked = tn_heap_free(s->heap);
    lock_give(&s->lock);
    lock_fini(&s->lock);
    ASSERT(TN_CHECKS == 0 || leaked == 0);
}

void
shard_take(struct shard *s)
{
    unsigned group = pace_come(&s->pace);
    lock_take(&s->lock);
    pace_enter(&s->pace, group);
    tn_heap_adopt(s->heap);
    tn_trace_set_tag(s->heap, purpose_get());
}

void
shard_give(struct shard *s)
{
    struct answer *answered = s->answered;
    s->answered = NULL;
    lock_give(&s->lock);
    while (answered) {
        struct answer *a = answered;
        answered = a->next; // [a] may be gone once it is told
        a->tell(a);
    }
}

void
shard_answer(struct shard *s, struct answer *a, enum outcome outcome)
{
    assert_held(&s->lock);
    a->outcome = outcome;
    a->next = s->answered;
    s->answered = a;
}

void
shard_read_figures(struct shard *s, struct shard_figures *figures)
{
    shard_take(s);
    tn_gc_get_population(s->heap, &figures->population);
    tn_gc_get_stats(s->heap, figures->stats);
    tn_gc_get_count(s->heap, figures->count);
    tn_memory_get(s->heap, &figures->memory);
    figures->users_resident = tn_weakmap_len(s->users);
    figures->users_kept = s->kept.count;
    figures->sessions_live = s->sessions.count;
    figures->suspects = tn_gc_suspect_count(s->heap);
    int64_t late = s->lap_due != 0 ? clock_ms() - s->lap_due : 0;
    figures->sweep_lag_ms = late > 0 ? late : 0;
    figures->counters = s->counters;
    shard_give(s);
}
