// SPDX-License-Identifier: MIT
#include "inspect/jsontext.h"

void
tni_json_number(FILE *out, uint64_t number)
{
    char digits[20];
    int count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (count > 0)
        putc_unlocked(digits[--count], out);
}

// The bytes of the character at [at], of which [left] are there; 0: it is not UTF-8.
static size_t
character(const unsigned char *at, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = *at < 0x80 ? 1 : *at >> 5 == 6 ? 2 : *at >> 4 == 14 ? 3 : *at >> 3 == 30 ? 4 : 0;
    if (len < 2)
        return len;
    uint32_t code = *at & (0xffu >> (len + 1));
    if (len > left)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if (at[i] >> 6 != 2)
            return 0;
        code = code << 6 | (at[i] & 63u);
    }
    return code < least[len] || code > 0x10ffff || code >> 11 == 27 ? 0 : len;
}

static void
write_character(FILE *out, const unsigned char *at, size_t len)
{
    if (len == 0)
        fputs("\\ufffd", out);
    else if (*at == '"' || *at == '\\')
        fprintf(out, "\\%c", *at);
    else if (*at < 32)
        fprintf(out, "\\u%04x", *at);
    else
        fwrite(at, 1, len, out);
}

void
tni_json_text(FILE *out, const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + len;
    putc_unlocked('"', out);
    while (at < end) {
        size_t size = character(at, (size_t)(end - at));
        write_character(out, at, size);
        at += size > 0 ? size : 1;
    }
    putc_unlocked('"', out);
}
