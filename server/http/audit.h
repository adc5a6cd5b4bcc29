// SPDX-License-Identifier: MIT
//
// audit: the lines of the log that say who changed something, and who was not let in.
#ifndef HTTP_AUDIT_H
#define HTTP_AUDIT_H

#include "http/connection.h"

// The request is over: a line if its route changes something on the admin plane.
void audit_change(struct connection *c);
// Before the library takes it: the answer to an order says what was before and what is after, and
// so does the line.
void audit_keep_answer(struct connection *c);
// The caller's token by scope and the first digits of its hash, and the address of the other end.
void audit_name(struct connection *c, char *name, size_t size);
// A request without a valid token: at most a line a second, so that nobody fills a disk by
// guessing.
void audit_stranger(struct connection *c);

#endif
