// SPDX-License-Identifier: MIT
//
// admin: one question or order to the admin plane at a time. One a thread.
#ifndef LOAD_ADMIN_H
#define LOAD_ADMIN_H

#include <curl/curl.h>
#include <jansson.h>

struct admin {
    CURL *easy;
    struct curl_slist *headers;
    const char *address; // borrowed
    char *reply;
    size_t len;
};

void admin_init(struct admin *a, const char *address, const char *token);
void admin_fini(struct admin *a);
// What is answered with 200; NULL: anything else was. [body]: NULL, or JSON to be posted.
json_t *admin_call(struct admin *a, const char *path, const char *body); /* new */

#endif
