// SPDX-License-Identifier: MIT
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { BATCHES = 9 };

uint64_t
bench_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

size_t
bench_resident(void)
{
    size_t pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    bench_must(f != NULL && fscanf(f, "%*s %zu", &pages) == 1, "reading /proc/self/statm");
    fclose(f);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

void
bench_print(const char *name, double value, const char *unit)
{
    printf("%s %.1f %s\n", name, value, unit);
}

void
bench_print_since(const char *name, uint64_t started_ns)
{
    bench_print(name, (double)(bench_now_ns() - started_ns), "ns");
}

void
bench_must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "%s: %s failed\n", program_invocation_short_name, what);
    exit(1);
}

size_t
bench_read_count(const char *text)
{
    char *end;
    errno = 0;
    unsigned long count = strtoul(text, &end, 10);
    bench_must(errno == 0 && *end == 0 && text[0] != '-' && count > 0, "reading a count");
    return count;
}

static int
compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double
bench_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_doubles);
    return values[count / 2];
}

// Each step can be undone, so that different numbers stay different.
uint64_t
bench_random(uint64_t i)
{
    i = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    i = (i ^ (i >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    i = (i ^ (i >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    return i ^ (i >> 32);
}

void
bench_measure(const char *name, void (*run)(void *arg, size_t count), void *arg, size_t count)
{
    double values[BATCHES];
    for (size_t i = 0; i < BATCHES; i++) {
        uint64_t started = bench_now_ns();
        run(arg, count);
        values[i] = (double)(bench_now_ns() - started) / (double)count;
    }
    bench_print(name, bench_median(values, BATCHES), "ns");
}
