// SPDX-License-Identifier: MIT
//
// jsontext: numbers and strings as JSON writes them, whatever bytes the strings have.
#ifndef TNI_INSPECT_JSONTEXT_H
#define TNI_INSPECT_JSONTEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

void tni_json_number(FILE *out, uint64_t number);
// With its quotes. What is not UTF-8 becomes U+FFFD, byte by byte.
void tni_json_text(FILE *out, const char *text, size_t len);

#endif
