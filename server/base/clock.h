// SPDX-License-Identifier: MIT
//
// clock: milliseconds since 1970 for what users see, a monotonic clock for intervals, and durations
// as people write them. The wall clock is read once: whoever sets it later does not move ours.
// Tests may move it at the start: TENURED_TEST_CLOCK_OFFSET_MS.
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

int64_t clock_ms(void);            // wall time, ms since 1970
uint64_t clock_monotonic_ns(void); // never steps, and counts suspensions

// "500ms", "10s", "5m", "24h", "30d" to milliseconds; false for anything else.
bool duration_parse(const char *text, int64_t *ms);

enum { DURATION_SIZE = 32 };

// The same backwards, in the unit that people would take: 60s rather than 1m or 60000ms.
void duration_print(int64_t ms, char text[DURATION_SIZE]);

#endif
