// SPDX-License-Identifier: MIT
//
// revocations: the calls that end many sessions at once.
//
// Who logs everybody out must name how many there are: a call that went to the wrong service, or
// was sent twice, ends nothing.
#include "api/revocations.h"

#include "api/outcome.h"
#include "api/query.h"
#include "api/recalled.h"
#include "domain/end_everybody.h"
#include "domain/revocation.h"
#include "domain/session.h"
#include "domain/user.h"

#include <stdlib.h>
#include <string.h>

struct revoking {
    struct revocation revocation;
    struct request *request;
};

static void
reply_revoked(struct request *r, size_t count)
{
    struct text t;
    text_init(&t);
    text_addf(&t, "{\"revoked\":%zu}", count);
    reply_json(r, 200, &t);
}

static void
finish_revoking(struct request *r)
{
    const struct revoking *v = r->state;
    if (v->revocation.answer.outcome != OUTCOME_DONE) {
        outcome_reply(r, v->revocation.answer.outcome);
        return;
    }
    reply_revoked(r, v->revocation.revoked);
}

static void
resume_revoking(struct answer *a)
{
    request_resume(CONTAINER_OF(a, struct revoking, revocation.answer)->request);
}

static void
revoke(struct request *r, struct span user, struct span except)
{
    struct revoking *v = calloc(1, sizeof *v);
    if (!v) {
        outcome_reply(r, OUTCOME_NO_MEMORY);
        return;
    }
    v->request = r;
    v->revocation.answer.tell = resume_revoking;
    v->revocation.domain = r->app;
    v->revocation.user_id = user;
    v->revocation.except = except;
    r->state = v;
    r->state_free = free;
    request_suspend(r, finish_revoking);
    revocation_start(&v->revocation);
}

// Also of a user who never was: who logs them out wants them out, and they are.
void
revocations_of_user(struct request *r)
{
    struct span except = span_of(request_query(r, "except"));
    uint16_t slot;
    if (except.data && !session_read_id(except, &slot))
        reply_problem(r, "invalid-parameter", "except must be the id of a session.");
    else if (!user_id_is_valid(r->params[0]) ||
             !recalled_wait(r, domain_slot_of_user(r->app, r->params[0]), RECALL_USER, r->params[0],
                            revocations_of_user))
        revoke(r, r->params[0], except);
}

static bool
read_confirmation(struct request *r, size_t *count)
{
    const char *all = request_query(r, "all"), *confirm = request_query(r, "confirm");
    char *end = NULL;
    if (!all || strcmp(all, "true") != 0)
        reply_problem(r, "invalid-parameter", "Only all=true is known.");
    else if (!confirm || confirm[0] < '0' || confirm[0] > '9' || strlen(confirm) > 18)
        reply_problem(r, "invalid-parameter", "confirm must be the number of live sessions.");
    else
        *count = strtoull(confirm, &end, 10);
    if (end && *end)
        reply_problem(r, "invalid-parameter", "confirm must be the number of live sessions.");
    return r->reply.status == 0;
}

static void
refuse_count(struct request *r, size_t there)
{
    reply_problem(r, "count-differs", "There are %zu live sessions.", there);
}

// --- Where the store is shared, it counts --------------------------------------------------------

struct ending_all {
    struct end_everybody all;
    struct request *request;
};

static void
finish_ending_all(struct request *r)
{
    const struct end_everybody *e = &((const struct ending_all *)r->state)->all;
    if (e->answer.outcome == OUTCOME_DONE)
        reply_revoked(r, e->there);
    else if (e->answer.outcome == OUTCOME_STALE)
        refuse_count(r, e->there);
    else
        outcome_reply(r, e->answer.outcome);
}

static void
resume_ending_all(struct answer *a)
{
    request_resume(CONTAINER_OF(a, struct ending_all, all.answer)->request);
}

static void
end_all_in_store(struct request *r, size_t confirmed)
{
    struct ending_all *e = calloc(1, sizeof *e);
    if (!e) {
        outcome_reply(r, OUTCOME_NO_MEMORY);
        return;
    }
    e->request = r;
    e->all.answer.tell = resume_ending_all;
    e->all.domain = r->app;
    e->all.confirmed = confirmed;
    r->state = e;
    r->state_free = free;
    request_suspend(r, finish_ending_all);
    end_everybody_start(&e->all);
}

void
revocations_of_all(struct request *r)
{
    size_t confirmed = 0;
    struct shard_figures figures;
    const struct domain *d = r->app;
    if (!read_confirmation(r, &confirmed))
        return;
    if (d->store->is_shared) {
        end_all_in_store(r, confirmed);
        return;
    }
    domain_read_figures(r->app, &figures);
    if (confirmed == figures.sessions_live)
        revoke(r, (struct span){0}, (struct span){0});
    else
        refuse_count(r, figures.sessions_live);
}
