// SPDX-License-Identifier: MIT
//
// quota: a bucket that holds a minute's calls and fills evenly.
#include "admin/quota.h"

#include "admin/admin.h"
#include "base/clock.h"

bool
quota_take(struct quota *q, uint64_t now_ns, long *wait_s)
{
    double limit = (double)q->limit, a_second = limit / 60;
    if (q->limit == 0)
        return true;
    if (q->seen_ns == 0)
        q->left = limit;
    else
        q->left += (double)(now_ns - q->seen_ns) / 1e9 * a_second;
    q->left = q->left > limit ? limit : q->left;
    q->seen_ns = now_ns;
    if (q->left < 1) {
        *wait_s = (long)((1 - q->left) / a_second) + 1;
        return false;
    }
    q->left -= 1;
    return true;
}

bool
quota_allow(struct request *r)
{
    struct admin *admin = r->app;
    long wait_s;
    if (quota_take(&admin->quota, clock_monotonic_ns(), &wait_s))
        return true;
    reply_problem(r, "too-many-requests", "There may be %ld expensive calls a minute.",
                  (long)admin->quota.limit);
    reply_header(r, "Retry-After", "%ld", wait_s);
    return false;
}
