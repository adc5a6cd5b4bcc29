// SPDX-License-Identifier: MIT
//
// condition: If-Match and If-None-Match (RFC 9110, 13.1).
#include "api/condition.h"

bool
condition_read(struct request *r, const char *name, const char **list)
{
    *list = request_header(r, name);
    if (!*list || etag_list_is_valid(*list))
        return true;
    reply_problem(r, "malformed-request", "%s must be * or a list of tags in double quotes.", name);
    return false;
}

void
condition_reply(struct request *r, const char *none_match, struct etag tag, struct text *document)
{
    if (none_match && etag_list_has(none_match, tag)) {
        text_fini(document);
        reply_empty(r, 304);
    } else {
        reply_json(r, 200, document);
    }
    char value[ETAG_SIZE];
    etag_write(value, tag);
    reply_header_value(r, "ETag", value);
}
