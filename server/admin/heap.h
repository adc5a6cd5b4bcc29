// SPDX-License-Identifier: MIT
//
// heap: one object, what it holds, and what that takes.
#ifndef ADMIN_HEAP_H
#define ADMIN_HEAP_H

#include "http/request.h"

handler_fn heap_show_object;    // GET /v1/heap/objects/{oid}?values=
handler_fn heap_show_referents; // GET /v1/heap/objects/{oid}/referents?values=&limit=&cursor=
handler_fn heap_show_size;      // GET /v1/heap/objects/{oid}/size?max_nodes=

#endif
