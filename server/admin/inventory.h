// SPDX-License-Identifier: MIT
//
// inventory: the objects of a type, one by one.
#ifndef ADMIN_INVENTORY_H
#define ADMIN_INVENTORY_H

#include "http/request.h"

handler_fn inventory_list; // GET /v1/heap/objects?type=&site=&limit=&cursor=

#endif
