// SPDX-License-Identifier: MIT
//
// description: the bytes of admin/openapi.json are part of the program.
#include "admin/description.h"

#include "admin_openapi.h"

void
description_show(struct request *r)
{
    struct text t;
    text_init(&t);
    text_add(&t, OPENAPI, sizeof OPENAPI);
    reply_json(r, 200, &t);
}
