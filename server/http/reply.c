// SPDX-License-Identifier: MIT
//
// reply: what a handler fills in, and how it reaches the library.
//
// Each header costs the library three allocations, so there are few.
#include "base/assert.h"
#include "base/ledger.h"
#include "http/audit.h"
#include "http/connection.h"
#include "http/overdue.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
drop_body(struct reply *reply)
{
    text_fini(&reply->body);
    if (reply->file >= 0)
        close(reply->file);
    reply->file = -1;
}

void
reply_text(struct request *r, unsigned status, const char *content_type, struct text *body)
{
    struct reply *reply = &r->reply;
    drop_body(reply);
    reply->problem = 0;
    if (body->failed) {
        text_fini(body);
        reply->status = 503; // the last resort: a reply without a body
        reply->content_type = NULL;
        return;
    }
    reply->status = status;
    reply->content_type = content_type;
    reply->body = *body;
    text_init(body);
}

void
reply_json(struct request *r, unsigned status, struct text *body)
{
    reply_text(r, status, "application/json", body);
}

void
reply_from_file(struct request *r, unsigned status, const char *content_type, int file,
                uint64_t size)
{
    reply_empty(r, status);
    r->reply.content_type = content_type;
    r->reply.file = file;
    r->reply.file_size = size;
}

void
reply_empty(struct request *r, unsigned status)
{
    drop_body(&r->reply);
    r->reply.status = status;
    r->reply.content_type = NULL;
    r->reply.problem = 0;
}

static size_t
find_header(const struct reply *reply, const char *name)
{
    size_t i = 0;
    while (i < reply->header_count && strcmp(reply->headers[i].name, name) != 0)
        i++;
    return i;
}

void
reply_header_value(struct request *r, const char *name, const char *value)
{
    struct reply *reply = &r->reply;
    size_t at = find_header(reply, name), len = strlen(value);
    ASSERT(at < REPLY_MAX_HEADERS && len < sizeof reply->headers[at].value);
    memcpy(reply->headers[at].value, value, len + 1);
    reply->headers[at].name = name;
    if (at == reply->header_count)
        reply->header_count++;
}

void
reply_header(struct request *r, const char *name, const char *format, ...)
{
    char value[sizeof r->reply.headers[0].value];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(value, sizeof value, format, args);
    va_end(args);
    ASSERT(len >= 0 && (size_t)len < sizeof value);
    reply_header_value(r, name, value);
}

// --- Sending -------------------------------------------------------------------------------------

static void
free_body(void *body)
{
    ledger_free(LEDGER_HTTP, body);
}

static struct MHD_Response *
make_file_response(struct reply *reply) /* new */
{
    struct MHD_Response *response = MHD_create_response_from_fd64(reply->file_size, reply->file);
    if (response != NULL)
        reply->file = -1;
    return response;
}

// The library gives the bytes of a body back, or closes its file, when it has sent them.
static struct MHD_Response *
make_response(struct reply *reply) /* new */
{
    if (reply->content_type == NULL)
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (reply->file >= 0)
        return make_file_response(reply);
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback(
        reply->body.len, reply->body.data, free_body);
    if (response != NULL) {
        ledger_note(LEDGER_HTTP, reply->body.data);
        text_init(&reply->body);
    }
    return response;
}

static bool
add_headers(struct MHD_Response *response, const struct connection *c)
{
    const struct request *r = &c->request;
    bool added = MHD_add_response_header(response, "Cache-Control", "no-store");
    if (r->reply.content_type != NULL)
        added &= MHD_add_response_header(response, "Content-Type", r->reply.content_type) &
                 MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (r->id[0] != '\0')
        added &= MHD_add_response_header(response, "X-Request-Id", r->id);
    if (c->last || atomic_load_explicit(&c->listener->retired, memory_order_relaxed))
        added &= MHD_add_response_header(response, "Connection", "close");
    for (size_t i = 0; i < r->reply.header_count; i++)
        added &=
            MHD_add_response_header(response, r->reply.headers[i].name, r->reply.headers[i].value);
    return added;
}

enum MHD_Result
reply_send(struct connection *c)
{
    const struct reply *reply = &c->request.reply;
    if (!reaper_enter_send(c, reply->file >= 0 ? reply->file_size : reply->body.len)) {
        overdue_note(c);
        return MHD_NO;
    }
    audit_keep_answer(c);
    struct MHD_Response *response = make_response(&c->request.reply);
    if (response == NULL || !add_headers(response, c)) {
        if (response != NULL)
            MHD_destroy_response(response);
        c->request.reply.status = 503;
        return MHD_queue_response(c->mhd, 503, c->listener->last_resort);
    }
    enum MHD_Result queued = MHD_queue_response(c->mhd, c->request.reply.status, response);
    MHD_destroy_response(response);
    return queued;
}
