// SPDX-License-Identifier: MIT
//
// origin: keeps web pages of other sites out of a plane that asks for no token: a page may make a
// browser send requests to this machine, but it cannot choose Host, Origin or Sec-Fetch-Site.
#ifndef HTTP_ORIGIN_H
#define HTTP_ORIGIN_H

#include "http/headcheck.h"

enum origin_verdict { ORIGIN_FINE, ORIGIN_WRONG_HOST, ORIGIN_FOREIGN };

// [own] is the address that the listener was started with.
enum origin_verdict origin_check(const struct head *h, const char *own);

#endif
