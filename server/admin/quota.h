// SPDX-License-Identifier: MIT
//
// quota: so many expensive calls a minute, of all callers together: limits.orders.
#ifndef ADMIN_QUOTA_H
#define ADMIN_QUOTA_H

#include "http/request.h"

// The plane has one thread, and a quota is its own.
struct quota {
    int64_t limit;    // a minute; 0: none
    double left;      // calls
    uint64_t seen_ns; // when [left] was right; 0: before the first call
};

// False: there was none left, and there will be one in [wait_s].
bool quota_take(struct quota *q, uint64_t now_ns, long *wait_s);
// For the quota of [r]'s application. False: the reply is filled with a 429.
bool quota_allow(struct request *r);

#endif
