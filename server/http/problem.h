// SPDX-License-Identifier: MIT
//
// problem: what can go wrong, one row a type (RFC 9457). Its function for handlers is reply_problem
// in request.h.
#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

#include "base/text.h"

// The word of type [number]; NULL behind the last.
const char *problem_type(unsigned number); /* borrowed */
// The status of [type]; 0: there is no such type.
unsigned problem_status(const char *type);
// The document of a problem; [type] is one of the table.
void problem_write(struct text *body, const char *type, const char *sentence, const char *id);

#endif
