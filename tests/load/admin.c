// SPDX-License-Identifier: MIT
//
// admin: libcurl's easy interface.
#include "admin.h"

#include "must.h"

#include <string.h>

enum { PATIENCE_S = 120 };

void
admin_init(struct admin *a, const char *address, const char *token)
{
    char line[600];
    *a = (struct admin){.address = address, .easy = curl_easy_init()};
    a->headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (token) {
        snprintf(line, sizeof line, "Authorization: Bearer %s", token);
        a->headers = curl_slist_append(a->headers, line);
    }
    must(a->easy && a->headers, "libcurl gives no handle");
}

void
admin_fini(struct admin *a)
{
    curl_easy_cleanup(a->easy);
    curl_slist_free_all(a->headers);
    free(a->reply);
}

static size_t
receive(char *data, size_t one, size_t size, void *arg)
{
    struct admin *a = arg;
    char *grown = realloc(a->reply, a->len + size);
    if (!grown)
        return 0;
    memcpy(grown + a->len, data, size);
    a->reply = grown;
    a->len += size;
    return size;
}

json_t *
admin_call(struct admin *a, const char *path, const char *body)
{
    char url[256];
    long status = 0;
    snprintf(url, sizeof url, "http://%s%s", a->address, path);
    a->len = 0;
    curl_easy_reset(a->easy);
    curl_easy_setopt(a->easy, CURLOPT_URL, url);
    curl_easy_setopt(a->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(a->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(a->easy, CURLOPT_TIMEOUT, (long)PATIENCE_S);
    curl_easy_setopt(a->easy, CURLOPT_HTTPHEADER, a->headers);
    curl_easy_setopt(a->easy, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(a->easy, CURLOPT_WRITEDATA, a);
    if (body)
        curl_easy_setopt(a->easy, CURLOPT_POSTFIELDS, body);
    if (curl_easy_perform(a->easy) != CURLE_OK)
        return NULL;
    curl_easy_getinfo(a->easy, CURLINFO_RESPONSE_CODE, &status);
    return status == 200 ? json_loadb(a->reply, a->len, 0, NULL) : NULL;
}
