// SPDX-License-Identifier: MIT
//
// keys: who is asked for next.
#ifndef LOAD_KEYS_H
#define LOAD_KEYS_H

#include "zipf.h"

#include <stdbool.h>

enum keys_kind {
    KEYS_ZIPF,    // with exponent 0.99
    KEYS_UNIFORM, // everybody alike
    KEYS_HOT,     // nine in ten for a tenth of all
    KEYS_SCAN,    // one after the other
    KEYS_KINDS,
};

struct keys {
    enum keys_kind kind;
    size_t n, at; // [at]: of a scan
    struct zipf zipf;
};

extern const char *const keys_names[KEYS_KINDS];

bool keys_read(const char *name, enum keys_kind *kind); // false: there is none of this name
void keys_init(struct keys *k, enum keys_kind kind, size_t n);
size_t keys_next(struct keys *k, uint64_t *random); // from 0 to n - 1

#endif
