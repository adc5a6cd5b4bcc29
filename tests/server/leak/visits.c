// SPDX-License-Identifier: MIT
//
// visits: the service with a route more, which leaks: POST /v1/users/{id}/visits notes that the
// user was there. The last hundred visits of a shard are meant to be remembered; whoever wrote this
// forgot to drop the older ones.
//
// Linked with the program for tests/leak.py, which finds the leak as a stranger would; the service
// as it is shipped has nothing of it. What is left over is given back at the end, so that the
// heaps' own checks for leaks, which would tell at once, do not.
#include "domain/domain.h"
#include "domain/user.h"
#include "http/plane.h"

#include <tenure/containers.h>

#include <stdlib.h>
#include <string.h>

enum { SHARDS_MOST = 64, ROUTES_MOST = 64 };

enum { VISIT_USER, VISIT_PAGE };

static struct {
    tn_type *type;
    tn_object *recent; // list of visits
} visits[SHARDS_MOST];

static bool
prepare(struct shard *s)
{
    static const char *const slots[] = {"user", "page", NULL};
    tn_type_spec spec = {.name = "visit", .slots = slots};
    if (!visits[s->number].type &&
        tn_type_register(s->heap, &spec, &visits[s->number].type) != TN_OK)
        return false;
    if (!visits[s->number].recent)
        visits[s->number].recent = tn_list_new(s->heap);
    return visits[s->number].recent != NULL;
}

static bool
note(struct shard *s, tn_object *user)
{
    static const char page[] = "/tea/assam/second-flush?from=the+newsletter+of+this+month";
    tn_object *visit = prepare(s) ? tn_new(s->heap, visits[s->number].type) : NULL;
    if (!visit)
        return false;
    tn_slot_set(visit, VISIT_USER, tn_ref(user));
    tn_slot_set_steal(visit, VISIT_PAGE, tn_ref(tn_str_new(s->heap, page, sizeof page - 1)));
    return tn_list_append_steal(visits[s->number].recent, tn_ref(visit)) == TN_OK;
}

// Of a user who is in memory.
static void
note_visit(struct request *r)
{
    struct domain *d = r->app;
    struct span id = r->params[0];
    struct shard *s = domain_shard_of_slot(d, domain_slot_of_user(d, id));
    shard_take(s);
    tn_object *user = tn_weakmap_borrow_str(s->users, id.data, id.len);
    bool noted = user && note(s, user);
    shard_give(s);
    if (noted)
        reply_empty(r, 204);
    else
        reply_problem(r, "user-not-found", "There is no such user, or no memory.");
}

// --- How it comes into the program ---------------------------------------------------------------

struct listener *__real_plane_start(const struct config *config, enum plane plane,
                                    const struct route *routes, void *app, char *error,
                                    size_t error_size); /* new */
struct listener *__wrap_plane_start(const struct config *config, enum plane plane,
                                    const struct route *routes, void *app, char *error,
                                    size_t error_size); /* new */
void __real_domain_close(struct domain *d /* stolen */);
void __wrap_domain_close(struct domain *d /* stolen */);

// The table of [routes] with one route more.
static const struct route * /* borrowed */
add_route(const struct route *routes)
{
    static struct route more[ROUTES_MOST];
    static const struct route leak = {"POST", "/v1/users/{id}/visits", note_visit, ACCESS_DATA};
    size_t count = 0;
    for (; routes[count].method && count < ROUTES_MOST - 2; count++)
        more[count] = routes[count];
    more[count] = leak;
    return more;
}

struct listener *
__wrap_plane_start(const struct config *config, enum plane plane, const struct route *routes,
                   void *app, char *error, size_t error_size)
{
    return __real_plane_start(config, plane, plane == PLANE_DATA ? add_route(routes) : routes, app,
                              error, error_size);
}

void
__wrap_domain_close(struct domain *d)
{
    for (unsigned i = 0; i < d->shard_count; i++) {
        shard_take(&d->shards[i]);
        TN_CLEAR(visits[i].recent);
        shard_give(&d->shards[i]);
    }
    __real_domain_close(d);
}
