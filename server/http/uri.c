// SPDX-License-Identifier: MIT
//
// uri: percent-encoding, read strictly.
#include "http/uri.h"

// -1 for what is not a hex digit.
static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
uri_is_clean(const char *uri)
{
    if (uri[0] != '/')
        return false;
    for (const char *p = uri; *p != '\0'; p++) {
        if (*p <= ' ' || *p >= 0x7f)
            return false;
        if (*p == '%' &&
            (hex_digit(p[1]) < 0 || hex_digit(p[2]) < 0 || (p[1] == '0' && p[2] == '0')))
            return false;
    }
    return true;
}

size_t
uri_decode(char *to, const char *from, size_t len)
{
    size_t out = 0;
    for (size_t i = 0; i < len; i++) {
        if (from[i] == '%' && i + 2 < len) {
            to[out++] = (char)(hex_digit(from[i + 1]) << 4 | hex_digit(from[i + 2]));
            i += 2;
        } else {
            to[out++] = from[i];
        }
    }
    return out;
}
