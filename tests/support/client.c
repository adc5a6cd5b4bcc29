// SPDX-License-Identifier: MIT
//
// client: libcurl's easy interface, as the tests need it.
#include "client.h"

#include "support.h"

#include <curl/curl.h>
#include <strings.h>

enum { PATIENCE_S = 60 };

void
client_init(struct client *c, unsigned port)
{
    *c = (struct client){.curl = curl_easy_init(), .port = port};
    assert_non_null(c->curl);
}

static void
forget_reply(struct client *c)
{
    free(c->headers.data);
    free(c->body.data);
    c->headers = c->body = (struct client_text){NULL, 0};
    c->status = 0;
}

void
client_fini(struct client *c)
{
    forget_reply(c);
    curl_slist_free_all(c->extra);
    curl_easy_cleanup(c->curl);
}

void
client_add_header(struct client *c, const char *line)
{
    c->extra = curl_slist_append(c->extra, line);
    assert_non_null(c->extra);
}

static size_t
receive(char *data, size_t one, size_t size, void *arg)
{
    struct client_text *t = arg;
    char *grown = realloc(t->data, t->len + size + 1);
    if (!grown)
        return 0;
    memcpy(grown + t->len, data, size);
    t->data = grown;
    t->len += size;
    t->data[t->len] = '\0';
    return size;
}

static bool
has_extra(const struct client *c, const char *name)
{
    const struct curl_slist *line = c->extra;
    while (line && strncasecmp(line->data, name, strlen(name)) != 0)
        line = line->next;
    return line != NULL;
}

static void
set_request(struct client *c, const char *method, const char *path, const char *body)
{
    char url[4096];
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", c->port, path);
    curl_easy_reset(c->curl);
    curl_easy_setopt(c->curl, CURLOPT_URL, url);
    curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(c->curl, CURLOPT_NOBODY, (long)(strcmp(method, "HEAD") == 0));
    curl_easy_setopt(c->curl, CURLOPT_TIMEOUT, (long)PATIENCE_S);
    curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &c->body);
    curl_easy_setopt(c->curl, CURLOPT_HEADERFUNCTION, receive);
    curl_easy_setopt(c->curl, CURLOPT_HEADERDATA, &c->headers);
    if (body) {
        if (!has_extra(c, "Content-Type:"))
            client_add_header(c, "Content-Type: application/json");
        client_add_header(c, "Expect:");
        curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, method);
    }
    curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, c->extra);
}

long
client_call(struct client *c, const char *method, const char *path, const char *body)
{
    forget_reply(c);
    set_request(c, method, path, body);
    if (curl_easy_perform(c->curl) == CURLE_OK)
        curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &c->status);
    curl_slist_free_all(c->extra);
    c->extra = NULL;
    return c->status;
}

char *
client_reply_header(const struct client *c, const char *name)
{
    size_t len = strlen(name);
    for (const char *line = c->headers.data; line && *line; line = strstr(line, "\r\n") + 2)
        if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
            const char *value = line + len + 1 + strspn(line + len + 1, " ");
            return strndup(value, strcspn(value, "\r"));
        }
    return NULL;
}

json_t *
client_reply_json(const struct client *c)
{
    json_error_t error;
    json_t *root = json_loadb(c->body.data ? c->body.data : "", c->body.len, 0, &error);
    if (!root)
        fail_msg("not JSON: %s (status %ld)", c->body.data ? c->body.data : "", c->status);
    return root;
}
