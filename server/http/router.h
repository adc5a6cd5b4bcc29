// SPDX-License-Identifier: MIT
//
// router: finds the route of a method and a path.
//
// Literal segments must be spelled as in the pattern. A HEAD is served only where a table has a row
// for it.
#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include "http/request.h"

enum { ROUTER_DECODED_SIZE = 1024, ROUTER_ALLOW_SIZE = 64 };

struct routing {
    const struct route *route;              // NULL: none
    struct span params[REQUEST_MAX_PARAMS]; // into the path or into [decoded]
    char allow[ROUTER_ALLOW_SIZE];          // without a route: the methods of this path, or ""
    char decoded[ROUTER_DECODED_SIZE];
};

// [path] is clean (uri.h), without its query, and must outlive [found]. A path whose escaped
// parameters need more than ROUTER_DECODED_SIZE bytes has no route.
void router_find(const struct route *routes, const char *method, const char *path,
                 struct routing *found);

#endif
