// SPDX-License-Identifier: MIT
//
// pressure: whether the control group's memory is nearly used up.
//
// The system kills at the limit. From 90 % of it on, what would make memory grow is refused; below
// 85 % it is served again. Any thread may ask, as often as it likes: whoever asks 20 ms after the
// last look looks anew.
#ifndef BASE_PRESSURE_H
#define BASE_PRESSURE_H

#include <stdbool.h>

bool pressure_is_high(void);

#endif
