// SPDX-License-Identifier: MIT
//
// audit: the lines of the log that say who changed something, and who was not let in.
#ifndef HTTP_AUDIT_H
#define HTTP_AUDIT_H

#include "http/connection.h"

// The request is over: a line if its route changes something on the admin plane.
void audit_change(struct connection *c);
// A request without a valid token: at most a line a second, so that nobody fills a disk by
// guessing.
void audit_stranger(struct connection *c);

#endif
