// SPDX-License-Identifier: MIT
//
// writer: a thread that changes the store, the only one that does so for its shards. Whatever waits
// goes into one batch (group commit), in the order of submission; each change's [done] is called
// when its batch is durable or has failed.
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "base/histogram.h"
#include "store/places.h"
#include "store/store.h"

struct writer;

struct writer_stats {
    uint64_t batches, changes, failed, failed_batches;
    size_t waiting;
    struct histogram time; // of each batch in the store
};

// A change that waits has one of [places], which must outlive the writer.
struct writer *writer_start(struct store *store, struct places *places); /* new */
// A batch that takes longer hangs. Until this is called, none does.
void writer_set_patience(struct writer *w, int64_t ms);
bool writer_hangs(const struct writer *w);
// False when there is no place, or the store hangs: the caller answers 503. [c] stays the caller's
// then.
bool writer_submit(struct writer *w, struct change *c /* stolen on success */);
// Accepted whatever the queue holds: for changes that nobody waits for.
void writer_submit_always(struct writer *w, struct change *c /* stolen */);
// Has [ring] called on the writer's thread every [ms], between two batches, as long as it runs.
void writer_ring_every(struct writer *w, int64_t ms, void (*ring)(void *arg), void *arg);
struct writer_stats writer_get_stats(struct writer *w);
// Returns when everything submitted before is durable or has failed.
void writer_flush(struct writer *w);
void writer_stop(struct writer *w /* stolen */); // flushes

#endif
