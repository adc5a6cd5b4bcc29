// SPDX-License-Identifier: MIT
//
// cache: sums over all shards. A dead entry is one whose user is gone and that is still there: a
// user leaves the map in the moment that it dies, so there is none.
#include "admin/cache.h"

#include "admin/admin.h"
#include "base/clock.h"
#include "domain/resident.h"
#include "domain/user.h"
#include "http/body.h"

static uint64_t
sum_loads(const struct counters *c)
{
    uint64_t sum = 0;
    for (int i = 0; i < LOAD_OUTCOMES; i++)
        sum += c->cache_loads[i];
    return sum;
}

void
cache_show(struct request *r)
{
    struct admin *admin = r->app;
    struct shard_figures f;
    struct text t;
    domain_read_figures(admin->domain, &f);
    text_init(&t);
    text_addf(&t, "{\"hits\":%lu,\"misses\":%lu,\"resident\":%zu,\"kept\":%zu,",
              (unsigned long)f.counters.cache_hits, (unsigned long)f.counters.cache_misses,
              f.users_resident, f.users_kept);
    text_addf(&t, "\"loads\":%lu,\"coalesced\":%lu,\"negative\":%lu,\"dead\":0}",
              (unsigned long)sum_loads(&f.counters), (unsigned long)f.counters.cache_coalesced,
              (unsigned long)f.counters.cache_negative);
    reply_json(r, 200, &t);
}

// --- One user ----------------------------------------------------------------------------------

static bool
check_id(struct request *r)
{
    if (user_id_is_valid(r->params[0]))
        return true;
    reply_problem(r, "invalid-parameter", "An id is 1 to 128 letters, digits, _, ., @ or -.");
    return false;
}

static void
add_resident(struct text *t, struct span id, const struct resident *u)
{
    text_adds(t, "{\"id\":");
    text_add_json(t, id);
    text_addf(t, ",\"shard\":%u,\"version\":%ld,\"created_at\":", u->shard, (long)u->version);
    text_add_time(t, u->created_at);
    text_adds(t, ",\"updated_at\":");
    text_add_time(t, u->updated_at);
    text_addf(t, ",\"sessions\":%zu,\"has_last_session\":%s,\"frozen\":%s,", u->live,
              u->has_past ? "true" : "false", u->frozen ? "true" : "false");
    text_addf(t, "\"references\":%u,\"bytes\":%zu}", u->references, u->bytes);
}

void
cache_show_user(struct request *r)
{
    struct admin *admin = r->app;
    struct resident user;
    struct text t;
    if (!check_id(r))
        return;
    if (!resident_read(admin->domain, r->params[0], &user)) {
        reply_problem(r, "not-resident", "The user may be in the store; nobody was asked.");
        return;
    }
    text_init(&t);
    add_resident(&t, r->params[0], &user);
    reply_json(r, 200, &t);
}

void
cache_evict(struct request *r)
{
    struct admin *admin = r->app;
    if (!check_id(r))
        return;
    enum outcome outcome = resident_evict(admin->domain, r->params[0]);
    if (outcome == OUTCOME_BUSY)
        reply_problem(r, "in-use", "A live session, a reader or a write needs the user.");
    else if (outcome == OUTCOME_ABSENT)
        reply_problem(r, "not-resident", "The user is not in memory.");
    else
        reply_empty(r, 204);
}

void
cache_sweep(struct request *r)
{
    static const struct json_limits limits = {.depth = 2, .members = 16, .string = 64};
    static const char *const names[] = {NULL};
    struct domain *d = ((struct admin *)r->app)->domain;
    struct shard_figures before, after;
    json_t *body = NULL;
    bool read = quota_allow(r) && body_read_optional(r, &limits, names, &body);
    json_decref(body);
    if (!read)
        return;
    domain_read_figures(d, &before);
    size_t ended = resident_sweep(d, clock_ms());
    domain_read_figures(d, &after);
    struct text t;
    text_init(&t);
    text_addf(&t, "{\"ended\":%zu,\"dead\":0,", ended);
    text_addf(&t, "\"before\":{\"sessions\":%zu,\"users_resident\":%zu},", before.sessions_live,
              before.users_resident);
    text_addf(&t, "\"after\":{\"sessions\":%zu,\"users_resident\":%zu}}", after.sessions_live,
              after.users_resident);
    reply_json(r, 200, &t);
}
