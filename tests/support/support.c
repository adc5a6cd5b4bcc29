// SPDX-License-Identifier: MIT
//
// What every test leans on: see support.h.
#include "support.h"

#include <ftw.h>
#include <time.h>

size_t
support_number(const char *name, size_t fallback)
{
    const char *text = getenv(name);
    return text != NULL && *text != '\0' ? (size_t)strtoull(text, NULL, 10) : fallback;
}

size_t
support_scaled(size_t n)
{
    size_t scale = support_number("TN_SCALE", 1);
    return scale > 1 && n > scale ? n / scale : n;
}

static uint64_t
seed_from_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void
dice_init(dice *d, const char *test)
{
    d->seed = support_number("TN_SEED", 0);
    if (d->seed == 0)
        d->seed = seed_from_time();
    d->state = d->seed;
    print_message("%s: TN_SEED=%llu\n", test, (unsigned long long)d->seed);
}

uint64_t
dice_next(dice *d)
{
    uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

size_t
dice_below(dice *d, size_t n)
{
    return (size_t)(dice_next(d) % n);
}

bool
dice_chance(dice *d, unsigned percent)
{
    return dice_below(d, 100) < percent;
}

char *
tempdir_new(void)
{
    const char *parent = getenv("TMPDIR");
    char *path = NULL;
    if (asprintf(&path, "%s/tenure-test-XXXXXX", parent != NULL ? parent : "/tmp") < 0)
        fail_msg("out of memory for the name of a directory");
    if (mkdtemp(path) == NULL)
        fail_msg("no temporary directory at %s", path);
    return path;
}

static int
remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    return remove(path);
}

void
tempdir_free(char *path)
{
    enum { DESCRIPTORS = 16 };
    if (path != NULL)
        nftw(path, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
    free(path);
}
