// SPDX-License-Identifier: MIT
//
// schedule: equal distances, or exponential ones, which make a Poisson process.
#include "schedule.h"

#include "random.h"

#include <math.h>

void
schedule_init(struct schedule *s, bool poisson, double offset_ns)
{
    *s = (struct schedule){.poisson = poisson, .next_ns = offset_ns};
}

uint64_t
schedule_due(const struct schedule *s)
{
    return (uint64_t)s->next_ns;
}

uint64_t
schedule_next(struct schedule *s, double rate, uint64_t *random)
{
    uint64_t due = schedule_due(s);
    s->next_ns += 1e9 / rate * (s->poisson ? -log1p(-random_share(random)) : 1);
    return due;
}
