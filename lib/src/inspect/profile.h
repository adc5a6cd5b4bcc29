// SPDX-License-Identifier: MIT
//
// profile: how many bytes each line of a function added.
//
// Usage and the last value are kept apart, so a loop that frees shows what it freed
// (memory_profiler takes the increment from the highest value of the line before, which does not).
#ifndef TNI_INSPECT_PROFILE_H
#define TNI_INSPECT_PROFILE_H

#include "tenure/profile.h"

#endif
