// SPDX-License-Identifier: MIT
//
// origin: keeps web pages of other sites out: a page may make a browser send requests to this
// machine, but it cannot choose Host, Origin or Sec-Fetch-Site.
#ifndef HTTP_ORIGIN_H
#define HTTP_ORIGIN_H

#include "base/config.h"
#include "http/headcheck.h"

enum origin_verdict {
    ORIGIN_FINE,
    ORIGIN_WRONG_HOST,
    ORIGIN_FOREIGN,
    ORIGIN_LINKED // another site has a link to here, or shows it: fine for what holds no data
};

struct origin_rules {
    const char *own;                  // the address that the listener was started with
    const struct config_hosts *hosts; // what else Host may name; NULL: nothing
    bool any_host; // names of other machines are no danger: whoever calls must show a token
};

enum origin_verdict origin_check(const struct head *h, const struct origin_rules *rules);

#endif
