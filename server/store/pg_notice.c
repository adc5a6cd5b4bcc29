// SPDX-License-Identifier: MIT
//
// pg_notice: what instances tell each other of a batch, written and read.
//
// An id has no colon, and the head of a line is short.
#include "store/pg_notice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_MOST = 64 };

// --- Written ----------------------------------------------------------------------------------

void
pg_notices_init(struct pg_notices *n, int64_t instance)
{
    *n = (struct pg_notices){.instance = instance};
    text_init(&n->bytes);
}

void
pg_notices_fini(struct pg_notices *n)
{
    text_fini(&n->bytes);
}

static size_t
start_of(const struct pg_notices *n, size_t i)
{
    return i > 0 ? n->ends[i - 1] : 0;
}

// Ends the notice that is being written where the line would be too much for it.
static void
make_room(struct pg_notices *n, size_t line)
{
    size_t len = n->bytes.len - start_of(n, n->count);
    if (len + line <= PG_NOTICE_SIZE)
        return;
    n->ends[n->count++] = n->bytes.len;
    n->is_anything = n->count == PG_NOTICES_MOST;
}

void
pg_notices_add(struct pg_notices *n, char kind, struct span id, int64_t version)
{
    if (!n->is_anything)
        make_room(n, id.len + HEAD_MOST);
    if (n->is_anything)
        return;
    bool is_first = n->bytes.len == start_of(n, n->count);
    if (!is_first && kind == n->kind && version == n->version)
        text_addf(&n->bytes, "%.*s\n", (int)id.len, id.data);
    else
        text_addf(&n->bytes, "%lld:%c:%.*s:%lld\n", (long long)n->instance, kind, (int)id.len,
                  id.data, (long long)version);
    n->kind = kind;
    n->version = version;
}

static size_t
send(struct pg *c, const char *payload, size_t len)
{
    pg_add_text(c, (struct span){payload, len});
    pg_send(c, "notify");
    return 1;
}

size_t
pg_notices_send(struct pg_notices *n, struct pg *c)
{
    char anything[HEAD_MOST];
    if (n->is_anything || n->bytes.failed)
        return send(c, anything,
                    (size_t)snprintf(anything, sizeof anything, "%lld:*", (long long)n->instance));
    size_t sent = 0;
    for (size_t at = 0; at < n->bytes.len; at = n->ends[sent++]) {
        if (sent == n->count)
            n->ends[n->count++] = n->bytes.len;
        send(c, n->bytes.data + at, n->ends[sent] - at);
    }
    return sent;
}

// --- Read -------------------------------------------------------------------------------------

// "3:u:ada:7"
static void
read_whole(struct pg_line *to, struct span line)
{
    char *end;
    const char *limit = line.data + line.len, *version = memrchr(line.data, ':', line.len);
    *to = (struct pg_line){.instance = strtoll(line.data, &end, 10)};
    if (end + 3 > limit || end[0] != ':' || end[2] != ':' || version < end + 3)
        return;
    to->kind = end[1];
    to->id = (struct span){end + 3, (size_t)(version - end - 3)};
}

static void
read_line(struct pg_line *to, struct span line)
{
    bool goes_on = to->kind && line.len > 0 && !memchr(line.data, ':', line.len);
    if (goes_on)
        to->id = line;
    else
        read_whole(to, line);
}

void
pg_notice_read(struct span payload, void (*each)(void *arg, const struct pg_line *line), void *arg)
{
    struct pg_line line = {.kind = 0};
    const char *at = payload.data, *end = at + payload.len;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        read_line(&line, (struct span){at, (size_t)(stop - at)});
        each(arg, &line);
        at = stop + 1;
    }
}
