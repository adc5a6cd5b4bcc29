// SPDX-License-Identifier: MIT
//
// headcheck: refuses the request heads that two servers could read in two ways, and keeps the
// headers that the checks behind it ask for.
//
// libmicrohttpd 0.9.75 accepts much that RFC 9112 forbids, and some of it leaves no trace in the
// strings that it hands out: a folded line, a bare LF, a NUL, a header without a name. What it does
// hand out lies in its read buffer, CR and LF overwritten with NULs; so every name must begin two
// bytes behind the value before it, and the head end four bytes behind the last one. Only that
// version is known to lay heads out so; later ones are strict themselves.
#ifndef HTTP_HEADCHECK_H
#define HTTP_HEADCHECK_H

#include "base/text.h"

struct head {
    // Borrowed from the library's buffer; absent without the header.
    struct span host, content_type, content_length, transfer_encoding, origin, fetch_site, expect,
        request_id, traceparent, authorization;
    bool http_1_0;
    const char *next;  // where the next name must begin
    const char *fault; // a sentence, NULL so far
};

enum head_verdict { HEAD_FINE, HEAD_MALFORMED, HEAD_NOT_IMPLEMENTED };

// [version] is the pointer that the library gave: the request line ends with it.
void head_begin(struct head *h, const char *version);
void head_add(struct head *h, struct span name, struct span value);
// [end]: one past the head's last byte; what lies there says nothing, because it need not have come
// yet. With another verdict than HEAD_FINE, [fault] says why.
enum head_verdict head_end(struct head *h, const char *end);

#endif
