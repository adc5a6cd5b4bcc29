// SPDX-License-Identifier: MIT
//
// keys: four ways to choose among n.
#include "keys.h"

#include "random.h"

#include <string.h>

#define EXPONENT 0.99

enum { HOT_SHARE = 10, HOT_PERCENT = 90 };

const char *const keys_names[KEYS_KINDS] = {"zipf", "uniform", "hot", "scan"};

bool
keys_read(const char *name, enum keys_kind *kind)
{
    for (int i = 0; i < KEYS_KINDS; i++)
        if (strcmp(keys_names[i], name) == 0) {
            *kind = (enum keys_kind)i;
            return true;
        }
    return false;
}

void
keys_init(struct keys *k, enum keys_kind kind, size_t n)
{
    *k = (struct keys){.kind = kind, .n = n};
    zipf_init(&k->zipf, n, EXPONENT);
}

static size_t
next_hot(const struct keys *k, uint64_t *random)
{
    size_t hot = k->n / HOT_SHARE;
    if (hot == 0 || random_below(random, 100) >= HOT_PERCENT)
        return hot + random_below(random, k->n - hot);
    return random_below(random, hot);
}

size_t
keys_next(struct keys *k, uint64_t *random)
{
    switch (k->kind) {
    case KEYS_ZIPF:
        return zipf_next(&k->zipf, random);
    case KEYS_HOT:
        return next_hot(k, random);
    case KEYS_SCAN:
        return k->at++ % k->n;
    default:
        return random_below(random, k->n);
    }
}
