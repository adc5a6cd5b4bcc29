// SPDX-License-Identifier: MIT
//
// patience: whether a thread that asks the store has waited too long for it.
//
// The thread says when it begins and ends; anybody may ask, without a lock. All zero: nothing is
// ever too long.
#ifndef STORE_PATIENCE_H
#define STORE_PATIENCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct patience {
    _Atomic uint64_t limit_ns; // 0: none
    _Atomic uint64_t since_ns; // monotonic; 0: nothing is asked
};

void patience_set(struct patience *p, int64_t ms);
void patience_begin(struct patience *p, uint64_t now_ns);
void patience_end(struct patience *p);
bool patience_is_over(const struct patience *p);

#endif
