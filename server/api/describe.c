// SPDX-License-Identifier: MIT
//
// describe: the bytes of api/openapi.json are part of the program.
#include "api/describe.h"

#include "api_openapi.h"

void
describe_show(struct request *r)
{
    struct text t;
    text_init(&t);
    text_add(&t, OPENAPI, sizeof OPENAPI);
    reply_json(r, 200, &t);
}
