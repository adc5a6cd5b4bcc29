// SPDX-License-Identifier: MIT
//
// Cursors of strangers: what is taken is a key, and what a page would write for that key is the
// same text; every key is read as it was written.
#include "fuzz.h"

#include "api/query.h"

#include <string.h>

static void
write_cursor(struct text *t, int64_t last)
{
    text_init(t);
    query_add_cursor(t, last);
    MUST(!t->failed && t->len > 2 && t->data[0] == '"' && t->data[t->len - 1] == '"');
    t->data[t->len - 1] = '\0';
}

static void
check_text(const char *text)
{
    struct text again;
    int64_t last = -1;
    if (!query_read_cursor(text, &last))
        return;
    MUST(last >= 0);
    write_cursor(&again, last);
    MUST(strcmp(again.data + 1, text) == 0);
    text_fini(&again);
}

static void
check_key(int64_t key)
{
    struct text written;
    int64_t last = -1;
    write_cursor(&written, key);
    MUST(query_read_cursor(written.data + 1, &last) && last == key);
    text_fini(&written);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = calloc(1, size + 1);
    uint64_t key = 0;
    MUST(text);
    memcpy(text, data, size);
    memcpy(&key, data, size < sizeof key ? size : sizeof key);
    check_text(text);
    check_key((int64_t)(key & INT64_MAX));
    free(text);
    return 0;
}
