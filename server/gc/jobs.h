// SPDX-License-Identifier: MIT
//
// jobs: the maintenance thread. It runs one job at a time over all shards, holding one shard's lock
// at a time: what an operator asked for, what rules make due, and what crossed thresholds ask for,
// as long as an operator lets them.
//
// One job is under way at most, and beside it one question, which waits while a job runs; others
// wait their turn, and rules that fall due theirs. A job that does what one under way or waiting
// does already is refused, naming that one: so no more wait than there are different ones. Locking:
// the jobs' lock guards the title of the job under way, the rules and the last runs; no shard's
// lock is ever taken under it, and a job's fields belong to the thread from jobs_submit until
// [done].
#ifndef GC_JOBS_H
#define GC_JOBS_H

#include "domain/pass.h"
#include "gc/history.h"
#include "gc/policy.h"
#include "gc/scheduler.h"

struct jobs;

struct job {
    struct pass pass; // its title; the pace follows from [budget_ms]
    int budget_ms;    // where pass_may_have_budget; 0: none; CONFIG_DEFAULT_BUDGET: the policy's
    _Atomic bool begun;
    _Atomic bool cancelled; // set by anybody: it ends after its slice
    struct job *next;       // the jobs' own
    // On the maintenance thread, when the next job may be submitted; owns [j] from then on. May be
    // NULL.
    void (*done)(struct job *j);
};

// What is asked of the heaps slice by slice. Whatever job is due runs between two slices, and the
// shard rests as after a slice of a collection.
struct question {
    const char *name;    // "search for referrers"; static
    struct shard *shard; // whose turn it is
    // With the lock of [shard], which it may replace by another one: about [budget_ns]. False: that
    // was the last slice.
    bool (*slice)(struct question *q, uint64_t budget_ns);
    // Without any lock, after each slice but a last one. False: that was the last one. May be NULL.
    bool (*between)(struct question *q);
    // Without any lock, when the next question may be asked; owns [q] from then on.
    void (*done)(struct question *q);
    // The result; the thread's own until [done].
    unsigned slices;
    uint64_t begun_ns, pause_max_ns;
    const char *stopped; // "cancelled", "deadline" or NULL
};

struct jobs_state {
    bool busy;
    struct pass_title running; // while busy
    struct {
        int64_t at_ms; // 0: never
        enum pass_cause cause;
    } last[TN_GENERATIONS]; // by the generation that was asked for
    struct policy policy;
};

enum jobs_answer { JOBS_ACCEPTED, JOBS_BUSY, JOBS_CANCELLED };

// [outlook] is copied. NULL: no memory or no thread.
struct jobs *jobs_start(struct domain *domain, const struct outlook *outlook); /* new */
// [job] stays the caller's unless it was accepted. JOBS_BUSY: [same] is the title of the job that
// does the same.
enum jobs_answer jobs_submit(struct jobs *j, struct job *job /* stolen on success */,
                             struct pass_title *same);
// As jobs_submit. JOBS_BUSY: [running] is the name of the question that is not answered yet.
enum jobs_answer jobs_ask(struct jobs *j, struct question *q /* stolen on success */,
                          const char **running);
// Once true it stays so.
bool jobs_is_cancelled(const struct jobs *j);
void jobs_read(struct jobs *j, struct jobs_state *state);
size_t jobs_read_history(struct jobs *j, uint64_t below, struct history_run *runs, size_t most);
// The rules, of which there are CONFIG_MAX_RULES at most; returns how many.
size_t jobs_read_rules(struct jobs *j, struct schedule *rules);
enum scheduler_answer jobs_put_rule(struct jobs *j, const struct config_rule *rule);
bool jobs_remove_rule(struct jobs *j, const char *name); // false: there is none
void jobs_replace_rules(struct jobs *j, const struct config_rule *rules, size_t count);
// The monotonic clock that rules go by.
uint64_t jobs_now_ns(const struct jobs *j);
// One thread at a time.
void jobs_change_policy(struct jobs *j, const struct policy *policy);
// The job under way ends after its slice, as do those that wait; later ones are refused, rules run
// no more.
void jobs_cancel(struct jobs *j);
void jobs_stop(struct jobs *j /* stolen */); // cancels and waits

#endif
