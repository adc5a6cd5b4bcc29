// SPDX-License-Identifier: MIT
//
// patience: whether a thread that asks the store has waited too long for it.
#include "store/patience.h"

#include "base/clock.h"

void
patience_set(struct patience *p, int64_t ms)
{
    atomic_store(&p->limit_ns, (uint64_t)ms * 1000000);
}

void
patience_begin(struct patience *p, uint64_t now_ns)
{
    atomic_store(&p->since_ns, now_ns);
}

void
patience_end(struct patience *p)
{
    atomic_store(&p->since_ns, 0);
}

// The time is asked for only while the store is.
bool
patience_is_over(const struct patience *p)
{
    uint64_t limit = atomic_load(&p->limit_ns), since = atomic_load(&p->since_ns);
    return limit > 0 && since > 0 && clock_monotonic_ns() - since > limit;
}
