// SPDX-License-Identifier: MIT
//
// census: what the objects of each type take, and how that has grown.
#ifndef ADMIN_CENSUS_H
#define ADMIN_CENSUS_H

#include "http/request.h"

handler_fn census_show; // GET /v1/heap/census?sort=&window=&limit=&cursor=

#endif
