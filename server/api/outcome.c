// SPDX-License-Identifier: MIT
//
// outcome: what a client is told when the domain did not do what they asked for.
#include "api/outcome.h"

#include "base/assert.h"
#include "base/pressure.h"

static const struct {
    const char *type, *detail;
} problems[] = {
    [OUTCOME_ABSENT] = {"user-not-found", "There is no such user."},
    [OUTCOME_ENDED] = {"session-not-found", "There is no such session."},
    [OUTCOME_EXISTS] = {"user-exists", "The user exists already."},
    [OUTCOME_MISMATCH] = {"version-mismatch", "The document has a version that If-Match lacks."},
    [OUTCOME_LARGE] = {"json-too-large", "The patched document would be over a limit."},
    [OUTCOME_STALE] = {"overloaded", "Others change the same at the same time."},
    [OUTCOME_FULL] = {"session-limit", "The user has as many sessions as one may have."},
    [OUTCOME_BUSY] = {"overloaded", "Too many requests are waiting for the store."},
    [OUTCOME_SHORT] = {"memory-short", "Memory is nearly used up; who is in it is served."},
    [OUTCOME_NO_STORE] = {"store-unavailable", "The store did not do this; it may later."},
    [OUTCOME_NO_MEMORY] = {"out-of-memory", "There is no memory for this."},
};

bool
outcome_is_short(struct request *r)
{
    if (!pressure_is_high())
        return false;
    outcome_reply(r, OUTCOME_SHORT);
    return true;
}

void
outcome_reply(struct request *r, enum outcome outcome)
{
    ASSERT(outcome != OUTCOME_DONE);
    reply_problem(r, problems[outcome].type, "%s", problems[outcome].detail);
}
