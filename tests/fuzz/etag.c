// SPDX-License-Identifier: MIT
//
// Conditions of strangers: a list that names a tag or a version is one that is valid up to there,
// and a list of one's own tag always names it.
#include "fuzz.h"

#include "base/etag.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *list = calloc(1, size + 1), own[ETAG_SIZE];
    struct etag e = {.version = (int64_t)(size % 100)};
    MUST(list);
    memcpy(list, data, size);
    bool is_valid = etag_list_is_valid(list);
    bool names = etag_list_has(list, e), has_version = etag_list_has_version(list, e.version);
    MUST(strcmp(list, "*") != 0 || (is_valid && names && has_version));
    etag_write(own, e);
    MUST(etag_list_is_valid(own) && etag_list_has(own, e));
    MUST(etag_list_has_version(own, e.version) && !etag_list_has_version(own, e.version + 1));
    free(list);
    return 0;
}
