// SPDX-License-Identifier: MIT
//
// clock: what time it is, and how people write durations.
//
// Locking: none. The offset for tests is read once, by whoever asks first.
#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t offset_ms;

static void
read_offset(void)
{
    const char *text = getenv("TENURED_TEST_CLOCK_OFFSET_MS");
    if (text != NULL)
        offset_ms = strtoll(text, NULL, 10);
}

int64_t
clock_ms(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, read_offset);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + offset_ms;
}

uint64_t
clock_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
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
