// SPDX-License-Identifier: MIT
//
// places: how many may wait at a time, in one queue or in several together.
//
// Any thread, without a lock. [taken] may pass [limit] by those who need not ask.
#ifndef STORE_PLACES_H
#define STORE_PLACES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct places {
    size_t limit;
    _Atomic size_t taken;
};

bool places_take(struct places *p); // false: all are taken
void places_take_always(struct places *p);
void places_give(struct places *p);

#endif
