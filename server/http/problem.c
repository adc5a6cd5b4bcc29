// SPDX-License-Identifier: MIT
//
// problem: what can go wrong, one row a type, and the reply that says so (RFC 9457).
//
// A type's word is a promise to clients: it stays. Titles are for people.
#include "http/problem.h"
#include "base/assert.h"
#include "http/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct problem {
    const char *type;
    unsigned status;
    const char *title;
} problems[] = {
    {"malformed-request", 400, "The request is malformed"},
    {"malformed-json", 400, "The body is not a JSON object"},
    {"unauthorized", 401, "The call needs a token"},
    {"invalid-token", 401, "The token is not valid"},
    {"insufficient-scope", 403, "The token does not allow this"},
    {"foreign-origin", 403, "Requests from other sites are refused"},
    {"path-not-found", 404, "There is nothing at this path"},
    {"user-not-found", 404, "There is no such user"},
    {"session-not-found", 404, "There is no such session"},
    {"schedule-not-found", 404, "There is no such schedule"},
    {"operation-not-found", 404, "There is no such operation"},
    {"snapshot-not-found", 404, "There is no such snapshot"},
    {"object-not-found", 404, "There is no such object"},
    {"not-resident", 404, "The user is not in memory"},
    {"method-not-allowed", 405, "The path does not have this method"},
    {"operation-in-progress", 409, "Another operation is running"},
    {"schedule-limit", 409, "There are as many schedules as allowed"},
    {"snapshot-limit", 409, "There are as many snapshots as allowed"},
    {"tracing-off", 409, "Nobody traces the heaps"},
    {"in-use", 409, "Somebody needs it"},
    {"session-limit", 409, "The user has as many sessions as allowed"},
    {"count-differs", 409, "There is another number of them"},
    {"object-gone", 410, "The object is dead"},
    {"user-exists", 412, "The user exists already"},
    {"version-mismatch", 412, "The document has another version"},
    {"body-too-large", 413, "The body is too large"},
    {"unsupported-media-type", 415, "The body must be JSON"},
    {"misdirected-request", 421, "This server does not serve that host"},
    {"invalid-body", 422, "A member of the body is not acceptable"},
    {"invalid-parameter", 422, "A part of the path or query is not acceptable"},
    {"json-too-large", 422, "The document exceeds a limit"},
    {"budget-needs-full", 422, "Only a full collection can have a budget"},
    {"precondition-required", 428, "The call needs If-Match"},
    {"too-many-requests", 429, "There were too many expensive calls"},
    {"not-implemented", 501, "The server does not understand this"},
    {"dump-too-large", 507, "The dump is larger than allowed"},
    {"no-room", 507, "The disk is full"},
    {"out-of-memory", 503, "There is no memory for this request"},
    {"memory-short", 503, "Memory is nearly used up"},
    {"overloaded", 503, "Too much is waiting already"},
    {"store-unavailable", 503, "The store does not answer"},
    {"overdue", 503, "The work takes too long"},
    {"not-ready", 503, "The service is not ready"},
    {"shutting-down", 503, "The service is about to stop"},
};

static const struct problem *
find(const char *type)
{
    for (size_t i = 0; i < sizeof problems / sizeof problems[0]; i++)
        if (strcmp(problems[i].type, type) == 0)
            return &problems[i];
    return NULL;
}

const char *
problem_type(unsigned number)
{
    return number < sizeof problems / sizeof problems[0] ? problems[number].type : NULL;
}

unsigned
problem_status(const char *type)
{
    const struct problem *p = find(type);
    return p != NULL ? p->status : 0;
}

void
problem_write(struct text *body, const char *type, const char *sentence, const char *id)
{
    const struct problem *p = find(type);
    ASSERT(p != NULL);
    text_addf(body, "{\"type\":\"urn:tenure:problem:%s\",\"title\":", p->type);
    text_add_json(body, span_of(p->title));
    text_addf(body, ",\"status\":%u,\"detail\":", p->status);
    text_add_json(body, span_of(sentence));
    text_addf(body, ",\"instance\":\"urn:tenure:request:%s\"}\n", id);
}

void
reply_problem(struct request *r, const char *type, const char *detail, ...)
{
    const struct problem *p = find(type);
    char sentence[512];
    va_list args;
    ASSERT(p != NULL);
    va_start(args, detail);
    vsnprintf(sentence, sizeof sentence, detail, args);
    va_end(args);
    struct text body;
    text_init(&body);
    problem_write(&body, type, sentence, request_id(r));
    reply_text(r, p->status, "application/problem+json", &body);
    r->reply.problem = (unsigned)(p - problems) + 1;
    if (p->status == 503)
        reply_header(r, "Retry-After", "1");
}
