// SPDX-License-Identifier: MIT
//
// request: one HTTP request on its way, and the reply that it will get.
//
// A handler runs on a listener thread when the whole body is there. It either fills the reply and
// returns, or calls request_suspend, hands the request to another thread (only after that call),
// and returns; that thread calls request_resume exactly once. Then [next] runs on a listener
// thread, or, if that is NULL, the reply must be filled by then. Nothing else may touch the request
// meanwhile.
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { REQUEST_MAX_PARAMS = 4, REPLY_MAX_HEADERS = 8 };

struct request;
typedef void handler_fn(struct request *r);

// What a caller must be allowed to do. On the admin plane each holds the ones before it; the data
// plane has one. No route may say nothing, which would be 0.
enum access { ACCESS_OPEN = 1, ACCESS_DATA, ACCESS_READ, ACCESS_OPERATE, ACCESS_DUMP };

// A row of a route table; a table ends with a row of NULLs. Patterns: "/v1/users/{id}/sessions"; a
// parameter is one non-empty segment, percent-decoded.
struct route {
    const char *method;
    const char *pattern;
    handler_fn *handler;
    enum access needs;
};

struct reply {
    unsigned status; // 0: not filled yet
    struct text body;
    const char *content_type; // NULL: no body
    int file;                 // -1, or what the body is read from instead
    uint64_t file_size;
    struct {
        const char *name; // static
        char value[160];
    } headers[REPLY_MAX_HEADERS];
    size_t header_count;
    unsigned problem; // 0: it is none; else one more than the number of its type (problem.h)
};

struct request {
    void *app;                              // what the listener was started with
    const char *method, *path;              // borrowed
    struct span params[REQUEST_MAX_PARAMS]; // in the order of the pattern
    struct span body;                       // all of it
    char id[65];                            // X-Request-Id: the client's, or "" until one is needed
    struct reply reply;
    void *state;                     // the handler's own
    void (*state_free)(void *state); // called once, when the request is over
    struct connection *connection;   // the listener's own
};

// The value of query parameter [name], decoded; NULL when absent.
const char *request_query(struct request *r, const char *name);  /* borrowed */
const char *request_header(struct request *r, const char *name); /* borrowed */
// The id of the request for logs and problems; made now if the client sent none.
const char *request_id(struct request *r); /* borrowed */

// Who sent it, for people: "operate:1a2b3c4d from 192.0.2.1", "anybody from 127.0.0.1".
void request_name_caller(const struct request *r, char *name, size_t size);
// Whether the caller may do more than the route needs.
bool request_may(const struct request *r, enum access needed);
// What it came in by.
struct listener *request_listener(const struct request *r); /* borrowed */

// Whether the client of a suspended request has closed its end, or half of it. Any thread that the
// request belongs to.
bool request_is_abandoned(const struct request *r);

void request_suspend(struct request *r, handler_fn *next);
void request_resume(struct request *r); // any thread

// --- Replies -----------------------------------------------------------------------------------

// Takes the bytes of [body], which is empty afterwards. A failed text becomes a 503 without a body.
void reply_json(struct request *r, unsigned status, struct text *body);
// The same with another type; [content_type] is static.
void reply_text(struct request *r, unsigned status, const char *content_type, struct text *body);
// The first [size] bytes of [file], which nobody changes any more, are the body.
void reply_from_file(struct request *r, unsigned status, const char *content_type,
                     int file /* stolen */, uint64_t size);
void reply_empty(struct request *r, unsigned status);
// Replaces the header of this name, if the reply has it.
void reply_header(struct request *r, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void reply_header_value(struct request *r, const char *name, const char *value);

// application/problem+json (RFC 9457): {type, title, status, detail, instance}. [type] is a short
// stable word such as "user-not-found", shown as "urn:tenure:problem:user-not-found"; titles and
// statuses of all types stand in one table in problem.c; a 503 gets Retry-After. [detail] is one
// sentence.
void reply_problem(struct request *r, const char *type, const char *detail, ...)
    __attribute__((format(printf, 3, 4)));

#endif
