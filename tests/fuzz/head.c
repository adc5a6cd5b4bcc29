// SPDX-License-Identifier: MIT
//
// Heads of strangers, laid out in memory as the library does it: what passes has one Host and one
// way to tell where the body ends.
#include "fuzz.h"

#include "http/headcheck.h"
#include "http/mhd.h"

#include <string.h>
#include <strings.h>

static size_t
count_named(const char *text, const char *name)
{
    size_t count = 0;
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        count += strncasecmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':';
    }
    return count;
}

// Each line "Name: value" becomes name, NUL, a space, value, and two NULs.
static size_t
lay_out(char *to, const char *text, struct head *h)
{
    char *next = to;
    for (const char *line = text; *line;) {
        size_t len = strcspn(line, "\n"), name = strcspn(line, ":\n");
        if (name < len) {
            memcpy(next, line, len);
            next[name] = next[len] = next[len + 1] = '\0';
            size_t value = name + 1 + (next[name + 1] == ' ');
            head_add(h, (struct span){next, name}, (struct span){next + value, len - value});
            next += len + 2;
        }
        line += len + (line[len] == '\n');
    }
    next[0] = next[1] = '\0';
    return (size_t)(next - to);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = calloc(1, size + 2), *room = calloc(1, 2 * size + 32);
    MUST(text && room);
    memcpy(text, data, size);
    for (size_t i = 0; i < size; i++)
        text[i] = text[i] ? text[i] : '0';
    strcpy(room, "HTTP/1.1");
    struct head h;
    head_begin(&h, room);
    char *names = room + strlen(room) + 2;
    size_t len = lay_out(names, text, &h);
    if (head_end(&h, names + len + 2) == HEAD_FINE) {
        MUST(h.host.data && count_named(text, "Host") == 1);
        MUST(!h.transfer_encoding.data || !h.content_length.data);
        MUST(count_named(text, "Content-Length") + count_named(text, "Transfer-Encoding") <= 1);
    } else {
        MUST(h.fault);
    }
    free(room);
    free(text);
    return 0;
}
