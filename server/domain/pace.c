// SPDX-License-Identifier: MIT
//
// pace: two groups of those who wait, and a time.
//
// Who was counted in the open group between its choice and its closing is made way for as well:
// that is a little politer than it must be.
#include "domain/pace.h"

#include "base/assert.h"

#include <stdbool.h>

enum { LOOK_NS = 50000 }; // at those who still wait

unsigned
pace_come(struct pace *p)
{
    unsigned group = p->open;
    p->waiting[group]++;
    return group;
}

void
pace_enter(struct pace *p, unsigned group)
{
    p->waiting[group]--;
    p->taken++;
}

static bool
has_come(const struct pace *p)
{
    return p->taken != p->seen + 1 || p->waiting[0] > 0 || p->waiting[1] > 0;
}

void
pace_rest(struct pace *p, uint64_t held_ns, double share, uint64_t now_ns)
{
    ASSERT(share > 0 && share <= 1);
    if (has_come(p)) {
        p->back_ns = now_ns + (uint64_t)((double)held_ns * (1 / share - 1));
        p->open ^= 1;
    }
    p->seen = p->taken;
}

uint64_t
pace_left_ns(const struct pace *p, uint64_t now_ns)
{
    if (p->back_ns > now_ns)
        return p->back_ns - now_ns;
    return p->waiting[p->open ^ 1] > 0 ? LOOK_NS : 0;
}
