// SPDX-License-Identifier: MIT
//
// text: a report in words and tables.
#ifndef LOAD_TEXT_H
#define LOAD_TEXT_H

#include <jansson.h>
#include <stdio.h>

void text_write(const json_t *report, FILE *f);

#endif
