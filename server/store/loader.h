// SPDX-License-Identifier: MIT
//
// loader: the thread that looks users up in the store, so that no listener thread waits for a disk.
#ifndef STORE_LOADER_H
#define STORE_LOADER_H

#include "base/histogram.h"
#include "store/store.h"

struct loader;

enum load_outcome { LOAD_FOUND, LOAD_ABSENT, LOAD_ERROR, LOAD_OUTCOMES };

struct load {
    struct span id; // borrowed until [done] returns
    // On the loader's thread; owns [l] from then on. [user] is borrowed for the call, NULL unless
    // found.
    void (*done)(struct load *l, enum load_outcome outcome, const struct user_row *user);
    struct load *next; // the queue's
};

struct loader_stats {
    size_t waiting;
    uint64_t failed;
    struct histogram time; // of each question to the store
};

struct loader *loader_start(struct store *store, size_t limit); /* new */
// False when [limit] lookups are waiting: the caller answers 503. [l] stays the caller's then.
bool loader_submit(struct loader *l, struct load *load /* stolen on success */);
struct loader_stats loader_get_stats(struct loader *l);
void loader_stop(struct loader *l /* stolen */); // everything submitted is answered first

#endif
