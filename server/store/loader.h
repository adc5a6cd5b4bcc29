// SPDX-License-Identifier: MIT
//
// loader: a thread that looks users up in the store, one or a page of them, so that no listener
// thread waits for a disk.
#ifndef STORE_LOADER_H
#define STORE_LOADER_H

#include "base/histogram.h"
#include "store/places.h"
#include "store/store.h"

struct loader;

enum load_outcome { LOAD_FOUND, LOAD_ABSENT, LOAD_ERROR, LOAD_OUTCOMES };

// A question: for the user [id], or, with a [count], for so many users behind that id. In a shared
// store for the user of a slot, whom [id] names in the way of [by], with all sessions.
struct load {
    struct span id; // borrowed until [done] returns
    enum recall_key by;
    uint16_t slot;
    const struct user_state *state; // while [done] runs, of a shared store
    size_t count;
    // With a [count], on the loader's thread before [done]; [user] is borrowed for the call.
    void (*each)(struct load *l, const struct user_row *user);
    // On the loader's thread; owns [l] from then on. [user] is borrowed for the call, NULL unless
    // one was found. A list is found, or it could not be asked for.
    void (*done)(struct load *l, enum load_outcome outcome, const struct user_row *user);
    uint64_t began_ns;   // monotonic, when the store was asked
    struct load *next;   // the queue's
    const char *purpose; // of whoever submitted it
};

struct loader_stats {
    size_t waiting;
    uint64_t failed;
    struct histogram time; // of each question to the store
};

// A lookup that waits has one of [places], which must outlive the loader.
struct loader *loader_start(struct store *store, struct places *places); /* new */
// A question that takes longer hangs. Until this is called, none does.
void loader_set_patience(struct loader *l, int64_t ms);
bool loader_hangs(const struct loader *l);
// False when there is no place, or the store hangs: the caller answers 503. [load] stays the
// caller's then.
bool loader_submit(struct loader *l, struct load *load /* stolen on success */);
struct loader_stats loader_get_stats(struct loader *l);
void loader_stop(struct loader *l /* stolen */); // everything submitted is answered first

#endif
