// SPDX-License-Identifier: MIT
//
// described: a plane's /openapi.json beside what the plane answers: each status that it documents
// for a call is provoked once, and what comes back is of the documented type and shape.
#ifndef TESTS_DESCRIBED_H
#define TESTS_DESCRIBED_H

#include "client.h"

struct described {
    struct client *client; // borrowed; the last reply is there
    json_t *doc, *seen;    // seen: "GET /v1/users/{user_id} 200"
};

void described_init(struct described *d, struct client *c);
void described_fini(struct described *d);
// Calls [actual], a path that [path] describes; the test fails unless the reply has this status and
// is as documented.
void provoke(struct described *d, long status, const char *method, const char *path,
             const char *actual, const char *body);
void provoke_with(struct described *d, long status, const char *method, const char *path,
                  const char *actual, const char *header, const char *body);
// Fails the test unless every documented status was provoked.
void expect_all_seen(const struct described *d);

#endif
