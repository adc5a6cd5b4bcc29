// SPDX-License-Identifier: MIT
//
// places: how many may wait at a time, in one queue or in several together.
#include "store/places.h"

#include "base/assert.h"

bool
places_take(struct places *p)
{
    size_t taken = atomic_load(&p->taken);
    while (taken < p->limit)
        if (atomic_compare_exchange_weak(&p->taken, &taken, taken + 1))
            return true;
    return false;
}

void
places_take_always(struct places *p)
{
    atomic_fetch_add(&p->taken, 1);
}

void
places_give(struct places *p)
{
    size_t taken = atomic_fetch_sub(&p->taken, 1);
    ASSERT(taken > 0);
}
