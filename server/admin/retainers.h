// SPDX-License-Identifier: MIT
//
// retainers: who refers to an object, and what keeps it alive.
#ifndef ADMIN_RETAINERS_H
#define ADMIN_RETAINERS_H

#include "http/request.h"

handler_fn retainers_show_referrers; // GET /v1/heap/objects/{oid}/referrers?values=&limit=
handler_fn retainers_show_roots;     // GET /v1/heap/objects/{oid}/roots?values=&max_nodes=

#endif
