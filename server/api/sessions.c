// SPDX-License-Identifier: MIT
//
// sessions: the calls about sessions.
//
// A reader copies the session's own bytes under the shard's lock and is answered at once.
#include "api/sessions.h"

#include "api/condition.h"
#include "api/fields.h"
#include "api/outcome.h"
#include "api/query.h"
#include "api/recalled.h"
#include "api/slot.h"
#include "base/clock.h"
#include "base/plain.h"
#include "base/secret.h"
#include "domain/create_session.h"
#include "domain/domain.h"
#include "domain/ending.h"
#include "domain/expiry.h"
#include "domain/touch.h"

#include <stdlib.h>

// --- Reading ---------------------------------------------------------------------------------

typedef tn_object *find_fn(struct shard *s, struct span key, int64_t now);

static void
add_document(struct text *t, const tn_object *session, bool with_user)
{
    struct span text = session_text(session);
    if (!with_user) {
        text_add_span(t, text);
        return;
    }
    text_add(t, text.data, text.len - 1);
    text_adds(t, ",\"user\":");
    user_add_json(t, session_user(session));
    text_adds(t, "}");
}

// What is asked of a session, and what is found.
struct reading {
    find_fn *find;
    uint16_t slot;
    struct span key;
    bool with_user, touches;
    struct etag tag;
    struct text document; // empty where nothing was found
};

static void
read_found(struct reading *q, struct shard *s, tn_object *session, int64_t now)
{
    if (q->touches)
        touch_session(s, session, now);
    if (q->with_user)
        expiry_sweep_user(s, session_user(session), now);
    add_document(&q->document, session, q->with_user);
    q->tag = session_etag(s, session);
}

// False: there is no such session.
static bool
read_session(struct request *r, struct reading *q)
{
    struct shard *s = domain_shard_of_slot(r->app, q->slot);
    int64_t now = clock_ms();
    text_init(&q->document);
    shard_take(s);
    tn_object *session = q->find(s, q->key, now);
    if (session)
        read_found(q, s, session, now);
    shard_give(s);
    if (session)
        slot_reply(r, q->slot);
    return session != NULL;
}

void
sessions_show(struct request *r)
{
    struct reading q = {.find = expiry_find_session, .key = r->params[0]};
    const char *none_match;
    if (!query_expand(r, &q.with_user) || !condition_read(r, "If-None-Match", &none_match))
        return;
    bool is_id = session_read_id(q.key, &q.slot);
    if (is_id && recalled_wait(r, q.slot, RECALL_SESSION, q.key, sessions_show))
        return;
    if (!is_id || !read_session(r, &q))
        outcome_reply(r, OUTCOME_ENDED);
    else if (q.with_user)
        reply_json(r, 200, &q.document);
    else
        condition_reply(r, none_match, q.tag, &q.document);
}

// One answer for a token that is unknown, expired, revoked or no token at all.
static void
refuse_token(struct request *r)
{
    reply_problem(r, "invalid-token", "The token is not the one of a live session.");
    reply_header(r, "WWW-Authenticate", "Bearer");
}

static bool
read_verify(struct request *r, const json_t *body, struct reading *q)
{
    return fields_require(r, body, "token") && fields_get_string(r, body, "token", &q->key) &&
           body_get_bool(r, body, "touch", &q->touches) &&
           fields_get_expand(r, body, &q->with_user);
}

static void
verify(struct request *r, struct reading *q)
{
    bool is_token = session_read_token(q->key, &q->slot);
    if (is_token && recalled_wait_token(r, q->slot, q->key, sessions_verify))
        return;
    if (is_token && read_session(r, q))
        reply_json(r, 200, &q->document);
    else
        refuse_token(r);
}

// Most bodies are a token and no more: reading them is a quarter of a request for others.
void
sessions_verify(struct request *r)
{
    static const char *const names[] = {"token", "touch", "expand", NULL};
    const struct domain *d = r->app;
    struct reading q = {.find = expiry_find_token, .touches = true};
    json_t *body;
    if (plain_read_member(r->body, "token", &q.key) && q.key.len > 0) {
        verify(r, &q);
    } else if (fields_read(r, d->config, names, NULL, &body)) {
        if (read_verify(r, body, &q))
            verify(r, &q);
        json_decref(body);
    }
}

// --- Touching --------------------------------------------------------------------------------

static bool
touch(struct request *r, uint16_t slot)
{
    struct shard *s = domain_shard_of_slot(r->app, slot);
    int64_t now = clock_ms();
    shard_take(s);
    tn_object *session = expiry_find_session(s, r->params[0], now);
    if (session)
        touch_session(s, session, now);
    shard_give(s);
    return session != NULL;
}

void
sessions_touch(struct request *r)
{
    uint16_t slot;
    bool is_id = session_read_id(r->params[0], &slot);
    if (is_id && recalled_wait(r, slot, RECALL_SESSION, r->params[0], sessions_touch))
        return;
    if (!is_id || !touch(r, slot)) {
        outcome_reply(r, OUTCOME_ENDED);
        return;
    }
    slot_reply(r, slot);
    reply_empty(r, 204);
}

// --- Creating --------------------------------------------------------------------------------

struct creating {
    struct create_session create;
    struct request *request;
    json_t *body;
    struct text data, client;
};

static void
free_creating(void *state)
{
    struct creating *c = state;
    secret_wipe(c->create.token, sizeof c->create.token);
    text_fini(&c->create.document);
    text_fini(&c->data);
    text_fini(&c->client);
    json_decref(c->body);
    free(c);
}

static void
finish_creating(struct request *r)
{
    struct creating *c = r->state;
    if (c->create.answer.outcome != OUTCOME_DONE) {
        outcome_reply(r, c->create.answer.outcome);
        return;
    }
    slot_reply(r, c->create.slot);
    reply_header(r, "Location", "/v1/sessions/%s", c->create.id);
    reply_json(r, 201, &c->create.document);
}

static void
resume_creating(struct answer *a)
{
    request_resume(CONTAINER_OF(a, struct creating, create.answer)->request);
}

static struct span
span_of_text(const struct text *t, struct span otherwise)
{
    return t->len ? (struct span){t->data, t->len} : otherwise;
}

static bool
read_create(struct request *r, struct creating *c)
{
    static const char *const names[] = {"user_id",      "data",   "idle_ttl",
                                        "absolute_ttl", "client", NULL};
    const struct domain *d = r->app;
    struct create_session *create = &c->create;
    int64_t max = d->config->sessions_max_ttl_ms;
    create->idle_ttl = d->config->sessions_idle_ttl_ms;
    create->absolute_ttl = d->config->sessions_absolute_ttl_ms;
    if (!fields_read(r, d->config, names, "data", &c->body) ||
        !fields_require(r, c->body, "user_id") ||
        !fields_get_string(r, c->body, "user_id", &create->user_id) ||
        !fields_add_object(r, c->body, "data", &c->data) ||
        !fields_add_object(r, c->body, "client", &c->client) ||
        !fields_get_ttl(r, c->body, "idle_ttl", max, &create->idle_ttl) ||
        !fields_get_ttl(r, c->body, "absolute_ttl", max, &create->absolute_ttl))
        return false;
    create->data = span_of_text(&c->data, SPAN("{}"));
    create->client = span_of_text(&c->client, (struct span){0});
    return true;
}

static struct creating *
new_creating(struct request *r)
{
    struct creating *c = calloc(1, sizeof *c);
    if (!c) {
        outcome_reply(r, OUTCOME_NO_MEMORY);
        return NULL;
    }
    c->request = r;
    c->create.answer.tell = resume_creating;
    text_init(&c->create.document);
    text_init(&c->data);
    text_init(&c->client);
    r->state = c;
    r->state_free = free_creating;
    return c;
}

void
sessions_create(struct request *r)
{
    if (outcome_is_short(r))
        return;
    struct creating *c = new_creating(r);
    if (!c || !read_create(r, c))
        return;
    if (!user_id_is_valid(c->create.user_id)) {
        outcome_reply(r, OUTCOME_ABSENT);
        return;
    }
    c->create.slot = domain_slot_of_user(r->app, c->create.user_id);
    c->create.shard = domain_shard_of_slot(r->app, c->create.slot);
    request_suspend(r, finish_creating);
    create_session_start(&c->create);
}

// --- Deleting --------------------------------------------------------------------------------

struct deleting {
    struct answer answer;
    struct request *request;
    uint16_t slot;
};

static void
finish_deleting(struct request *r)
{
    const struct deleting *d = r->state;
    if (d->answer.outcome != OUTCOME_DONE) {
        outcome_reply(r, d->answer.outcome);
        return;
    }
    slot_reply(r, d->slot);
    reply_empty(r, 204);
}

static void
resume_deleting(struct answer *a)
{
    request_resume(CONTAINER_OF(a, struct deleting, answer)->request);
}

static void
revoke(struct request *r, uint16_t slot)
{
    struct shard *s = domain_shard_of_slot(r->app, slot);
    struct deleting *d = malloc(sizeof *d);
    if (!d) {
        outcome_reply(r, OUTCOME_NO_MEMORY);
        return;
    }
    *d = (struct deleting){.answer = {.tell = resume_deleting}, .request = r, .slot = slot};
    r->state = d;
    r->state_free = free;
    request_suspend(r, finish_deleting);
    shard_take(s);
    ending_revoke(s, r->params[0], clock_ms(), &d->answer);
    shard_give(s);
}

// Also of a session that never was: who deletes wants it gone, and it is.
void
sessions_delete(struct request *r)
{
    uint16_t slot;
    if (!session_read_id(r->params[0], &slot))
        reply_empty(r, 204);
    else if (!recalled_wait(r, slot, RECALL_SESSION, r->params[0], sessions_delete))
        revoke(r, slot);
}
