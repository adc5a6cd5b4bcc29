// SPDX-License-Identifier: MIT
//
// A merge patch of two documents, one a line: the result is a document, and patching it again by
// the same patch changes nothing.
#include "fuzz.h"

#include "base/json.h"
#include "base/merge.h"

#include <string.h>

static const struct json_limits limits = {
    .depth = 64, .members = 4096, .string = 4096, .as_text = true};

static bool
is_document(struct span text)
{
    char detail[160];
    json_t *root = NULL;
    bool fine = text.len > 0 && json_read(text, &limits, &root, detail, sizeof detail) == JSON_FINE;
    json_decref(root);
    return fine;
}

static void
patch(struct span target, struct span changes)
{
    struct text compact, once, twice;
    text_init(&compact);
    text_init(&once);
    text_init(&twice);
    json_add_compact(&compact, changes);
    changes = (struct span){compact.data, compact.len};
    merge_patch(&once, target, changes);
    MUST(is_document((struct span){once.data, once.len}));
    merge_patch(&twice, (struct span){once.data, once.len}, changes);
    MUST(span_equal((struct span){once.data, once.len}, (struct span){twice.data, twice.len}));
    text_fini(&compact);
    text_fini(&once);
    text_fini(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *line = size ? memchr(data, '\n', size) : NULL;
    if (!line)
        return 0;
    struct span target = {(const char *)data, (size_t)(line - (const char *)data)};
    struct span changes = {line + 1, size - target.len - 1};
    if (is_document(target) && is_document(changes))
        patch(target, changes);
    return 0;
}
