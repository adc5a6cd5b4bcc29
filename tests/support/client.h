// SPDX-License-Identifier: MIT
//
// client: one HTTP connection to a plane, one request at a time. Each thread has its own.
#ifndef TESTS_CLIENT_H
#define TESTS_CLIENT_H

#include <jansson.h>

#include <stddef.h>

struct client_text {
    char *data; // ended by a NUL
    size_t len;
};

struct client {
    void *curl; // libcurl's handle
    unsigned port;
    struct curl_slist *extra; // headers of the next call
    // The last reply.
    long status; // 0: there was none
    struct client_text headers, body;
};

void client_init(struct client *c, unsigned port);
void client_fini(struct client *c);
// One more header, "Name: value", for the next call only.
void client_add_header(struct client *c, const char *line);
// Sends [body] as JSON unless a header says what it is, or none for NULL. Returns the status; 0
// when no reply came.
long client_call(struct client *c, const char *method, const char *path, const char *body);
// Header [name] of the last reply; NULL when it has none. To be freed.
char *client_reply_header(const struct client *c, const char *name); /* new */
// The body of the last reply; fails the test when it is not JSON.
json_t *client_reply_json(const struct client *c); /* new */

#endif
