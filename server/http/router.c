// SPDX-License-Identifier: MIT
//
// router: finds the route of a method and a path, row by row.
#include "http/router.h"
#include "base/assert.h"
#include "http/uri.h"

#include <stdio.h>
#include <string.h>

// Cuts [path] by [pattern]; the parameters stay as they are written. False: another path.
static bool
match(const char *pattern, const char *path, struct span params[REQUEST_MAX_PARAMS])
{
    size_t count = 0;
    while (*pattern != '\0') {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        size_t len = strcspn(path, "/");
        if (len == 0)
            return false;
        ASSERT(count < REQUEST_MAX_PARAMS);
        params[count++] = (struct span){path, len};
        path += len;
        pattern += strcspn(pattern, "}") + 1;
    }
    return *path == '\0';
}

// Decoding comes after cutting, so that %2F never ends a segment.
static bool
decode(struct routing *found)
{
    size_t used = 0;
    for (size_t i = 0; i < REQUEST_MAX_PARAMS; i++) {
        struct span *param = &found->params[i];
        if (param->data == NULL || memchr(param->data, '%', param->len) == NULL)
            continue;
        if (param->len > sizeof found->decoded - used)
            return false;
        char *to = found->decoded + used;
        *param = (struct span){to, uri_decode(to, param->data, param->len)};
        used += param->len;
    }
    return true;
}

static void
add_allowed(struct routing *found, const char *method)
{
    size_t len = strlen(found->allow);
    snprintf(found->allow + len, sizeof found->allow - len, "%s%s", len > 0 ? ", " : "", method);
}

void
router_find(const struct route *routes, const char *method, const char *path, struct routing *found)
{
    found->route = NULL;
    found->allow[0] = '\0';
    for (const struct route *route = routes; route->method != NULL; route++) {
        memset(found->params, 0, sizeof found->params);
        if (!match(route->pattern, path, found->params))
            continue;
        if (strcmp(route->method, method) == 0) {
            found->route = decode(found) ? route : NULL;
            found->allow[0] = '\0';
            return;
        }
        add_allowed(found, route->method);
    }
}
