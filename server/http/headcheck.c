// SPDX-License-Identifier: MIT
//
// headcheck: refuses the request heads that two servers could read in two ways.
#include "http/headcheck.h"
#include "http/mhd.h"

#include <string.h>
#include <strings.h>

// What a name may hold: RFC 9110, 5.6.2.
static const bool token[256] = {
    ['!'] = true,         ['#' ... '\''] = true, ['*'] = true,         ['+'] = true,
    ['-'] = true,         ['.'] = true,          ['0' ... '9'] = true, ['A' ... 'Z'] = true,
    ['^' ... 'z'] = true, ['|'] = true,          ['~'] = true,
};

static const struct known {
    struct span name;
    size_t offset; // in struct head
} known[] = {
    {SPAN("Host"), offsetof(struct head, host)},
    {SPAN("Content-Type"), offsetof(struct head, content_type)},
    {SPAN("Content-Length"), offsetof(struct head, content_length)},
    {SPAN("Transfer-Encoding"), offsetof(struct head, transfer_encoding)},
    {SPAN("Origin"), offsetof(struct head, origin)},
    {SPAN("Sec-Fetch-Site"), offsetof(struct head, fetch_site)},
    {SPAN("Expect"), offsetof(struct head, expect)},
    {SPAN("X-Request-Id"), offsetof(struct head, request_id)},
    {SPAN("traceparent"), offsetof(struct head, traceparent)},
    {SPAN("Authorization"), offsetof(struct head, authorization)},
};

static bool
is_token(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!token[(unsigned char)name.data[i]])
            return false;
    return name.len > 0;
}

// A carriage return inside a value ends the line for some readers.
static bool
is_value(struct span value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static void
keep(struct head *h, struct span name, struct span value)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].name.len != name.len ||
            strncasecmp(known[i].name.data, name.data, name.len) != 0)
            continue;
        struct span *member = (struct span *)((char *)h + known[i].offset);
        if (member->data != NULL)
            h->fault = "A header that may stand once stands twice.";
        *member = value;
        return;
    }
}

static bool
is_line_end(const char *p)
{
    return !MHD_HEADS_IN_PLACE || (p[0] == '\0' && p[1] == '\0');
}

void
head_begin(struct head *h, const char *version)
{
    *h = (struct head){.http_1_0 = strcmp(version, "HTTP/1.0") == 0,
                       .next = version + strlen(version) + 2};
}

void
head_add(struct head *h, struct span name, struct span value)
{
    if (h->fault != NULL)
        return;
    if (value.data == NULL || (MHD_HEADS_IN_PLACE && name.data != h->next) ||
        !is_line_end(value.data + value.len)) {
        h->fault = "The lines of the head are folded, or do not end with CR LF.";
        return;
    }
    h->next = value.data + value.len + 2;
    if (!is_token(name))
        h->fault = "A header's name holds a character that no name may hold.";
    else if (!is_value(value))
        h->fault = "A header's value holds a control character.";
    else
        keep(h, name, value);
}

static const char *
find_fault(const struct head *h, const char *end)
{
    if (h->fault != NULL)
        return h->fault;
    if (MHD_HEADS_IN_PLACE && (!is_line_end(h->next) || end != h->next + 2))
        return "The head does not end with an empty line.";
    if (h->host.data == NULL)
        return "The Host header is missing.";
    if (h->transfer_encoding.data == NULL)
        return NULL;
    if (h->content_length.data != NULL)
        return "Content-Length and Transfer-Encoding contradict each other.";
    if (h->http_1_0)
        return "HTTP/1.0 has no Transfer-Encoding.";
    return NULL;
}

enum head_verdict
head_end(struct head *h, const char *end)
{
    h->fault = find_fault(h, end);
    if (h->fault != NULL)
        return HEAD_MALFORMED;
    struct span coding = h->transfer_encoding;
    if (coding.data == NULL || (coding.len == 7 && strncasecmp(coding.data, "chunked", 7) == 0))
        return HEAD_FINE;
    h->fault = "Chunked is the only Transfer-Encoding that is understood.";
    return HEAD_NOT_IMPLEMENTED;
}
