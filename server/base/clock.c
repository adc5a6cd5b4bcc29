// SPDX-License-Identifier: MIT
//
// clock: what time it is, and how people write durations.
//
// The wall clock is asked once; from then on the monotonic clock of the system's life, which counts
// suspensions too, tells how much later it is. So whoever sets the wall clock meanwhile ends no
// session early and none late, and what was read before a suspension is old after it. Locking:
// none; whoever asks first reads what is kept.
#include "base/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t origin_ms; // the wall time when the monotonic clock said 0, and the tests' offset

static int64_t
read_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
read_origin(void)
{
    const char *offset = getenv("TENURED_TEST_CLOCK_OFFSET_MS");
    origin_ms = read_ms(CLOCK_REALTIME) - read_ms(CLOCK_BOOTTIME);
    if (offset != NULL)
        origin_ms += strtoll(offset, NULL, 10);
}

int64_t
clock_ms(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, read_origin);
    return origin_ms + read_ms(CLOCK_BOOTTIME);
}

uint64_t
clock_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static const struct unit {
    const char *name;
    int64_t ms;
} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};

bool
duration_parse(const char *text, int64_t *ms)
{
    int64_t count = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(count, 10, &count) ||
            __builtin_add_overflow(count, *p - '0', &count))
            return false;
    if (p == text)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(p, units[i].name) == 0)
            return !__builtin_mul_overflow(count, units[i].ms, ms);
    return false;
}

// The largest unit that goes in at least twice; a second may stand alone.
void
duration_print(int64_t ms, char text[DURATION_SIZE])
{
    const struct unit *unit = &units[ms % 1000 == 0];
    for (size_t i = 2; i < sizeof units / sizeof units[0]; i++)
        if (ms > 0 && ms % units[i].ms == 0 && ms / units[i].ms >= 2)
            unit = &units[i];
    snprintf(text, DURATION_SIZE, "%jd%s", (intmax_t)(ms / unit->ms), unit->name);
}
