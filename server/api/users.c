// SPDX-License-Identifier: MIT
//
// users: the calls about users.
//
// A reader whose user is resident is answered at once; otherwise a copy of the question waits for
// the loader, and the same code adds the same document.
#include "api/users.h"

#include "api/condition.h"
#include "api/fields.h"
#include "api/outcome.h"
#include "api/query.h"
#include "api/recalled.h"
#include "base/clock.h"
#include "domain/delete_user.h"
#include "domain/domain.h"
#include "domain/expiry.h"
#include "domain/live.h"
#include "domain/put_user.h"

#include <stdlib.h>
#include <string.h>

static struct shard *
shard_of_user(struct domain *d, struct span id)
{
    return domain_shard_of_slot(d, domain_slot_of_user(d, id));
}

// --- Reading ---------------------------------------------------------------------------------

struct reader {
    struct answer answer;
    struct lookup lookup;
    struct request *request;
    struct page page;
    void (*add)(struct reader *q, const tn_object *user); // with the lock held
    const char *none_match;                               // or NULL
    bool has_tag;                                         // the document is one that has
    struct etag tag;
    bool is_hit;
    struct text document;
};

static void
add_document(struct reader *q, struct shard *s, tn_object *user)
{
    expiry_sweep_user(s, user, clock_ms());
    q->add(q, user);
    q->tag = user_etag(s, user);
}

static bool
add_if_resident(struct reader *q, struct shard *s, struct span id)
{
    shard_take(s);
    tn_object *user = cache_borrow(s, id);
    if (user)
        add_document(q, s, user);
    shard_give(s);
    q->is_hit = user != NULL;
    return q->is_hit;
}

static void
reply_reader(struct request *r, struct reader *q)
{
    reply_header_value(r, "X-Cache", q->is_hit ? "hit" : "miss");
    if (q->has_tag)
        condition_reply(r, q->none_match, q->tag, &q->document);
    else
        reply_json(r, 200, &q->document);
}

// On a listener's thread, once the loader has answered.
static void
finish_reading(struct request *r)
{
    struct reader *q = r->state;
    q->is_hit = q->lookup.is_hit;
    if (q->answer.outcome == OUTCOME_DONE)
        reply_reader(r, q);
    else
        outcome_reply(r, q->answer.outcome);
}

static bool
on_found(struct lookup *l, enum outcome outcome, tn_object *user)
{
    struct reader *q = CONTAINER_OF(l, struct reader, lookup);
    if (outcome == OUTCOME_DONE)
        add_document(q, l->shard, user);
    shard_answer(l->shard, &q->answer, outcome);
    return false;
}

static void
resume_reader(struct answer *a)
{
    request_resume(CONTAINER_OF(a, struct reader, answer)->request);
}

static void
free_reader(void *state)
{
    struct reader *q = state;
    text_fini(&q->document);
    free(q);
}

static void
wait_for_user(struct request *r, const struct reader *question, struct shard *s, struct span id)
{
    struct reader *q = malloc(sizeof *q);
    if (!q) {
        outcome_reply(r, OUTCOME_NO_MEMORY);
        return;
    }
    *q = *question;
    q->answer.tell = resume_reader;
    q->lookup = (struct lookup){.op = {.id = id}, .shard = s, .found = on_found};
    r->state = q;
    r->state_free = free_reader;
    request_suspend(r, finish_reading);
    shard_take(s);
    cache_lookup(&q->lookup);
    shard_give(s);
}

static void
read_user(struct request *r, struct span id, struct reader *q)
{
    struct shard *s = shard_of_user(r->app, id);
    q->request = r;
    text_init(&q->document);
    if (!user_id_is_valid(id))
        outcome_reply(r, OUTCOME_ABSENT);
    else if (add_if_resident(q, s, id))
        reply_reader(r, q);
    else
        wait_for_user(r, q, s, id);
}

static void
add_user(struct reader *q, const tn_object *user)
{
    user_add_json(&q->document, user);
}

void
users_show(struct request *r)
{
    struct reader q = {.add = add_user, .has_tag = true};
    if (condition_read(r, "If-None-Match", &q.none_match))
        read_user(r, r->params[0], &q);
}

// Item [i] of the user's list, NULL when it stands before the cursor or is not there yet.
static const tn_object * /* borrowed */
item_of_page(const struct reader *q, const tn_object *user, size_t i)
{
    const tn_object *session = live_item(user, i);
    return session && session_of(session)->k > q->page.after ? session : NULL;
}

// The sessions behind the cursor, in the order of their keys. A cursor follows only where there is
// a next item.
static void
add_sessions(struct reader *q, const tn_object *user)
{
    size_t added = 0;
    int64_t last = 0, next = 0;
    text_adds(&q->document, "{\"items\":[");
    for (size_t i = 0; i < live_count(user) && next == 0; i++) {
        const tn_object *session = item_of_page(q, user, i);
        if (session && added == q->page.limit) {
            next = last;
        } else if (session) {
            text_adds(&q->document, added++ ? "," : "");
            text_add_span(&q->document, session_text(session));
            last = session_of(session)->k;
        }
    }
    text_adds(&q->document, "],\"next_cursor\":");
    if (next)
        query_add_cursor(&q->document, next);
    else
        text_adds(&q->document, "null");
    text_adds(&q->document, "}");
}

// A shared store is always asked for a list.
static bool
ask_store(struct request *r, struct span id, handler_fn *again)
{
    return user_id_is_valid(id) &&
           recalled_wait(r, domain_slot_of_user(r->app, id), RECALL_USER, id, again);
}

void
users_show_sessions(struct request *r)
{
    struct reader q = {.add = add_sessions};
    if (query_page(r, &q.page) && !ask_store(r, r->params[0], users_show_sessions))
        read_user(r, r->params[0], &q);
}

void
users_find_sessions(struct request *r)
{
    struct reader q = {.add = add_sessions};
    struct span user;
    if (query_require(r, "user_id", &user) && query_page(r, &q.page) &&
        !ask_store(r, user, users_find_sessions))
        read_user(r, user, &q);
}

// --- Writing ---------------------------------------------------------------------------------

struct writing {
    struct put_user put;
    struct request *request;
    json_t *body;
    struct text attributes;
};

static void
free_writing(void *state)
{
    struct writing *w = state;
    text_fini(&w->put.document);
    text_fini(&w->attributes);
    json_decref(w->body);
    free(w);
}

static void
finish_writing(struct request *r)
{
    struct writing *w = r->state;
    if (w->put.answer.outcome == OUTCOME_DONE)
        reply_json(r, w->put.is_new ? 201 : 200, &w->put.document);
    else
        outcome_reply(r, w->put.answer.outcome);
}

static void
resume_writing(struct answer *a)
{
    request_resume(CONTAINER_OF(a, struct writing, put.answer)->request);
}

static bool
read_conditions(struct request *r, struct put_user *put)
{
    const char *none_match;
    if (!condition_read(r, "If-None-Match", &none_match) ||
        !condition_read(r, "If-Match", &put->if_match))
        return false;
    put->must_create = none_match && strcmp(none_match, "*") == 0;
    if (none_match && !put->must_create)
        reply_problem(r, "not-implemented", "Of If-None-Match a PUT knows only *.");
    return r->reply.status == 0;
}

static bool
read_put(struct request *r, struct writing *w)
{
    static const char *const names[] = {"name", "email", "attributes", NULL};
    const struct domain *d = r->app;
    struct put_user *put = &w->put;
    if (!read_conditions(r, put) || !fields_read(r, d->config, names, "attributes", &w->body) ||
        !fields_require(r, w->body, "name") || !fields_get_string(r, w->body, "name", &put->name) ||
        !fields_get_string(r, w->body, "email", &put->email) ||
        !fields_add_object(r, w->body, "attributes", &w->attributes))
        return false;
    put->attributes =
        w->attributes.len ? (struct span){w->attributes.data, w->attributes.len} : SPAN("{}");
    return true;
}

// Whether member [name] is there and null, which in a patch removes it.
static bool
is_removed(const json_t *body, const char *name)
{
    return json_is_null(json_object_get(body, name)) && json_object_get(body, name) != NULL;
}

static bool
read_patch(struct request *r, struct writing *w)
{
    static const char *const names[] = {"name", "email", "attributes", NULL};
    const struct domain *d = r->app;
    struct put_user *put = &w->put;
    put->patch = (struct user_patch){.is_patch = true,
                                     .limits = fields_limits(d->config),
                                     .size_limit = (size_t)d->config->limits_body};
    if (!condition_read(r, "If-Match", &put->if_match) ||
        !fields_read(r, d->config, names, "attributes", &w->body) ||
        (is_removed(w->body, "name") && !fields_require(r, w->body, "name")) ||
        !fields_get_string(r, w->body, "name", &put->name) ||
        !fields_get_string(r, w->body, "email", &put->email) ||
        !fields_add_object(r, w->body, "attributes", &w->attributes))
        return false;
    put->patch.removes_email = is_removed(w->body, "email");
    put->patch.removes_attributes = is_removed(w->body, "attributes");
    if (w->attributes.len)
        put->attributes = (struct span){w->attributes.data, w->attributes.len};
    return true;
}

static struct writing *
new_writing(struct request *r)
{
    struct writing *w = calloc(1, sizeof *w);
    if (!w) {
        outcome_reply(r, OUTCOME_NO_MEMORY);
        return NULL;
    }
    w->request = r;
    w->put.answer.tell = resume_writing;
    w->put.id = r->params[0];
    w->put.shard = shard_of_user(r->app, w->put.id);
    text_init(&w->put.document);
    text_init(&w->attributes);
    r->state = w;
    r->state_free = free_writing;
    return w;
}

void
users_put(struct request *r)
{
    if (outcome_is_short(r))
        return;
    if (!user_id_is_valid(r->params[0])) {
        reply_problem(r, "invalid-parameter", "A user id is 1 to 128 of A-Z a-z 0-9 _ . @ -");
        return;
    }
    struct writing *w = new_writing(r);
    if (!w || !read_put(r, w))
        return;
    request_suspend(r, finish_writing);
    put_user_start(&w->put);
}

void
users_patch(struct request *r)
{
    if (outcome_is_short(r))
        return;
    if (!user_id_is_valid(r->params[0])) {
        outcome_reply(r, OUTCOME_ABSENT);
        return;
    }
    struct writing *w = new_writing(r);
    if (!w || !read_patch(r, w))
        return;
    request_suspend(r, finish_writing);
    put_user_start(&w->put);
}

// --- Deleting --------------------------------------------------------------------------------

struct deleting {
    struct delete_user deletion;
    struct request *request;
};

static void
finish_deleting(struct request *r)
{
    const struct deleting *d = r->state;
    if (d->deletion.answer.outcome == OUTCOME_DONE)
        reply_empty(r, 204);
    else
        outcome_reply(r, d->deletion.answer.outcome);
}

static void
resume_deleting(struct answer *a)
{
    request_resume(CONTAINER_OF(a, struct deleting, deletion.answer)->request);
}

static void
delete_user(struct request *r)
{
    struct deleting *d = calloc(1, sizeof *d);
    if (!d) {
        outcome_reply(r, OUTCOME_NO_MEMORY);
        return;
    }
    d->request = r;
    d->deletion.answer.tell = resume_deleting;
    d->deletion.id = r->params[0];
    d->deletion.shard = shard_of_user(r->app, r->params[0]);
    r->state = d;
    r->state_free = free;
    request_suspend(r, finish_deleting);
    delete_user_start(&d->deletion);
}

// Also of a user who never was: who deletes wants them gone, and they are.
void
users_delete(struct request *r)
{
    if (user_id_is_valid(r->params[0]))
        delete_user(r);
    else
        reply_empty(r, 204);
}
