// SPDX-License-Identifier: MIT
//
// counters: all of them are of one type, so a sum is one loop.
#include "domain/counters.h"

_Static_assert(sizeof(struct counters) % sizeof(uint64_t) == 0, "nothing but uint64_t");

const char *
end_reason_name(enum end_reason reason)
{
    static const char *const names[] = {[END_REVOKED] = "revoked",
                                        [END_EVICTED] = "evicted",
                                        [END_EXPIRED_IDLE] = "expired_idle",
                                        [END_EXPIRED_ABSOLUTE] = "expired_absolute"};
    return names[reason];
}

const char *
pass_cause_name(enum pass_cause cause)
{
    static const char *const names[] = {
        [PASS_STARTUP] = "startup",    [PASS_MANUAL] = "manual", [PASS_TIMER] = "timer",
        [PASS_REQUESTS] = "requests",  [PASS_IDLE] = "idle",     [PASS_MEMORY] = "memory",
        [PASS_THRESHOLD] = "threshold"};
    return names[cause];
}

void
counters_add(struct counters *sum, const struct counters *from)
{
    uint64_t *to = (uint64_t *)sum;
    const uint64_t *add = (const uint64_t *)from;
    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++)
        to[i] += add[i];
}
