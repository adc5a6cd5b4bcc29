// SPDX-License-Identifier: MIT
//
// operations: jobs that nobody waits for, by number: what became of them, and an end to them.
//
// The last 64 are kept. Locking: its own; no other is held when it is taken.
#ifndef GC_OPERATIONS_H
#define GC_OPERATIONS_H

#include "gc/jobs.h"

enum { OPERATIONS_KEPT = 64 };

enum operation_state { OPERATION_WAITING, OPERATION_RUNNING, OPERATION_ENDED };

struct operation {
    uint64_t number;
    enum operation_state state;
    bool cancelled;             // somebody wants it to end
    int64_t asked_at, ended_at; // ms since 1970; 0: not yet
    struct pass pass;           // the result once it has ended, its title at any time
};

struct operations;

// NULL: no memory.
struct operations *operations_new(struct jobs *jobs /* borrowed */); /* new */
// After the jobs have stopped.
void operations_free(struct operations *o /* stolen, may be NULL */);
// As jobs_submit. [number] names what was accepted.
enum jobs_answer operations_start(struct operations *o, const struct pass_title *title,
                                  int budget_ms, uint64_t *number, struct pass_title *same);
// False: there is none of this number any more.
bool operations_read(struct operations *o, uint64_t number, struct operation *copy);
// It ends after its slice, if it has not ended.
bool operations_cancel(struct operations *o, uint64_t number);

#endif
