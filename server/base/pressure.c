// SPDX-License-Identifier: MIT
//
// pressure: whether the control group's memory is nearly used up.
//
// Locking: none. The time of the next look is taken by exchange, so one thread at a time looks and
// the others go by what the last look said.
#include "base/pressure.h"

#include "base/cgroup.h"
#include "base/clock.h"
#include "base/log.h"

#include <stdatomic.h>
#include <stddef.h>

enum { HIGH_PERCENT = 90, LOW_PERCENT = 85, LOOK_MS = 20, LOOK_UNLIMITED_MS = 1000 };

static _Atomic uint64_t next_ns;
static atomic_bool is_high;

static bool
judge(const struct cgroup_memory *m, bool was_high)
{
    if (m->max < 0 || m->held < 0)
        return false;
    return m->held / (was_high ? LOW_PERCENT : HIGH_PERCENT) > m->max / 100;
}

static void
look(uint64_t now_ns)
{
    struct cgroup_memory m;
    cgroup_read_memory(&m);
    bool was = atomic_load(&is_high), is = judge(&m, was);
    atomic_store(&is_high, is);
    atomic_store(&next_ns, now_ns + UINT64_C(1000000) * (m.max < 0 ? LOOK_UNLIMITED_MS : LOOK_MS));
    if (is != was)
        log_event(LOG_WARN, is ? "memory-short" : "memory-enough", "held", "d", (long)m.held,
                  "limit", "d", (long)m.max, NULL);
}

bool
pressure_is_high(void)
{
    uint64_t now = clock_monotonic_ns(), next = atomic_load(&next_ns);
    if (now >= next && atomic_compare_exchange_strong(&next_ns, &next, UINT64_MAX))
        look(now);
    return atomic_load(&is_high);
}
