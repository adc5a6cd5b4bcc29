// SPDX-License-Identifier: MIT
//
// history: the last runs, and what each did.
//
// Locking: the owner's.
#ifndef GC_HISTORY_H
#define GC_HISTORY_H

#include "base/rules.h"
#include "domain/pass.h"

enum { HISTORY_SIZE = 256 };

struct history_run {
    uint64_t number;                  // from 1
    int64_t at;                       // when it ended; ms since 1970
    char rule[CONFIG_RULE_NAME_SIZE]; // or ""
    struct pass pass;                 // its title names no rule
    uint64_t hits, misses;            // of the cache, between the run before and this one
};

struct history {
    struct history_run runs[HISTORY_SIZE];
    uint64_t count; // of all runs so far
};

void history_add(struct history *h, const struct pass *pass, int64_t at);
// Copies the runs with numbers below [below], the last one first; returns how many.
size_t history_read(const struct history *h, uint64_t below, struct history_run *runs, size_t most);

#endif
