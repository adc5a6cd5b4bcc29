// SPDX-License-Identifier: MIT
//
// exchange: leads one request through its stages: path, head, body, handler, reply.
//
// A reply that is queued before the body was read closes the connection, so a refusal waits until
// the body has been read and thrown away; only when the framing itself cannot be trusted, or the
// body is not worth reading, it goes out at once.
#include "http/exchange.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/ledger.h"
#include "base/pressure.h"
#include "base/purpose.h"
#include "http/audit.h"
#include "http/connection.h"
#include "http/origin.h"
#include "http/uri.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Of a body over the limit, so much is read before the connection closes, so that the client comes
// to see the answer.
enum { THROW_AWAY_LIMIT = 1 << 20 };

// So large a body is taken however short memory is: no more is needed to ask, or to delete.
enum { SMALL_BODY = 4096 };

struct connection *
connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct connection *c = info != NULL ? info->socket_context : NULL;
    ASSERT(c == NULL || c->magic == CONNECTION_MAGIC);
    return c;
}

// --- Path ----------------------------------------------------------------------------------------

void *
exchange_uri(void *cls, const char *uri, struct MHD_Connection *mhd)
{
    struct connection *c = connection_of(mhd);
    if (c != NULL) {
        c->path = uri;
        c->path_clean = uri != NULL && uri_is_clean(uri);
        if (c->watch.phase != PHASE_HEAD) // else since the connection came
            reaper_enter(c, PHASE_HEAD);
    }
    return NULL; // becomes the state of the handler's first call
}

size_t
exchange_unescape(void *cls, struct MHD_Connection *mhd, char *text)
{
    struct connection *c = connection_of(mhd);
    size_t len = strlen(text);
    if (c == NULL || !c->path_clean || text == c->path)
        return len;
    len = uri_decode(text, text, len);
    text[len] = '\0';
    return len;
}

// --- Head ----------------------------------------------------------------------------------------

static enum MHD_Result
add_header(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value,
           size_t value_len)
{
    head_add(cls, (struct span){name, name_len}, (struct span){value, value_len});
    return MHD_YES;
}

static bool
is_request_id(struct span id)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    for (size_t i = 0; i < id.len; i++)
        if (strchr(allowed, id.data[i]) == NULL)
            return false;
    return id.len >= 1 && id.len <= 64;
}

// What W3C Trace Context calls by one number wherever it goes; absent where it is not as demanded
// there, in lower case and neither zero nor of version ff.
static struct span
trace_id(struct span traceparent)
{
    static const char form[] = "xx-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";
    const char *p = traceparent.data;
    if (traceparent.len != sizeof form - 1 || strncmp(p, "ff", 2) == 0)
        return (struct span){0};
    for (size_t i = 0; i < traceparent.len; i++)
        if (strchr(form[i] == 'x' ? "0123456789abcdef" : "-", p[i]) == NULL)
            return (struct span){0};
    bool some = strspn(p + 3, "0") < 32 && strspn(p + 36, "0") < 16;
    return some ? (struct span){p + 3, 32} : (struct span){0};
}

// One that the client chose, or that of its trace; else there is none until somebody asks for it.
static void
take_id(struct connection *c)
{
    struct span id = c->head.request_id;
    if (!is_request_id(id))
        id = trace_id(c->head.traceparent);
    for (size_t i = 0; i < id.len; i++)
        c->request.id[i] = id.data[i];
    c->request.id[id.len] = '\0';
}

static void
start_request(struct connection *c, const char *method)
{
    struct request *r = &c->request;
    r->app = c->listener->app;
    r->method = method;
    r->path = c->path;
    r->body = (struct span){0};
    r->id[0] = '\0';
    r->reply.status = 0;
    r->reply.content_type = NULL;
    r->reply.file = -1;
    r->reply.header_count = 0;
    r->reply.problem = 0;
    r->state = NULL;
    r->state_free = NULL;
    r->connection = c;
    c->routing.route = NULL;
    c->caller = NULL;
    c->started_ns = clock_monotonic_ns();
    c->received = 0;
    c->next = NULL;
    c->suspended = c->last = false;
    atomic_fetch_add_explicit(&c->listener->in_flight, 1, memory_order_relaxed);
}

// False: refused, and where the request ends is not known.
static bool
accept_framing(struct connection *c, const char *method, const char *version)
{
    struct request *r = &c->request;
    head_begin(&c->head, version);
    MHD_get_connection_values_n(c->mhd, MHD_HEADER_KIND, add_header, &c->head);
    enum head_verdict verdict = head_end(&c->head, mhd_head_end(c->mhd, method));
    if (verdict == HEAD_NOT_IMPLEMENTED)
        reply_problem(r, "not-implemented", "%s", c->head.fault);
    else if (verdict == HEAD_MALFORMED)
        reply_problem(r, "malformed-request", "%s", c->head.fault);
    else if (!c->path_clean)
        reply_problem(r, "malformed-request", "The path is not one, or holds a wrong escape.");
    return r->reply.status == 0;
}

// The route says what its caller must be allowed to do. Where there is none, any token of the plane
// may learn so.
static enum access
access_needed(const struct connection *c)
{
    return c->routing.route != NULL ? c->routing.route->needs : ACCESS_DATA;
}

static bool
accept_origin(struct connection *c)
{
    struct request *r = &c->request;
    const struct listener *l = c->listener;
    const struct origin_rules rules = {l->host, l->hosts, atomic_load(&l->auth)->count > 0};
    enum origin_verdict verdict = origin_check(&c->head, &rules);
    bool fine =
        verdict == ORIGIN_FINE || (verdict == ORIGIN_LINKED && access_needed(c) == ACCESS_OPEN);
    if (verdict == ORIGIN_WRONG_HOST)
        reply_problem(r, "misdirected-request", "Host must name this machine, such as localhost.");
    else if (!fine)
        reply_problem(r, "foreign-origin", "Origin or Sec-Fetch-Site names another site.");
    return fine;
}

static bool
accept_caller(struct connection *c)
{
    struct request *r = &c->request;
    const struct auth *auth = atomic_load(&c->listener->auth);
    enum access needed = access_needed(c);
    if (needed != ACCESS_OPEN && auth->count > 0)
        c->caller = auth_find(auth, c->head.authorization);
    enum auth_verdict verdict = auth_check(auth, c->caller, needed);
    if (verdict == AUTH_UNKNOWN) {
        audit_stranger(c);
        reply_problem(r, "unauthorized", "Send Authorization: Bearer and a token of this plane.");
        reply_header(r, "WWW-Authenticate", "Bearer realm=\"tenured\", Basic realm=\"tenured\"");
    } else if (verdict == AUTH_TOO_LITTLE) {
        reply_problem(r, "insufficient-scope", "The token's scope does not hold this call.");
    }
    return verdict == AUTH_FINE;
}

static bool
accept_route(struct connection *c)
{
    struct request *r = &c->request;
    if (c->routing.route != NULL) {
        memcpy(r->params, c->routing.params, sizeof r->params);
        return true;
    }
    if (c->routing.allow[0] == '\0') {
        reply_problem(r, "path-not-found", "There is nothing at this path.");
        return false;
    }
    reply_problem(r, "method-not-allowed", "The methods of this path are: %s.", c->routing.allow);
    reply_header(r, "Allow", "%s", c->routing.allow);
    return false;
}

static void
drop_body(struct connection *c)
{
    ledger_forget(LEDGER_HTTP, c->body.data);
    text_fini(&c->body);
}

static bool
is_too_much_now(uint64_t bytes)
{
    return bytes > SMALL_BODY && pressure_is_high();
}

static void
refuse_growth(struct connection *c)
{
    c->next = NULL;
    drop_body(c);
    reply_problem(&c->request, "memory-short",
                  "Memory is nearly used up; what needs no more of it is served.");
}

static void
refuse_large_body(struct connection *c)
{
    c->last = true;
    c->next = NULL;
    drop_body(c);
    reply_problem(&c->request, "body-too-large", "The body has more than %zu bytes.",
                  c->listener->body_limit);
}

// The library has refused what is not a number of at most 64 bits.
static uint64_t
announced_length(const struct connection *c)
{
    return c->head.content_length.data != NULL ? strtoull(c->head.content_length.data, NULL, 10)
                                               : 0;
}

// Whether [type] is [name], with parameters or without.
static bool
is_type(struct span type, struct span name)
{
    if (type.len < name.len || strncasecmp(type.data, name.data, name.len) != 0)
        return false;
    return type.len == name.len || strchr("; \t", type.data[name.len]) != NULL;
}

static bool
is_json(struct span type)
{
    return is_type(type, SPAN("application/json")) ||
           is_type(type, SPAN("application/merge-patch+json"));
}

// The whole body is there.
static void
run_route(struct request *r)
{
    struct connection *c = r->connection;
    if (c->body.failed)
        reply_problem(r, "out-of-memory", "There is no memory for the body.");
    else if (c->body.len > 0 && !is_json(c->head.content_type))
        reply_problem(r, "unsupported-media-type",
                      "The Content-Type must be application/json "
                      "or application/merge-patch+json.");
    else
        c->routing.route->handler(r);
}

static enum MHD_Result
take_head(struct connection *c, const char *method, const char *version)
{
    start_request(c, method);
    reaper_enter(c, PHASE_BODY);
    if (!accept_framing(c, method, version)) {
        c->last = true;
        return reply_send(c);
    }
    take_id(c);
    uint64_t length = announced_length(c);
    router_find(c->listener->routes, c->request.method, c->path, &c->routing);
    if (accept_origin(c) && accept_caller(c) && accept_route(c)) {
        c->next = run_route;
        if (length > c->listener->body_limit)
            refuse_large_body(c);
        else if (is_too_much_now(length))
            refuse_growth(c);
    }
    bool unread = c->head.expect.data != NULL || length > THROW_AWAY_LIMIT;
    return c->next == NULL && unread ? reply_send(c) : MHD_YES;
}

// --- Body ----------------------------------------------------------------------------------------

static void
keep_body(struct connection *c, const char *data, size_t size)
{
    ledger_forget(LEDGER_HTTP, c->body.data);
    text_add(&c->body, data, size);
    ledger_note(LEDGER_HTTP, c->body.data);
}

static enum MHD_Result
take_body(struct connection *c, const char *data, size_t size)
{
    size_t limit = c->listener->body_limit;
    c->received += size;
    if (c->received > (limit > THROW_AWAY_LIMIT ? limit : THROW_AWAY_LIMIT))
        return MHD_NO;
    if (c->next == NULL)
        return MHD_YES;
    if (c->received > limit)
        refuse_large_body(c);
    else if (is_too_much_now(c->received))
        refuse_growth(c);
    else
        keep_body(c, data, size);
    return MHD_YES;
}

// --- Handler and reply ---------------------------------------------------------------------------

static void
run_step(struct connection *c, handler_fn *step)
{
    purpose_set(tally_name(c->listener->tally, c->routing.route));
    step(&c->request);
    purpose_set(NULL);
}

// Once suspended, the request belongs to another thread, until the library calls again.
static enum MHD_Result
advance(struct connection *c)
{
    struct request *r = &c->request;
    handler_fn *step = c->next;
    if (step != NULL) {
        c->next = NULL;
        reaper_enter(c, PHASE_WORK); // also when it is over: the step gives back what it holds
        r->body = (struct span){c->body.data, c->body.len};
        atomic_fetch_add(&c->listener->held, 1); // before [stopping] is asked: listener_stop
        if (atomic_load(&c->listener->stopping))
            reply_problem(r, "shutting-down", "The service is about to stop.");
        else
            run_step(c, step);
        atomic_fetch_sub(&c->listener->held, 1);
        if (c->suspended) {
            c->suspended = false;
            return MHD_YES;
        }
    }
    ASSERT(r->reply.status != 0);
    return reply_send(c);
}

enum MHD_Result
exchange_handle(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
                const char *version, const char *data, size_t *size, void **state)
{
    struct connection *c = connection_of(mhd);
    if (c == NULL)
        return MHD_NO;
    if (*state == NULL) {
        *state = c;
        return take_head(c, method, version);
    }
    if (*size == 0)
        return advance(c);
    size_t taken = *size;
    *size = 0;
    return take_body(c, data, taken);
}

void
exchange_completed(void *cls, struct MHD_Connection *mhd, void **state,
                   enum MHD_RequestTerminationCode code)
{
    struct connection *c = *state;
    if (c == NULL)
        return; // the head never came
    struct request *r = &c->request;
    audit_change(c);
    if (r->reply.status != 0) // else the client left before there was one
        tally_add(c->listener->tally, c->routing.route, &r->reply,
                  clock_monotonic_ns() - c->started_ns);
    if (r->state_free != NULL)
        r->state_free(r->state);
    reply_empty(r, r->reply.status); // gives back what was not sent
    drop_body(c);
    text_fini(&c->answer);
    *state = NULL;
    reaper_enter(c, PHASE_IDLE);
    atomic_fetch_sub_explicit(&c->listener->in_flight, 1, memory_order_release);
}
