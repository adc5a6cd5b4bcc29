// SPDX-License-Identifier: MIT
//
// What tests say to the admin plane of the running service, and look for in its replies.
#ifndef TESTS_ADMIN_FIXTURE_H
#define TESTS_ADMIN_FIXTURE_H

#include "service_fixture.h"

// The body of the last reply.
static inline const char *
answer(void)
{
    return service.admin.body.data ? service.admin.body.data : "";
}

// Whatever the answer is.
static inline void
order_text(long status, const char *method, const char *path, const char *body)
{
    long got = client_call(&service.admin, method, path, body);
    if (got != status)
        fail_msg("%s %s: %ld instead of %ld: %s", method, path, got, status, answer());
}

static inline json_t * /* new */
ask(long status, const char *method, const char *path, const char *body)
{
    order_text(status, method, path, body);
    return status == 204 ? NULL : client_reply_json(&service.admin);
}

static inline void
order(long status, const char *method, const char *path, const char *body)
{
    json_decref(ask(status, method, path, body));
}

static inline void
refused(long status, const char *type, const char *method, const char *path, const char *body)
{
    char urn[80];
    snprintf(urn, sizeof urn, "urn:tenure:problem:%s\"", type);
    order(status, method, path, body);
    if (!strstr(answer(), urn))
        fail_msg("%s %s: no %s in %s", method, path, type, answer());
}

// --- Members -------------------------------------------------------------------------------------

static inline json_int_t
number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

// "" where there is none.
static inline const char *
word(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value ? value : "";
}

static inline const json_t *
item(const json_t *object, const char *list, size_t i)
{
    return json_array_get(json_object_get(object, list), i);
}

#endif
