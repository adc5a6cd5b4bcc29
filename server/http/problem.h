// SPDX-License-Identifier: MIT
//
// problem: what can go wrong, one row a type (RFC 9457). Its function for handlers is reply_problem
// in request.h.
#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

// The word of type [number]; NULL behind the last.
const char *problem_type(unsigned number); /* borrowed */
// The status of [type]; 0: there is no such type.
unsigned problem_status(const char *type);

#endif
