// SPDX-License-Identifier: MIT
//
// sessions: the calls about sessions.
//
// A reader copies the session's own bytes under the shard's lock and is answered at once.
#include "api/sessions.h"

#include "api/fields.h"
#include "api/outcome.h"
#include "api/query.h"
#include "base/clock.h"
#include "base/secret.h"
#include "domain/create_session.h"
#include "domain/domain.h"
#include "domain/ending.h"
#include "domain/expiry.h"

#include <stdlib.h>

static void
reply_slot(struct request *r, uint16_t slot)
{
    reply_header(r, "X-Tenured-Slot", "%04x", slot);
}

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

// False: there is no such session; the reply is not filled then.
static bool
reply_session(struct request *r, find_fn *find, uint16_t slot, struct span key, bool with_user)
{
    struct shard *s = domain_shard_of_slot(r->app, slot);
    struct text document;
    text_init(&document);
    int64_t now = clock_ms();
    shard_take(s);
    tn_object *session = find(s, key, now);
    if (session && with_user)
        expiry_sweep_user(s, session_user(session), now);
    if (session)
        add_document(&document, session, with_user);
    shard_give(s);
    if (!session)
        return false;
    reply_slot(r, slot);
    reply_json(r, 200, &document);
    return true;
}

void
sessions_show(struct request *r)
{
    uint16_t slot;
    bool with_user;
    if (!query_expand(r, &with_user))
        return;
    if (!session_read_id(r->params[0], &slot) ||
        !reply_session(r, expiry_find_session, slot, r->params[0], with_user))
        reply_problem(r, "session-not-found", "There is no such session.");
}

// One answer for a token that is unknown, expired, revoked or no token at all.
static void
refuse_token(struct request *r)
{
    reply_problem(r, "invalid-token", "The token is not the one of a live session.");
    reply_header(r, "WWW-Authenticate", "Bearer");
}

static bool
read_verify(struct request *r, const json_t *body, struct span *token, bool *with_user)
{
    const json_t *touch = json_object_get(body, "touch");
    if (touch && !json_is_false(touch)) {
        reply_problem(r, "invalid-body", "touch must be false: sessions cannot be touched yet.");
        return false;
    }
    return fields_require(r, body, "token") && fields_get_string(r, body, "token", token) &&
           fields_get_expand(r, body, with_user);
}

void
sessions_verify(struct request *r)
{
    static const char *const names[] = {"token", "touch", "expand", NULL};
    const struct domain *d = r->app;
    json_t *body;
    struct span token;
    uint16_t slot;
    bool with_user;
    if (!fields_read(r, d->config, names, &body))
        return;
    if (read_verify(r, body, &token, &with_user) &&
        (!session_read_token(token, &slot) ||
         !reply_session(r, expiry_find_token, slot, token, with_user)))
        refuse_token(r);
    json_decref(body);
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
    reply_slot(r, c->create.slot);
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
    if (!fields_read(r, d->config, names, &c->body) || !fields_require(r, c->body, "user_id") ||
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
    reply_slot(r, d->slot);
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
    if (session_read_id(r->params[0], &slot))
        revoke(r, slot);
    else
        reply_empty(r, 204);
}
