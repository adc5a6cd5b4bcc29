// SPDX-License-Identifier: MIT
//
// operations: a place for each that is kept. At most one of each title is unfinished, so there is
// always a place whose operation has ended.
#include "gc/operations.h"

#include "base/assert.h"
#include "base/clock.h"

#include <stdlib.h>

struct place {
    struct job job; // first: the job is the place
    struct operations *owner;
    uint64_t number; // 0: free
    int64_t asked_at, ended_at;
    bool ended;
};

struct operations {
    struct jobs *jobs;
    struct lock lock;
    // Guarded by [lock], but for the jobs.
    uint64_t count;
    struct place places[OPERATIONS_KEPT];
};

struct operations *
operations_new(struct jobs *jobs)
{
    struct operations *o = calloc(1, sizeof *o);
    if (!o)
        return NULL;
    o->jobs = jobs;
    lock_init(&o->lock, LOCK_OPERATIONS);
    return o;
}

void
operations_free(struct operations *o)
{
    if (!o)
        return;
    lock_fini(&o->lock);
    free(o);
}

static void
end(struct job *job)
{
    struct place *p = (struct place *)job;
    lock_take(&p->owner->lock);
    p->ended = true;
    p->ended_at = clock_ms();
    lock_give(&p->owner->lock);
}

// The oldest of those that nobody needs.
static struct place * /* borrowed */
find_place(struct operations *o)
{
    struct place *best = NULL;
    for (int i = 0; i < OPERATIONS_KEPT; i++) {
        struct place *p = &o->places[i];
        bool is_free = p->number == 0 || p->ended;
        if (is_free && (!best || p->number < best->number))
            best = p;
    }
    ASSERT(best != NULL);
    return best;
}

enum jobs_answer
operations_start(struct operations *o, const struct pass_title *title, int budget_ms,
                 uint64_t *number, struct pass_title *same)
{
    lock_take(&o->lock);
    struct place *p = find_place(o), before = *p;
    *p = (struct place){.job = {.pass.title = *title, .budget_ms = budget_ms, .done = end},
                        .owner = o,
                        .number = o->count + 1,
                        .asked_at = clock_ms()};
    enum jobs_answer answer = jobs_submit(o->jobs, &p->job, same);
    if (answer == JOBS_ACCEPTED)
        *number = ++o->count;
    else
        *p = before;
    lock_give(&o->lock);
    return answer;
}

static struct place * /* borrowed */
find(struct operations *o, uint64_t number)
{
    for (int i = 0; i < OPERATIONS_KEPT; i++)
        if (number > 0 && o->places[i].number == number)
            return &o->places[i];
    return NULL;
}

static void
copy_place(const struct place *p, struct operation *copy)
{
    *copy = (struct operation){.number = p->number,
                               .state = p->job.begun ? OPERATION_RUNNING : OPERATION_WAITING,
                               .cancelled = p->job.cancelled,
                               .asked_at = p->asked_at,
                               .ended_at = p->ended_at,
                               .pass.title = p->job.pass.title};
    if (!p->ended)
        return; // the result is the maintenance thread's
    copy->state = OPERATION_ENDED;
    copy->pass = p->job.pass;
}

bool
operations_read(struct operations *o, uint64_t number, struct operation *copy)
{
    lock_take(&o->lock);
    const struct place *p = find(o, number);
    if (p)
        copy_place(p, copy);
    lock_give(&o->lock);
    return p != NULL;
}

bool
operations_cancel(struct operations *o, uint64_t number)
{
    lock_take(&o->lock);
    struct place *p = find(o, number);
    if (p && !p->ended)
        p->job.cancelled = true;
    lock_give(&o->lock);
    return p != NULL;
}
