// SPDX-License-Identifier: MIT
//
// user_list: all users, page by page.
//
// The store says who there is, in the order of ids; of those who are resident, memory says what
// they look like. A cursor is the id of the last user of a page, so what comes and goes meanwhile
// moves nothing. One more user than the page holds is asked for: whether there is a next page.
#include "api/user_list.h"

#include "api/outcome.h"
#include "api/query.h"
#include "base/clock.h"
#include "domain/domain.h"
#include "domain/expiry.h"
#include "domain/user.h"

#include <stdlib.h>

struct listing {
    struct load load;
    struct request *request;
    struct domain *domain;
    size_t limit, added;
    enum outcome outcome;
    bool has_more;
    struct text document, last; // [last]: the id of the last user
};

static void
add_resident_or_row(struct listing *l, struct shard *s, const struct user_row *row)
{
    if (s->around.is_shared) { // memory knows some of them, and of others nothing
        user_add_row_json(&l->document, row);
        return;
    }
    shard_take(s);
    tn_object *user = tn_weakmap_borrow_str(s->users, row->id.data, row->id.len);
    if (user) {
        expiry_sweep_user(s, user, clock_ms());
        user_add_json(&l->document, user);
    } else {
        user_add_row_json(&l->document, row);
    }
    shard_give(s);
}

// On the loader's thread.
static void
add_user(struct load *load, const struct user_row *row)
{
    struct listing *l = CONTAINER_OF(load, struct listing, load);
    l->has_more = l->added == l->limit;
    if (l->has_more)
        return;
    text_adds(&l->document, l->added++ ? "," : "");
    add_resident_or_row(l, domain_shard_of_slot(l->domain, domain_slot_of_user(l->domain, row->id)),
                        row);
    text_fini(&l->last);
    text_add_span(&l->last, row->id);
}

static void
on_listed(struct load *load, enum load_outcome outcome, const struct user_row *row)
{
    struct listing *l = CONTAINER_OF(load, struct listing, load);
    l->outcome = outcome == LOAD_FOUND ? OUTCOME_DONE : OUTCOME_NO_STORE;
    request_resume(l->request);
}

static void
finish_listing(struct request *r)
{
    struct listing *l = r->state;
    if (l->outcome != OUTCOME_DONE) {
        outcome_reply(r, l->outcome);
        return;
    }
    text_adds(&l->document, "],\"next_cursor\":");
    if (l->has_more)
        text_add_json(&l->document, (struct span){l->last.data, l->last.len});
    else
        text_adds(&l->document, "null");
    text_adds(&l->document, "}");
    l->document.failed |= l->last.failed;
    reply_json(r, 200, &l->document);
}

static void
free_listing(void *state)
{
    struct listing *l = state;
    text_fini(&l->document);
    text_fini(&l->last);
    free(l);
}

static struct listing *
new_listing(struct request *r, struct span after, size_t limit)
{
    struct listing *l = calloc(1, sizeof *l);
    if (!l) {
        outcome_reply(r, OUTCOME_NO_MEMORY);
        return NULL;
    }
    *l = (struct listing){
        .load = {.id = after, .count = limit + 1, .each = add_user, .done = on_listed},
        .request = r,
        .domain = r->app,
        .limit = limit};
    text_init(&l->document);
    text_init(&l->last);
    text_adds(&l->document, "{\"items\":[");
    r->state = l;
    r->state_free = free_listing;
    return l;
}

static bool
read_cursor(struct request *r, struct span *after)
{
    *after = span_of(request_query(r, "cursor"));
    if (!after->data)
        *after = SPAN("");
    else if (!user_id_is_valid(*after))
        reply_problem(r, "invalid-parameter", "cursor must be the next_cursor of an earlier page.");
    return r->reply.status == 0;
}

void
user_list_show(struct request *r)
{
    struct span after;
    size_t limit;
    if (!query_limit(r, &limit) || !read_cursor(r, &after))
        return;
    struct listing *l = new_listing(r, after, limit);
    if (!l)
        return;
    request_suspend(r, finish_listing);
    if (!loader_submit(lanes_loader(l->domain->lanes, 0), &l->load)) {
        l->outcome = OUTCOME_BUSY;
        request_resume(r);
    }
}
