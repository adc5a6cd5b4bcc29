// SPDX-License-Identifier: MIT
//
// Methods and paths of strangers: what is found has its parameters inside the path or the room for
// decoded ones, and none is empty or holds a NUL.
#include "fuzz.h"

#include "admin/admin.h"
#include "api/api.h"
#include "http/router.h"
#include "http/uri.h"

#include <string.h>

static void
check_param(const char *path, const struct routing *found, struct span p)
{
    bool in_path = p.data >= path && p.data + p.len <= path + strlen(path);
    bool is_decoded =
        p.data >= found->decoded && p.data + p.len <= found->decoded + sizeof found->decoded;
    MUST(in_path || is_decoded);
    MUST(p.len > 0 && memchr(p.data, '\0', p.len) == NULL);
}

static void
find(const struct route *routes, const char *method, const char *path)
{
    static struct routing found;
    router_find(routes, method, path, &found);
    MUST(!found.route || found.allow[0] == '\0');
    for (size_t i = 0; found.route && i < REQUEST_MAX_PARAMS; i++)
        if (found.params[i].data)
            check_param(path, &found, found.params[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *path = text;
    MUST(text);
    memcpy(text, data, size);
    text[size] = '\0';
    const char *method = strsep(&path, " ");
    if (path && uri_is_clean(path)) {
        path[strcspn(path, "?")] = '\0';
        find(api_routes, method, path);
        find(admin_routes, method, path);
    }
    free(text);
    return 0;
}
